import { LARGEST_STORE, maxBodyLength, SMALL_STORE } from '../constants.ts'
import { refused } from '../refusal.ts'
import { leaseLeft } from '../held/held-stash.ts'
import { isLoopback } from '../trust.ts'
import { admitsHolder, noteCoHolder } from './co-holder.ts'
import type { HandlerContext } from './index.ts'
import type { Arrival, StoreOutcome } from '../held/held-stashes.ts'
import type { Caller, IncomingRequest, Refused, StoreResponse, WantsBody } from '../messages.ts'
import type { RecordHeader } from '../record/header.ts'

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
  const refusal = refuse(context, caller, request)

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
    ...(request.type === 'offer' && request.mayBeDeleted === true && { mayBeDeleted: true }),
    liveHolders: request.liveHolders
  }
  const verdict = await context.held.admit(arrival)

  const answered = (outcome: StoreOutcome | Refused): StoreResponse => {
    if (outcome.type === 'stored' || outcome.type === 'have' || outcome.type === 'stale') {
      noteCoHolder(context, caller.peer, record)
    }

    return shownTo(caller, direct ? promised(context, record, outcome) : outcome)
  }

  if (verdict.type !== 'admitted') {
    return answered(verdict)
  }

  return {
    type: request.type === 'store' ? 'send' : 'wanted',
    receive: async (body) => answered(await verdict.commit(body)),
    abandon: () => { verdict.release() }
  }
}

/** As how many small stores one counts that brings a body of this length to who takes stashes of `maxStash` bytes. */
export function storeCost (bodyLength: number, maxStash: number): number {
  return Math.max(bodyLength / Math.max(maxBodyLength(maxStash) / LARGEST_STORE, SMALL_STORE), 1)
}

function refuse (context: HandlerContext, caller: Caller, request: Extract<IncomingRequest, { type: 'store' | 'offer' }>): Refused | undefined {
  const { record: { owner, kind }, placement, leaseRemaining } = request

  // to forget is possible to the last: a copy that is kept on disk would come back with the next start
  if (context.draining() && kind === 'data') {
    return refused('draining')
  }

  const turn = context.limiter.take(caller.peer, storeCost(request.record.bodyLength, context.held.capacity.maxStash))

  if (!turn.ok) {
    return refused('rate limited', turn.retryAfter)
  }

  if (owner === context.self || !context.trust.admits(caller.peer) || !context.trust.admits(owner)) {
    return refused('not trusted')
  }

  if (caller.peer !== owner && !admitsHolder(placement, context.self)) {
    return refused('not trusted')
  }

  // its owner's promise is over: what is taken now would be dropped at once
  if (kind === 'data' && caller.peer !== owner && leaseRemaining === 0 && context.held.get(owner) == null) {
    return refused('unsupported')
  }
}

/** The owner is told for how long its stash is promised, which may be less than it asked for. */
function promised ({ held, clock }: HandlerContext, { owner, id }: RecordHeader, outcome: StoreOutcome | Refused): StoreResponse {
  const stash = held.get(owner)

  return (outcome.type === 'stored' || outcome.type === 'have') && stash?.record.id === id ? { ...outcome, promised: leaseLeft(stash, clock.now()) } : outcome
}

/** Who holds what is shown to the owner only. */
function shownTo (caller: Caller, outcome: StoreResponse): StoreResponse {
  if ((outcome.type === 'stale' || outcome.type === 'conflict') && caller.peer !== outcome.record.owner) {
    return { type: outcome.type, record: outcome.record }
  }

  return outcome
}
