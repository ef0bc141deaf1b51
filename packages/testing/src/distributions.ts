import type { Random } from '@nara-stash/protocol'

/** A whole number from `min` to `max`, both included. */
export function int (random: Random, min: number, max: number): number {
  return min + Math.floor(random.next() * (max - min + 1))
}

/**
 * One entry of `list`.
 *
 * @throws {RangeError} the list is empty
 */
export function pick <T> (random: Random, list: readonly T[]): T {
  if (list.length === 0) {
    throw new RangeError('nothing to pick from')
  }

  return list[int(random, 0, list.length - 1)] as T
}

/** Exponential with the given mean: times between events that know nothing of each other. */
export function exponential (random: Random, mean: number): number {
  return -mean * Math.log(1 - random.next())
}

/**
 * Weibull with the given mean. With a shape below 1 who has been up for long stays up for longer, as the sessions of peer-to-peer
 * nodes do; a shape of 1 is the exponential.
 */
export function weibull (random: Random, shape: number, mean: number): number {
  const scale = mean / Math.exp(logGamma(1 + 1 / shape))

  return scale * (-Math.log(1 - random.next())) ** (1 / shape)
}

/** Stirling's series is exact to a double's last digits from here on. */
const STIRLING_FROM = 12

/** ln Γ(x) for x > 0: moved up by Γ(x + 1) = x Γ(x), then Stirling's series (NIST DLMF 5.11.1). */
function logGamma (x: number): number {
  let shift = 0
  let at = x

  for (; at < STIRLING_FROM; at++) {
    shift += Math.log(at)
  }

  const inverse = 1 / (at * at)
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at

  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift
}
