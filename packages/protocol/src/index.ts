/**
 * `/nara/stash/1.0.0` for libp2p: hold the encrypted state of other peers, and bring it back to them.
 *
 * @example A node that is a confidant
 *
 * ```ts
 * import { identify } from '@libp2p/identify'
 * import { stashProtocol } from '@nara-stash/protocol'
 * import { createLibp2p } from 'libp2p'
 *
 * const node = await createLibp2p({
 *   // transports, encrypters, muxers
 *   services: {
 *     identify: identify(),
 *     stash: stashProtocol()
 *   }
 * })
 *
 * node.services.stash.addEventListener('held:stored', ({ detail }) => {
 *   console.log('holding', detail.record.bodyLength, 'bytes for', detail.record.owner)
 * })
 * ```
 *
 * The rules are in this package's SPEC.md. A node that has a stash of its own uses `stash()` of `@nara-stash/node` instead.
 */
import { StashProtocol } from './stash-protocol.ts'
import type { Libp2pStashNetworkComponents } from './libp2p-network.ts'
import type { StashProtocolInit } from './stash-protocol.ts'

/**
 * A libp2p service that holds stashes for others.
 *
 * @throws {RangeError} when the host is created: an option that is out of range, or a list that names what is no peer id
 */
export function stashProtocol (init: StashProtocolInit = {}): (components: Libp2pStashNetworkComponents) => StashProtocol {
  return (components) => new StashProtocol(components, init)
}

export { StashProtocol, capacityOf, leaseSecondsOf, storeOf } from './stash-protocol.ts'
export type { StashProtocolInit } from './stash-protocol.ts'

export * from './constants.ts'
export * from './errors.ts'
export { systemClock } from './clock.ts'
export type { CancelTimer, Clock } from './clock.ts'
export { deadlineSignal } from './deadline.ts'
export type { Deadline } from './deadline.ts'
export { shuffled, systemRandom } from './random.ts'
export type { Random } from './random.ts'
export { createSha256 } from '#sha256'
export type { Sha256 } from './hash/portable.ts'

export { verifyBody } from './record/body.ts'
export { openHeader, sealHeader } from './record/header.ts'
export type { BootSeq, RecordClaims, RecordHeader } from './record/header.ts'
export { newestOf, order, pastOf, supersedesOrIs } from './record/order.ts'
export type { Order, Ordered } from './record/order.ts'
export { openPlacement, peerIdBytes, sealPlacement } from './record/placement.ts'
export type { Placement, PlacementClaims, Surrogates } from './record/placement.ts'
export { proofOf, sameProof } from './record/proof.ts'
export type { ProofClaims } from './record/proof.ts'
export { NewestTable } from './record/newest-table.ts'
export type { NewestTableInit } from './record/newest-table.ts'

export { Confidant } from './confidant.ts'
export type { ConfidantEvents, ConfidantInit } from './confidant.ts'
export { createHandler } from './handlers/index.ts'
export type { HandlerContext, OwnerOfferHandler, OwnerReleaseHandler } from './handlers/index.ts'
export { CoHolders } from './held/co-holders.ts'
export type { CoHoldersInit } from './held/co-holders.ts'
export { HeldStashes } from './held/held-stashes.ts'
export type {
  Admitted, Arrival, Capacity, DropOptions, HeldStash, HeldStashesEvents, HeldStashesInit, StoreOutcome
} from './held/held-stashes.ts'
export { leaseLeft } from './held/held-stash.ts'
export { ReservationClosedError } from './held/reservation.ts'
export { DatastoreStashStore } from './held/datastore-store.ts'
export type { DatastoreStashStoreInit, StashDatastore } from './held/datastore-store.ts'
export { MemoryStashStore } from './held/memory-store.ts'
export type { DamagedStash, LoadedStashes, RoomOptions, StashStore } from './held/stash-store.ts'
export { detectMemoryMode } from './held/memory-mode.ts'
export type { MemoryMode } from './held/memory-mode.ts'
export { RateLimiter } from './rate-limit.ts'
export type { RateLimiterInit, Take } from './rate-limit.ts'
export { createTrust, isLoopback } from './trust.ts'
export type { Trust, TrustInit } from './trust.ts'
export { registerHeldMetrics } from './metrics.ts'

export { Libp2pStashNetwork } from './libp2p-network.ts'
export type { Libp2pStashNetworkComponents, Libp2pStashNetworkInit } from './libp2p-network.ts'
export { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './wire/codec.ts'
export type { DecodedRequest, WireResponse } from './wire/codec.ts'
export { checkForm } from './wire/message-form.ts'
export type { Field, Form } from './wire/message-form.ts'
export type * from './messages.ts'
export type { AskOptions, NetworkEvents, NetworkPeer, StashNetwork } from './network.ts'
