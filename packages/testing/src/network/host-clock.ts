import type { CancelTimer, Clock } from '@nara-stash/protocol'

/**
 * One machine's view of the virtual clock. Its timers die with it: what a killed process had planned never happens. Its wall clock
 * may be wrong without anyone else's being so.
 */
export class HostClock implements Clock {
  /** Milliseconds by which this machine's wall clock is ahead of the virtual one; negative if it is behind. */
  wallSkew = 0
  readonly #clock: Clock
  readonly #isUp: () => boolean

  constructor (clock: Clock, isUp: () => boolean) {
    this.#clock = clock
    this.#isUp = isUp
  }

  now (): number {
    return this.#clock.now()
  }

  wallTime (): number {
    return this.#clock.wallTime() + this.wallSkew
  }

  setTimer (callback: () => void, delay: number): CancelTimer {
    if (!this.#isUp()) {
      return () => {}
    }

    return this.#clock.setTimer(() => {
      if (this.#isUp()) {
        callback()
      }
    }, delay)
  }
}
