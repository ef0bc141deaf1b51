import { InvalidPlaintext } from './errors.ts'
import { padmeLength } from './padding.ts'

/** Bytes before the data: creation time (8) and length of the data (4). */
export const PLAINTEXT_HEADER_LENGTH = 12

const LENGTH_OFFSET = 8
const MAX_DATA_LENGTH = 2 ** 32 - 1

/** What is inside of a sealed stash. */
export interface Plaintext<Buffer extends ArrayBufferLike = ArrayBufferLike> {
  /** When the owner made it, by its own clock: whole milliseconds since 1970, 0 to 2^53 - 1. */
  createdAt: number
  data: Uint8Array<Buffer>
}

/**
 * Lays out the plaintext of a stash: creation time (8 bytes), length of the data (4 bytes), both unsigned and big-endian, the data,
 * and zeros up to `padmeLength`. The data is copied once.
 *
 * @throws InvalidPlaintext if the time or the length does not fit
 */
export function encodePlaintext ({ createdAt, data }: Plaintext): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(createdAt) || createdAt < 0) {
    throw new InvalidPlaintext(`a creation time is whole milliseconds since 1970; this one is ${createdAt}`)
  }

  if (data.length > MAX_DATA_LENGTH) {
    throw new InvalidPlaintext(`a stash holds at most ${MAX_DATA_LENGTH} bytes; these are ${data.length}`)
  }

  const bytes = new Uint8Array(padmeLength(PLAINTEXT_HEADER_LENGTH + data.length))
  const header = new DataView(bytes.buffer)

  header.setBigUint64(0, BigInt(createdAt))
  header.setUint32(LENGTH_OFFSET, data.length)
  bytes.set(data, PLAINTEXT_HEADER_LENGTH)

  return bytes
}

/**
 * Reads what `encodePlaintext` wrote, and nothing else: each plaintext has one form. The data is a view of `bytes`, not a copy.
 *
 * @throws InvalidPlaintext
 */
export function decodePlaintext<Buffer extends ArrayBufferLike> (bytes: Uint8Array<Buffer>): Plaintext<Buffer> {
  if (bytes.length < PLAINTEXT_HEADER_LENGTH) {
    throw new InvalidPlaintext(`a plaintext has a header of ${PLAINTEXT_HEADER_LENGTH} bytes; these are ${bytes.length}`)
  }

  const header = new DataView(bytes.buffer, bytes.byteOffset, PLAINTEXT_HEADER_LENGTH)
  const createdAt = Number(header.getBigUint64(0))
  const end = PLAINTEXT_HEADER_LENGTH + header.getUint32(LENGTH_OFFSET)

  if (!Number.isSafeInteger(createdAt)) {
    throw new InvalidPlaintext('the creation time is above 2^53 - 1')
  }

  if (bytes.length !== padmeLength(end)) {
    throw new InvalidPlaintext(`${end} bytes are padded to ${padmeLength(end)}; these are ${bytes.length}`)
  }

  for (let i = end; i < bytes.length; i++) {
    if (bytes[i] !== 0) {
      throw new InvalidPlaintext('the padding is not zero')
    }
  }

  return { createdAt, data: bytes.subarray(PLAINTEXT_HEADER_LENGTH, end) }
}
