import { ABSENCE_TICK, FAILED_AWAY } from '../../constants.ts'

/**
 * Our own absence: nobody was connected, or the machine slept. Whose promise runs out meanwhile was not the owner's fault (SPEC.md, "Holding"). Pure but for what it
 * remembers: it is asked at each look.
 */
export class Absence {
  private lookedAt: number
  private dueAt: number
  private wasAlone = true
  /** Milliseconds in a row so far. */
  private total = 0

  constructor (now: number) {
    this.lookedAt = now
    this.dueAt = now + ABSENCE_TICK
  }

  /**
   * @param isAlone - nobody is connected from here on
   * @returns the milliseconds of absence that this look found, and whether those in a row are so many that we cannot know what happened
   */
  look (now: number, isAlone: boolean): { absent: number, wasAway: boolean } {
    const late = now - this.dueAt
    const absent = this.wasAlone ? now - this.lookedAt : late >= FAILED_AWAY ? late : 0

    this.total = absent === 0 ? 0 : this.total + absent
    const wasAway = this.total >= FAILED_AWAY

    if (!isAlone) {
      this.total = 0
    }

    this.lookedAt = now
    this.dueAt = now + ABSENCE_TICK
    this.wasAlone = isAlone

    return { absent, wasAway }
  }

  /** Nothing is held: there is no promise that could run out. */
  rest (now: number, isAlone: boolean): void {
    this.total = 0
    this.lookedAt = now
    this.dueAt = now + ABSENCE_TICK
    this.wasAlone = isAlone
  }

  /** When to look again, whatever happens. */
  get due (): number {
    return this.dueAt
  }
}
