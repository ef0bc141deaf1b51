/** The last millisecond that a date can name (ECMA-262, "Time Values"); a machine with a broken clock may have written more. */
const LATEST_DATE = 8.64e15

/** Milliseconds since 1970 as ISO 8601. */
export function isoDate (ms: number): string {
  return new Date(Math.min(ms, LATEST_DATE)).toISOString()
}
