import { TooLargeError } from '../../errors.ts'

/**
 * The content of a stash: bytes, and no more than may be. Of a string or an object a Uint8Array would be made without a word, and an empty one.
 *
 * @throws {TypeError} not a Uint8Array
 * @throws {TooLargeError}
 */
export function checkData (what: string, data: Uint8Array, maxStash: number): void {
  if (!(data instanceof Uint8Array)) {
    throw new TypeError(`${what} must be a Uint8Array: encode it first, a string for one with new TextEncoder().encode(text)`)
  }

  if (data.byteLength > maxStash) {
    throw new TooLargeError(`${what} has ${data.byteLength} bytes; maxStash allows ${maxStash}`)
  }
}
