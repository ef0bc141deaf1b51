import { HeldStoreError } from '../errors.ts'
import type { AbortOptions } from '@libp2p/interface'

/**
 * Runs what a store of held stashes is to do.
 *
 * @throws {HeldStoreError} it failed
 */
export async function inStore <T> (task: () => Promise<T>, options?: AbortOptions): Promise<T> {
  try {
    return await task()
  } catch (err) {
    options?.signal?.throwIfAborted()

    if (err instanceof HeldStoreError) {
      throw err
    }

    throw new HeldStoreError(`the store of held stashes failed: ${err instanceof Error ? err.message : String(err)}`, { cause: err })
  }
}
