/**
 * The only file of this package that reads a clock or sets a timer. Everything else is given a `Clock`.
 */
export interface Clock {
  /** Milliseconds on a monotonic scale whose zero is the start of this process. Every duration uses this. */
  now (): number

  /** The time of day as the machine believes it: a label for people, never a decision. */
  date (): Date

  /** Runs `callback` once, `delay` milliseconds from now, and returns what cancels it. It does not keep the process alive. */
  setTimer (callback: () => void, delay: number): () => void

  /** Resolves after `delay` milliseconds; rejects with the signal's reason. It keeps the process alive. */
  wait (delay: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  setTimer: (callback, delay) => {
    const timer = setTimeout(callback, delay)
    timer.unref()

    return () => { clearTimeout(timer) }
  },
  wait: async (delay, signal) => {
    signal?.throwIfAborted()

    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => { reject(signal?.reason as Error) }
    const timer = setTimeout(resolve, delay)

    signal?.addEventListener('abort', abort, { once: true })

    try {
      await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
}
