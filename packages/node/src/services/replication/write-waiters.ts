import type { Clock } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface WaitOptions extends AbortOptions {
  /** Milliseconds to go on waiting for minCopies when everybody willing was tried. */
  timeout?: number
}

interface Waiter {
  isDone (tried: boolean): boolean
  done (): void
}

/** Those who wait for a write to be kept, or for a stash to be forgotten. */
export class WriteWaiters<Result> {
  private readonly waiters = new Set<Waiter>()
  private readonly clock: Clock

  constructor (clock: Clock) {
    this.clock = clock
  }

  /**
   * Resolves with `result()` when `isDone`, when the timeout is over, or when `end` is called.
   *
   * @throws the signal's reason
   */
  async wait ({ timeout = 0, signal }: WaitOptions, isDone: (tried: boolean) => boolean, result: () => Result): Promise<Result> {
    signal?.throwIfAborted()

    return await new Promise((resolve, reject) => {
      const cancel = timeout > 0 ? this.clock.setTimer(() => { waiter.done() }, timeout) : () => {}
      const onAbort = (): void => {
        finish()
        reject(signal?.reason as Error)
      }
      const finish = (): void => {
        cancel()
        signal?.removeEventListener('abort', onAbort)
        this.waiters.delete(waiter)
      }
      const waiter: Waiter = {
        isDone,
        done: () => {
          finish()
          resolve(result())
        }
      }

      signal?.addEventListener('abort', onAbort)
      this.waiters.add(waiter)
    })
  }

  /**
   * Something changed.
   *
   * @param tried - everybody willing was asked and has answered
   */
  progress (tried: boolean): void {
    for (const waiter of [...this.waiters]) {
      if (waiter.isDone(tried)) {
        waiter.done()
      }
    }
  }

  /** Nothing more will come. */
  end (): void {
    for (const waiter of [...this.waiters]) {
      waiter.done()
    }
  }
}
