/**
 * The only file of this package that reads a clock or sets a timer. Everything else is given a `Clock`, so the same code
 * runs on a virtual clock in tests and simulations.
 */

/** Ends a timer; calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void

export interface Clock {
  /** Milliseconds on a monotonic scale whose zero means nothing. Every rule about durations uses this. */
  now (): number

  /**
   * Milliseconds since 1970 as the machine believes them. For labels that people read, and to tell how long a process was not there, which
   * no monotonic clock can; for no other decision: a machine may boot in 1970.
   */
  wallTime (): number

  /**
   * Runs `callback` once, when `now()` has gone on by `delay` milliseconds: never earlier, or whoever looks then would see
   * that nothing is due yet. The timer does not keep the process alive.
   */
  setTimer (callback: () => void, delay: number): CancelTimer
}

/** setTimeout treats anything longer as 1 ms; such a timer is as good as never. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer: (callback, delay) => {
    const due = performance.now() + Math.min(Math.max(delay, 0), LONGEST_TIMER)
    let timer: ReturnType<typeof setTimeout>

    // setTimeout leaves fractions out, and may be early by one more millisecond
    const wait = (): void => {
      timer = setTimeout(() => {
        if (performance.now() < due) {
          wait()
        } else {
          callback()
        }
      }, Math.ceil(due - performance.now()))
      timer.unref?.()
    }

    wait()

    return () => { clearTimeout(timer) }
  }
}
