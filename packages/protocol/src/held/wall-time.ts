/** Milliseconds since 1970 at the start of 2020: a machine that believes less has lost its clock's battery, or never had one. */
const EARLIEST = 1_577_836_800_000

export interface Known {
  /** Milliseconds since 1970. */
  wallTime: number
  /** When that was, in milliseconds on the monotonic scale. */
  now: number
}

/**
 * The time of day as far as it is known for sure, or undefined: what the machine believes, but never less than what was known before
 * and the time that has run since (SPEC.md, "Coming back"). Pure.
 */
export function surely (believed: number, now: number, before: Known | undefined): number | undefined {
  const ran = before == null ? -Infinity : before.wallTime + now - before.now
  const wallTime = Math.max(believed, ran)

  return wallTime < EARLIEST ? undefined : Math.round(wallTime)
}

/**
 * Milliseconds for which a nara was away that last knew the time to be `last`, or undefined if its clock cannot tell: it did not know
 * the time, or it has gone back since. Pure.
 */
export function awayFor (last: number | undefined, believed: number): number | undefined {
  return last == null || last < EARLIEST || believed < last ? undefined : believed - last
}
