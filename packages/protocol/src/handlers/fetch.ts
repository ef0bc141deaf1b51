import { FETCH_BURST, FETCH_REFILL, MAX_INLINE_BODY, maxBodyLength, REQUEST_RATE } from '../constants.ts'
import { leaseLeft } from '../held/held-stash.ts'
import { RateLimiter } from '../rate-limit.ts'
import { refused } from '../refusal.ts'
import { keptOf } from './co-holder.ts'
import type { HandlerContext } from './index.ts'
import type { Clock } from '../clock.ts'
import type { HeldStash } from '../held/held-stashes.ts'
import type { Caller, FetchRequest, FetchResponse } from '../messages.ts'
import type { Take } from '../rate-limit.ts'

/** The bytes of bodies that an owner may fetch of who takes stashes of `maxStash` bytes: `FETCH_BURST` of the largest, then one per `FETCH_REFILL`, or more if `REQUEST_RATE` is faster. */
export function fetchBudget (clock: Clock, maxStash: number): RateLimiter {
  const largest = maxBodyLength(maxStash)

  return new RateLimiter({ clock, perSecond: Math.max(REQUEST_RATE, 1_000 * largest / FETCH_REFILL), burst: FETCH_BURST * largest })
}

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
  const cost = bodyLength > MAX_INLINE_BODY ? bodyLength : 0
  // before it is read, or many streams at once would all have it
  const turn: Take = cost > 0 ? context.serving.take(caller.peer, cost) : { ok: true }

  if (!turn.ok) {
    return refused('rate limited', turn.retryAfter)
  }

  const whole = await readOrGiveBack(context, caller.peer, cost)

  if (whole != null) {
    return { ...found(context, whole.stash), body: whole.body }
  }

  const tombstone = context.held.tombstone(caller.peer)

  return tombstone == null ? { type: 'not-found' } : { ...found(context, tombstone), body: new Uint8Array() }
}

/** What cannot be read is not served, and costs nothing. */
async function readOrGiveBack ({ held, serving }: HandlerContext, owner: string, cost: number): ReturnType<HandlerContext['held']['read']> {
  let isRead = false

  try {
    const whole = await held.read(owner)
    isRead = whole != null

    return whole
  } finally {
    if (!isRead) {
      serving.giveBack(owner, cost)
    }
  }
}

function found (context: HandlerContext, stash: HeldStash): Extract<FetchResponse, { type: 'found' }> {
  return {
    type: 'found',
    record: stash.record,
    placement: stash.placement,
    liveHolders: context.liveHolders(stash.placement),
    leaseRemaining: leaseLeft(stash, context.clock.now()),
    direct: stash.direct,
    ...(stash.mayBeDeleted && { mayBeDeleted: true }),
    ...(context.draining() && { leaving: true })
  }
}
