import { handleChallenge } from './challenge.ts'
import { handleFetch } from './fetch.ts'
import { handleOffer } from './offer.ts'
import { handleRelease } from './release.ts'
import { handleStore } from './store.ts'
import { handleWitness } from './witness.ts'
import type { Clock } from '../clock.ts'
import type { CoHolders } from '../held/co-holders.ts'
import type { HeldStashes } from '../held/held-stashes.ts'
import type {
  Caller, IncomingRequest, ReleaseReason, ReleaseRequest, ReleaseResponse, RequestHandler, StashResponse, WantsBody
} from '../messages.ts'
import type { RateLimiter } from '../rate-limit.ts'
import type { NewestTable } from '../record/newest-table.ts'
import type { Placement } from '../record/placement.ts'
import type { Trust } from '../trust.ts'
import type { BodyBudget } from '../wire/body-budget.ts'

/** The owner's side of an OFFER for its own stash. */
export type OwnerOfferHandler =
  (caller: Caller, offer: Extract<IncomingRequest, { type: 'offer' }>) => Promise<StashResponse | WantsBody>

/** The owner's side of a RELEASE of its own stash. */
export type OwnerReleaseHandler = (caller: Caller, release: ReleaseRequest) => Promise<ReleaseResponse>

/** What the handlers look at: values and narrow interfaces, no stream and no connection. */
export interface HandlerContext {
  /** Our own peer id, base58. */
  self: string
  held: Pick<HeldStashes, 'admit' | 'capacity' | 'get' | 'read' | 'drop' | 'tombstone'>
  newest: Pick<NewestTable, 'get' | 'beside' | 'besidePlacement'>
  coHolders: Pick<CoHolders, 'has' | 'note'>
  trust: Trust
  limiter: Pick<RateLimiter, 'take'>
  /** One proof per asker and record in `PROOF_INTERVAL`, and one word of an asker that looks for another version. */
  proofs: Pick<RateLimiter, 'take' | 'giveBack'>
  /** The bytes of bodies that are being proved. */
  proving: Pick<BodyBudget, 'reserve'>
  /** The bytes of bodies that an owner fetches: see `fetchBudget`. */
  serving: Pick<RateLimiter, 'take' | 'giveBack'>
  clock: Pick<Clock, 'now' | 'setTimer'>
  /** True while this nara leaves: it takes nothing more. */
  draining (): boolean
  /** Those who hold what is placed so that we know to be alive, ourselves among them. */
  liveHolders (placement: Placement): string[]
  /** Absent on a host that has no stash of its own. */
  ownOffer?: OwnerOfferHandler
  /** Absent on a host that has no stash of its own. */
  ownRelease?: OwnerReleaseHandler
  /** `peer` has, or asked for, the record of this id of an owner whose stash, or tombstone, is kept here. */
  onCoHolder? (owner: string, peer: string, recordId: string): void
  /** A co-holder lets go of its copy. */
  onReleased? (from: string, request: ReleaseRequest): void
  /** We let go of a copy, as its owner told us. */
  onLetGo? (owner: string, reason: ReleaseReason): void
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
        return await handleChallenge(context, caller, request)
      case 'witness':
        return await handleWitness(context, caller)
      case 'release':
        return await handleRelease(context, caller, request)
    }
  }
}
