import { FAILED_AFTER } from '../constants.ts'
import type { CopyView } from './plan.ts'

/** Policy: a pure function of its arguments. */

/**
 * Why a confidant is none any longer.
 *
 * - `leaving`: it said that it lets go of its copy.
 * - `refused`: it would not take the present record.
 * - `failed`: it did not answer, lost or altered its copy, or broke the protocol.
 * - `away`: it was not here for longer than it is waited for.
 * - `trimmed`: it helped out, and is not needed any longer.
 * - `unpinned`: a person chose others, and it was pinned.
 * - `replaced`: others were chosen, or our stash was found to be with others.
 * - `forgotten`: there is no stash to be kept: it was deleted, or is searched for anew.
 */
export type RemovalReason = 'leaving' | 'refused' | 'failed' | 'away' | 'trimmed' | 'unpinned' | 'replaced' | 'forgotten'

/** Why a plan goes on without a confidant, by what is known of it. */
export function removalOf (copy: CopyView | undefined): RemovalReason {
  if (copy == null || copy.leaving === true) {
    return copy == null ? 'replaced' : 'leaving'
  }

  if (copy.refused) {
    return 'refused'
  }

  if (copy.failures >= FAILED_AFTER || copy.audit?.verdict === 'failed') {
    return 'failed'
  }

  return copy.connected ? 'trimmed' : 'away'
}
