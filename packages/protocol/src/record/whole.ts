/**
 * A number that a varint holds as it is.
 *
 * @throws {RangeError} a fraction, below zero, or from 2^53 up
 */
export function whole (value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is no whole number below 2^53`)
  }

  return value
}
