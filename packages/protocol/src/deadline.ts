import { anySignal } from 'any-signal'
import { TimeoutError } from './errors.ts'
import type { Clock } from './clock.ts'

/** A signal that aborts at a time, or earlier with another signal. */
export interface Deadline {
  /** Its reason is a TimeoutError, or that of the other signal. */
  readonly signal: AbortSignal
  /** Moves the deadline to `ms` milliseconds after its creation, later or earlier. */
  extend (ms: number): void
  /** Aborts at once, with this reason. */
  expire (reason: Error): void
  /** Ends the timer and lets go of the other signal. Call it when the work is done. */
  clear (): void
}

/**
 * A deadline `ms` milliseconds from now on the given clock, combined with `signal` if there is one.
 */
export function deadlineSignal (clock: Clock, ms: number, signal?: AbortSignal): Deadline {
  const started = clock.now()
  const controller = new AbortController()
  const combined = anySignal([controller.signal, signal])
  let cancel = arm(ms)

  function arm (ms: number): () => void {
    return clock.setTimer(() => {
      controller.abort(new TimeoutError(`not done within ${Math.round(ms)} ms`))
    }, started + ms - clock.now())
  }

  return {
    signal: combined,
    extend: (ms) => {
      cancel()
      cancel = arm(ms)
    },
    expire: (reason) => {
      controller.abort(reason)
    },
    clear: () => {
      cancel()
      combined.clear()
    }
  }
}
