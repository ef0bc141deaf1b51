import type { Random } from '@nara-stash/protocol'

/** Rounds that spread a seed over the whole state; the generator's author takes 12. */
const WARM_UP = 12

/**
 * A `Random` that gives the same sequence for the same seed, on every machine: sfc32, "small fast chaotic" with a 32-bit counter, by
 * Chris Doty-Humphrey (PractRand). 128 bits of state, a period of at least 2^32 for any seed. Never for keys.
 *
 * @param seed - a whole number from 0 to 2^53 - 1
 * @throws {RangeError} any other seed
 */
export function seededRandom (seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`a seed is a whole number from 0 to 2^53 - 1, not ${seed}`)
  }

  const word = sfc32(0, seed >>> 0, Math.floor(seed / 2 ** 32))

  return {
    // 53 random bits, as many as a double holds
    next: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53,
    bytes: (length) => {
      const bytes = new Uint8Array(length)

      for (let i = 0; i < length; i += 4) {
        const four = word()

        for (let j = i; j < Math.min(i + 4, length); j++) {
          bytes[j] = four >>> (8 * (j - i))
        }
      }

      return bytes
    }
  }
}

/** Three words of seed in, unsigned 32-bit words out. */
function sfc32 (a: number, b: number, c: number): () => number {
  let counter = 1

  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0

    return sum >>> 0
  }

  for (let i = 0; i < WARM_UP; i++) {
    word()
  }

  return word
}
