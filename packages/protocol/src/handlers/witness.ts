import { refused } from '../refusal.ts'
import type { HandlerContext } from './index.ts'
import type { Caller, WitnessResponse } from '../messages.ts'

/**
 * WITNESS: how new is the newest of the speaker's own records that we have seen, held or merely heard of (SPEC.md, "WITNESS"). It
 * proves that there was such a record, and so that one which is older is not the last.
 */
export async function handleWitness (context: HandlerContext, caller: Caller): Promise<WitnessResponse> {
  if (!context.trust.admits(caller.peer)) {
    return refused('not trusted')
  }

  const record = context.newest.get(caller.peer)

  if (record == null) {
    return { type: 'not-found' }
  }

  const beside = context.newest.beside(caller.peer)
  const besidePlacement = context.newest.besidePlacement(caller.peer)

  return { type: 'witnessed', record, ...(beside != null && { beside }), ...(besidePlacement != null && { besidePlacement }) }
}
