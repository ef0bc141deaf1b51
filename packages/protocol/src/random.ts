/**
 * Randomness as a value, so that a schedule can be replayed from its seed. Keys and nonces never come from here: they come
 * from the platform's cryptographic source.
 */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next (): number

  /** `length` random bytes. */
  bytes (length: number): Uint8Array
}

/** The platform's cryptographically secure randomness. */
export const systemRandom: Random = {
  next: () => {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))

    // 53 random bits, as many as a double holds
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
  },
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length))
}

/** A copy of `list` in random order (Fisher and Yates). */
export function shuffled<T> (list: readonly T[], random: Random): T[] {
  const copy = [...list]

  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const swap = copy[i] as T
    copy[i] = copy[j] as T
    copy[j] = swap
  }

  return copy
}
