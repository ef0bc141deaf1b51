import { MIN_RATE, MIN_RATE_GRACE, REQUEST_RATE, REQUEST_TIMEOUT } from '../constants.ts'
import { TimeoutError } from '../errors.ts'
import type { Clock } from '../clock.ts'

/** What must move within each period of grace, in bytes. */
const LEAST_PROGRESS = MIN_RATE * MIN_RATE_GRACE / 1_000

/** How long a whole exchange may take with a body of this length, in milliseconds. */
export function requestTimeout (bodyLength: number): number {
  return REQUEST_TIMEOUT + bodyLength / REQUEST_RATE * 1_000
}

/**
 * Watches a body move: in every 5 s at least 5 s worth of the minimum rate, so that a peer which starts fast and then stalls is found
 * out as soon as one which never starts. Calls `onSlow` once if it does not. Returns how to end the watch.
 *
 * @param moved the bytes that have moved so far
 */
export function watchPace (clock: Clock, moved: () => number, onSlow: (err: TimeoutError) => void): () => void {
  let last = moved()
  let cancel = clock.setTimer(check, MIN_RATE_GRACE)

  function check (): void {
    const total = moved()

    if (total - last < LEAST_PROGRESS) {
      onSlow(new TimeoutError(`a body moves at less than ${MIN_RATE} bytes per second`))
    } else {
      last = total
      cancel = clock.setTimer(check, MIN_RATE_GRACE)
    }
  }

  return () => { cancel() }
}
