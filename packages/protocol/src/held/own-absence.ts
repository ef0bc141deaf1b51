const minute = 60_000

/** Two reports of being out of touch with no more than this between them are of one absence. Milliseconds. */
const SLACK = 2 * minute

/**
 * Adds up for how long this nara itself has been out of touch. Reports may overlap, and may come all at once at the end or bit by bit.
 */
export class OwnAbsence {
  private since = -Infinity
  private until = -Infinity

  /**
   * @returns how many milliseconds of it were not told before, and when the absence began
   */
  note (milliseconds: number, now: number): { untold: number, since: number } {
    const begin = now - milliseconds

    if (begin > this.until + SLACK) {
      this.since = begin
    }

    const untold = now - Math.max(begin, this.until)
    this.until = now

    return { untold, since: this.since }
  }
}
