import { handleFetch } from './fetch.ts'
import { handleOffer } from './offer.ts'
import { handleStore } from './store.ts'
import type { Clock } from '../clock.ts'
import type { HeldStashes } from '../held/held-stashes.ts'
import type { Caller, IncomingRequest, RequestHandler, StashResponse, WantsBody } from '../messages.ts'
import type { RateLimiter } from '../rate-limit.ts'
import type { Placement } from '../record/placement.ts'
import type { Trust } from '../trust.ts'

/** The owner's side of an OFFER for its own stash. */
export type OwnerOfferHandler =
  (caller: Caller, offer: Extract<IncomingRequest, { type: 'offer' }>) => Promise<StashResponse | WantsBody>

/** What the handlers look at: values and narrow interfaces, no stream and no connection. */
export interface HandlerContext {
  /** Our own peer id, base58. */
  self: string
  held: Pick<HeldStashes, 'admit' | 'get' | 'read'>
  trust: Trust
  limiter: Pick<RateLimiter, 'take'>
  clock: Pick<Clock, 'now'>
  /** True while this nara leaves: it takes nothing more. */
  draining (): boolean
  /** Those of a placement's holders that we know to be alive, ourselves among them. */
  liveHolders (placement: Placement): string[]
  /** Absent on a host that has no stash of its own. */
  ownOffer?: OwnerOfferHandler
}

/** One handler per message; who may ask what is decided by the caller's authenticated peer id alone. */
export function createHandler (context: HandlerContext): RequestHandler {
  return async (caller, request) => {
    switch (request.type) {
      case 'store':
        return await handleStore(context, caller, request)
      case 'fetch':
        return await handleFetch(context, caller, request)
      case 'offer':
        return await handleOffer(context, caller, request)
      case 'challenge':
      case 'witness':
      case 'release':
        return { type: 'not-found' }
    }
  }
}
