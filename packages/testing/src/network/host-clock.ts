import type { CancelTimer, Clock } from '@nara-stash/protocol'

/**
 * A clock that is ahead adds two numbers, and what is left of them is coarser: a timer must not find itself a rounding error early, for ever. Milliseconds.
 */
const GRAIN = 0.001

interface HostTimer {
  /** On this machine's clock. */
  readonly due: number
  readonly callback: () => void
  cancel: CancelTimer
}

/**
 * One machine's view of the virtual clock. Its timers die with it: what a killed process had planned never happens. Its wall clock
 * may be wrong without anyone else's being so; its own clock may stand still while it is suspended, or be found further on afterwards.
 */
export class HostClock implements Clock {
  /** Milliseconds by which this machine's wall clock is ahead of the virtual one; negative if it is behind. */
  wallSkew = 0
  readonly #clock: Clock
  readonly #isUp: () => boolean
  readonly #timers = new Set<HostTimer>()
  /** Milliseconds by which this machine's clock is ahead of the virtual one. */
  #ahead = 0
  /** The virtual time at which it was stopped. */
  #stoppedAt: number | undefined

  constructor (clock: Clock, isUp: () => boolean) {
    this.#clock = clock
    this.#isUp = isUp
  }

  now (): number {
    return (this.#stoppedAt ?? this.#clock.now()) + this.#ahead
  }

  wallTime (): number {
    return this.#clock.wallTime() + this.wallSkew
  }

  setTimer (callback: () => void, delay: number): CancelTimer {
    if (!this.#isUp()) {
      return () => {}
    }

    const timer: HostTimer = { due: this.now() + Math.max(delay, 0), callback, cancel: () => {} }

    this.#timers.add(timer)

    if (this.#stoppedAt == null) {
      this.#arm(timer, delay)
    }

    return () => {
      this.#timers.delete(timer)
      timer.cancel()
    }
  }

  /** Moves this machine's clock on by so many milliseconds at once: what was due meanwhile runs late. */
  jump (ms: number): void {
    this.#ahead += ms
    this.#rearm()
  }

  /** The machine is suspended: its clock stands still, and no timer runs. */
  suspend (): void {
    this.#stoppedAt ??= this.#clock.now()
    this.#timers.forEach(timer => { timer.cancel() })
  }

  /** It goes on. Whether its clock has counted the time meanwhile depends on the system: Linux' does not, others' do. */
  resume (counted: boolean): void {
    if (this.#stoppedAt != null) {
      this.#ahead -= counted ? 0 : this.#clock.now() - this.#stoppedAt
      this.#stoppedAt = undefined
      this.#rearm()
    }
  }

  /** The machine is down for good: its timers are taken off the virtual clock, and what they hold can go. */
  end (): void {
    this.#timers.forEach(timer => { timer.cancel() })
    this.#timers.clear()
  }

  /** In the order in which they are due, whatever is left of their time. */
  #rearm (): void {
    if (this.#stoppedAt == null) {
      [...this.#timers].sort((a, b) => a.due - b.due).forEach(timer => {
        timer.cancel()
        this.#arm(timer, timer.due - this.now())
      })
    }
  }

  #arm (timer: HostTimer, delay: number): void {
    timer.cancel = this.#clock.setTimer(() => {
      this.#timers.delete(timer)

      if (this.#isUp()) {
        timer.callback()
      }
    }, this.#ahead === 0 ? delay : Math.max(delay, 0) + GRAIN)
  }
}
