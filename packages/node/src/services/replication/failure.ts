import { TimeoutError, UnreachableError } from '@nara-stash/protocol'
import type { CopyFailure } from '../../api.ts'

/** Why a request to a peer failed, for people. */
export function failureOf (err: unknown): CopyFailure['why'] {
  if (err instanceof TimeoutError) {
    return 'timeout'
  }

  return err instanceof UnreachableError ? 'unreachable' : 'protocol violation'
}
