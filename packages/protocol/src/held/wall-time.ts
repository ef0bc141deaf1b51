/** Milliseconds since 1970 at the start of 2020: a machine that believes less has lost its clock's battery, or never had one. */
const EARLIEST = 1_577_836_800_000

/** How far behind a clock may start that goes on from a date its machine saved now and then, as those without a battery do. Milliseconds. */
const SAVED_AGO = 2 * 60 * 60_000

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

/** The machine believes in a date at all. */
export function isDate (believed: number): boolean {
  return believed >= EARLIEST
}

/** A clock that shows this is wrong, or was wrong before: nobody knows what went by since `last` was noted. Pure. */
export function isBehind (last: number, believed: number): boolean {
  return last - believed > SAVED_AGO
}
