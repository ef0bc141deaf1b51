import { AsyncLocalStorage } from 'node:async_hooks'
import { InsideMergeError } from '../../errors.ts'
import { checkData } from './check-data.ts'
import type { Merge } from '../../api.ts'

/** True in whatever a merge function calls, also after it awaited something. */
const merging = new AsyncLocalStorage<boolean>()

/**
 * The application's merge function: what it returns is checked before anything builds on it, and copied, so that the application may go on
 * using its buffer.
 */
export function checkedMerge (merge: Merge, maxStash: number): Merge {
  return async (recovered, pending) => {
    const data = await merging.run(true, async () => await merge(recovered, pending))
    checkData('what merge returns', data, maxStash)

    return new Uint8Array(data)
  }
}

/**
 * What waits for its turn would wait for the merge that waits for it.
 *
 * @throws {InsideMergeError}
 */
export function checkOutsideMerge (): void {
  if (merging.getStore() === true) {
    throw new InsideMergeError('a merge function must not change the stash: what it returns is what is written')
  }
}
