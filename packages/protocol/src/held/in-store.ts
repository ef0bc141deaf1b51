import { HeldStoreError } from '../errors.ts'
import type { RoomOptions, StashStore } from './stash-store.ts'
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

/**
 * Keeps something of an owner's.
 *
 * @throws {HeldStoreError} with `isNotKept` if no later start finds what was to be kept
 */
export async function keepIn (store: Pick<StashStore, 'clear'>, owner: string, task: () => Promise<void>): Promise<void> {
  try {
    await inStore(task)
  } catch (err) {
    if (err instanceof HeldStoreError) {
      // a write that failed may have happened all the same
      err.isNotKept = await Promise.resolve(store.clear?.(owner)).then(() => true, () => false)
    }

    throw err
  }
}

/** Whether so many bytes more may be taken. A disk that does not tell is tried. */
export async function fits (store: Pick<StashStore, 'hasRoom'>, bytes: number, options?: RoomOptions): Promise<boolean> {
  return await Promise.resolve(store.hasRoom?.(bytes, options)).catch(() => true) ?? true
}
