import { refused } from '../refusal.ts'
import { isLoopback } from '../trust.ts'
import type { HandlerContext } from './index.ts'
import type { Arrival, StoreOutcome } from '../held/held-stashes.ts'
import type { Caller, IncomingRequest, Refused, StoreResponse, WantsBody } from '../messages.ts'
import type { Placement } from '../record/placement.ts'

/**
 * STORE: the owner, or a holder whose placement admits us, asks us to keep a record. Everything that can be refused is refused before
 * the body moves (SPEC.md, "STORE").
 */
export async function handleStore (context: HandlerContext, caller: Caller, request: Extract<IncomingRequest, { type: 'store' }>): Promise<StoreResponse | WantsBody> {
  return await admit(context, caller, request)
}

/** The way in for a record, whoever brings it and whether it is told (STORE) or offered (OFFER). */
export async function admit (context: HandlerContext, caller: Caller, request: Extract<IncomingRequest, { type: 'store' | 'offer' }>): Promise<StoreResponse | WantsBody> {
  const { record, placement } = request
  const refusal = refuse(context, caller, record.owner, placement)

  if (refusal != null) {
    return refusal
  }

  const direct = caller.peer === record.owner
  const arrival: Arrival = {
    record,
    placement,
    direct,
    ...(caller.address == null ? {} : { address: caller.address }),
    exempt: caller.address == null || isLoopback(caller.address) || context.trust.vouchedFor(caller.peer),
    leaseRemaining: direct ? placement.leaseSeconds : request.leaseRemaining,
    liveHolders: request.liveHolders
  }
  const verdict = await context.held.admit(arrival)

  if (verdict.type !== 'admitted') {
    return shownTo(caller, verdict)
  }

  return {
    type: request.type === 'store' ? 'send' : 'wanted',
    receive: async (body) => shownTo(caller, await verdict.commit(body)),
    abandon: () => { verdict.release() }
  }
}

function refuse (context: HandlerContext, caller: Caller, owner: string, placement: Placement): Refused | undefined {
  if (context.draining()) {
    return refused('draining')
  }

  const turn = context.limiter.take(caller.peer)

  if (!turn.ok) {
    return refused('rate limited', turn.retryAfter)
  }

  if (owner === context.self || !context.trust.admits(caller.peer) || !context.trust.admits(owner)) {
    return refused('not trusted')
  }

  if (caller.peer !== owner && !admitsUs(context.self, placement)) {
    return refused('not trusted')
  }
}

/** May a holder bring us a copy? The owner's placement says so. */
function admitsUs (self: string, placement: Placement): boolean {
  return placement.holders.includes(self) ||
    placement.surrogates === 'any' ||
    (placement.surrogates === 'listed' && placement.allowed.includes(self))
}

/** Who holds what is shown to the owner only. */
function shownTo (caller: Caller, outcome: StoreOutcome | Refused): StoreResponse {
  if ((outcome.type === 'stale' || outcome.type === 'conflict') && caller.peer !== outcome.record.owner) {
    return { type: outcome.type, record: outcome.record }
  }

  return outcome
}
