import { MAX_INLINE_BODY } from '../constants.ts'
import { leaseLeft } from '../held/held-stash.ts'
import { refused } from '../refusal.ts'
import { keptOf } from './co-holder.ts'
import type { HandlerContext } from './index.ts'
import type { HeldStash } from '../held/held-stashes.ts'
import type { Caller, FetchRequest, FetchResponse } from '../messages.ts'
import type { Take } from '../rate-limit.ts'

/**
 * FETCH: an owner asks what we hold of its own. Nobody learns of anybody else's (SPEC.md, "FETCH"). A copy that cannot be read because
 * the datastore fails is not "not found": the exception resets the stream and the asker tries again. A body that would have to be read and
 * sent in frames is refused to who has just had many; the header never is.
 */
export async function handleFetch (context: HandlerContext, caller: Caller, request: FetchRequest): Promise<FetchResponse> {
  if (!context.trust.admits(caller.peer)) {
    return refused('not trusted')
  }

  if (!request.whole) {
    const kept = keptOf(context, caller.peer)

    return kept == null ? { type: 'not-found' } : found(context, kept)
  }

  const { bodyLength } = context.held.get(caller.peer)?.record ?? { bodyLength: 0 }
  const turn: Take = bodyLength > MAX_INLINE_BODY ? context.serving.take(caller.peer, bodyLength) : { ok: true }

  if (!turn.ok) {
    return refused('rate limited', turn.retryAfter)
  }

  const whole = await context.held.read(caller.peer)

  if (whole != null) {
    return { ...found(context, whole.stash), body: whole.body }
  }

  const tombstone = context.held.tombstone(caller.peer)

  return tombstone == null ? { type: 'not-found' } : { ...found(context, tombstone), body: new Uint8Array() }
}

function found (context: HandlerContext, stash: HeldStash): Extract<FetchResponse, { type: 'found' }> {
  return {
    type: 'found',
    record: stash.record,
    placement: stash.placement,
    liveHolders: context.liveHolders(stash.placement),
    leaseRemaining: leaseLeft(stash, context.clock.now()),
    direct: stash.direct,
    ...(context.draining() && { leaving: true })
  }
}
