/** Bytes. Below this a length would still tell small states apart, and the cost of hiding it is nothing. */
export const MIN_PADDED_LENGTH = 1024

/**
 * The length, in bytes, to which a message of a given length is padded: at least 1024, else by Padmé ("Reducing Metadata Leakage
 * from Encrypted Files and Communication with PURBs", Nikitin et al., PoPETs 2019, section 4). Of the length's bits only about
 * the leading log2(log2(length)) are free, so that it tells O(log log length) bits. Above the floor it costs less than 6.25%.
 *
 * @throws RangeError if the length is not a whole number from 0 to 2^53 - 1
 */
export function padmeLength (length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(`a length is a whole number of bytes; this one is ${length}`)
  }

  if (length <= MIN_PADDED_LENGTH) {
    return MIN_PADDED_LENGTH
  }

  const exponent = floorLog2(length)
  const freeBits = floorLog2(exponent) + 1
  const step = 2 ** (exponent - freeBits)

  return Math.ceil(length / step) * step
}

/** Exact, where Math.log2 may round up just below a power of two. For 1 to 2^53 - 1. */
function floorLog2 (value: number): number {
  return value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / 2 ** 32))
}
