import { refused } from '../refusal.ts'
import { admit } from './store.ts'
import type { HandlerContext } from './index.ts'
import type { Caller, IncomingRequest, StashResponse, WantsBody } from '../messages.ts'

/**
 * OFFER: a holder brings an owner its stash, or a co-holder a copy that it may have lost or not heard of (SPEC.md, "OFFER").
 */
export async function handleOffer (context: HandlerContext, caller: Caller, request: Extract<IncomingRequest, { type: 'offer' }>): Promise<StashResponse | WantsBody> {
  if (request.record.owner === context.self) {
    if (!context.trust.admits(caller.peer)) {
      return refused('not trusted')
    }

    // no rate limit: a recovering owner is offered its stash by everyone at once
    return await context.ownOffer?.(caller, request) ?? refused('unsupported')
  }

  const answer = await admit(context, caller, request)

  return answer.type === 'stale' ? { ...answer, type: 'newer' } : asOffered(answer)
}

/** What comes after the body speaks of an offer, too. */
function asOffered (answer: StashResponse | WantsBody): StashResponse | WantsBody {
  if (!('receive' in answer)) {
    return answer
  }

  return {
    ...answer,
    receive: async (body) => {
      const outcome = await answer.receive(body)

      return outcome.type === 'stale' ? { ...outcome, type: 'newer' } : outcome
    }
  }
}
