/** Bytes after their length, which takes one. @throws {RangeError} more than 255 */
export function lengthPrefixed (bytes: Uint8Array): Buffer {
  if (bytes.length > 255) {
    throw new RangeError(`${bytes.length} bytes are more than a length of one byte can tell`)
  }

  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

/** Reads bytes from the first to the last. @throws {RangeError} there are fewer, or more, than are read */
export class ByteReader {
  private readonly bytes: Uint8Array
  private at = 0

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
  }

  byte (): number {
    const value = this.bytes[this.at++]

    if (value == null) {
      throw new RangeError('the bytes end too early')
    }

    return value
  }

  /** What `lengthPrefixed` wrote. */
  prefixed (): Uint8Array {
    const length = this.byte()
    const part = this.bytes.subarray(this.at, this.at + length)

    if (part.length < length) {
      throw new RangeError('the bytes end too early')
    }

    this.at += length

    return part
  }

  end (): void {
    if (this.at !== this.bytes.length) {
      throw new RangeError('there are more bytes than were read')
    }
  }
}
