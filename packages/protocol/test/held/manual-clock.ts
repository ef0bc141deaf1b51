import type { CancelTimer, Clock } from '../../src/clock.ts'

/** A clock that stands until it is told to go on. Timers of no delay run in a later turn, and are counted. */
export class ManualClock implements Clock {
  pauses = 0
  wall = 0
  private time = 1_000
  private readonly timers = new Set<{ at: number, callback: () => void }>()

  now (): number {
    return this.time
  }

  wallTime (): number {
    return this.wall
  }

  setTimer (callback: () => void, delay: number): CancelTimer {
    if (delay > 0) {
      const timer = { at: this.time + delay, callback }
      this.timers.add(timer)

      return () => { this.timers.delete(timer) }
    }

    this.pauses++
    const immediate = setImmediate(callback)

    return () => { clearImmediate(immediate) }
  }

  /** Timers that are due meanwhile run when it is over. The wall clock does not move. */
  advance (milliseconds: number): void {
    this.time += milliseconds

    for (const timer of [...this.timers]) {
      if (timer.at <= this.time) {
        this.timers.delete(timer)
        timer.callback()
      }
    }
  }

  /** Both clocks go on, in steps that let what a timer set going come to its end. */
  async pass (milliseconds: number, step: number = 300_000): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      this.wall += Math.min(step, left)
      this.advance(Math.min(step, left))
      await new Promise(resolve => { setImmediate(resolve) })
    }
  }
}
