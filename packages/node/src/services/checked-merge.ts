import { checkData } from './check-data.ts'
import type { Merge } from '../api.ts'

/**
 * The application's merge function: what it returns is checked before anything builds on it, and copied, so that the application may go on
 * using its buffer.
 */
export function checkedMerge (merge: Merge, maxStash: number): Merge {
  return async (recovered, pending) => {
    const data = await merge(recovered, pending)
    checkData('what merge returns', data, maxStash)

    return new Uint8Array(data)
  }
}
