import { REUNION } from '../constants.ts'

/**
 * Who loses all its connections was itself away: the others are given REUNION to be connected again. That is time with connections, in however many pieces it comes, and
 * given anew only after as much without a break: who comes and goes all the time makes good for who is gone all the same.
 */
export class Reunion {
  /** As if all of it were given from here on, on the clock's scale; undefined if nothing was lost yet. */
  at: number | undefined
  private isAlone = false
  private since = -Infinity
  private left = REUNION

  /** All connections are lost. */
  lost (now: number): void {
    if (!this.isAlone) {
      const here = now - this.since
      this.left = here >= REUNION ? REUNION : Math.max(0, this.left - here)
      this.isAlone = true
    }
  }

  /** There is a connection. */
  met (now: number): void {
    if (this.isAlone) {
      this.isAlone = false
      this.since = now
      this.at = now - (REUNION - this.left)
    }
  }
}
