import { unlessAborted } from '../unless-aborted.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Runs tasks one after the other, in the order in which they came. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()

  /**
   * Resolves or rejects as `task` does. That a task failed does not concern the next one. A task must not wait for one that comes after it.
   *
   * @throws the signal's reason, if it aborts before it is the task's turn: that is not run
   */
  async run <T> (task: () => T | Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    const begun = Promise.withResolvers<void>()
    const mine = this.last.then(async () => {
      signal?.throwIfAborted()
      begun.resolve()

      return await task()
    })

    this.last = mine.catch(() => {})
    await unlessAborted(Promise.race([begun.promise, mine]), signal)

    return await mine
  }
}
