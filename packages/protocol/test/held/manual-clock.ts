import type { CancelTimer, Clock } from '../../src/clock.ts'

/** A clock that stands until it is told to go on. Timers of no delay run in a later turn, and are counted. */
export class ManualClock implements Clock {
  pauses = 0
  wall = 0
  private time = 1_000

  now (): number {
    return this.time
  }

  wallTime (): number {
    return this.wall
  }

  setTimer (callback: () => void, delay: number): CancelTimer {
    if (delay > 0) {
      throw new RangeError('nothing here waits for a time to come')
    }

    this.pauses++
    const immediate = setImmediate(callback)

    return () => { clearImmediate(immediate) }
  }

  advance (milliseconds: number): void {
    this.time += milliseconds
  }
}
