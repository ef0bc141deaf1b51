import type { Placement } from './record/placement.ts'
import type { RecordHeader } from './record/header.ts'

/**
 * Requests and responses as values, with headers and placements already verified. The wire turns them into frames
 * (wire/codec.ts); a simulated network hands them over as they are. Peer ids are strings in their base58 form.
 */

/** Why a request is refused. A refusal is an answer, not an exception (SPEC.md, "Refusals"). */
export type RefusalReason =
  'at capacity' | 'too large' | 'not trusted' | 'draining' | 'rate limited' | 'over quota' | 'unsupported'

interface RecordCarrier {
  record: RecordHeader
  placement: Placement
  /** Holders that the sender knows to be alive: a hint, never a proof. */
  liveHolders: string[]
  /** Seconds left of the owner's promise. */
  leaseRemaining: number
}

/** Owner, or a holder whose placement admits the receiver -> confidant: keep this. */
export interface StoreRequest extends RecordCarrier {
  type: 'store'
  body: Uint8Array
}

/** Owner -> any: what do you hold of mine? */
export interface FetchRequest {
  type: 'fetch'
  /** False asks for the header only. */
  whole: boolean
}

/** Holder -> owner or co-holder: I have this, do you want it? */
export interface OfferRequest extends RecordCarrier {
  type: 'offer'
  /** This copy came from the owner itself and was never lost since. */
  direct: boolean
  /** The asker was away for so long that its owner may have deleted it, and nobody may be left who would know. */
  mayBeDeleted?: boolean
  body: Uint8Array
  /**
   * The record is shown to one that is to have it: if the peer wants the body, the asker resets the stream instead of sending it, and is told by a
   * BodyWithheldError. `body` is empty.
   */
  withheld?: boolean
}

/** Owner or co-holder -> holder: prove that you have this very record, body and all (SPEC.md, "CHALLENGE"). */
export interface ChallengeRequest {
  type: 'challenge'
  owner: string
  /** Hex, 64 digits. */
  recordId: string
  /** 32 random bytes, used once. */
  nonce: Uint8Array
}

/** Owner -> any: how new is the newest of mine that you have seen? */
export interface WitnessRequest {
  type: 'witness'
  /** The asker's process, 16 hex digits, as in its presence. */
  boot?: string
  /** The boot of another process that speaks as the answerer's own peer id. */
  twin?: string
}

/**
 * Why a copy is let go of: its holder leaves, its lease ran out, it is one too many, or its owner needs it no more (SPEC.md,
 * "RELEASE").
 */
export type ReleaseReason = 'leaving' | 'lease' | 'trimmed' | 'relieved'

/** Holder -> owner and co-holders: I let go of this. Owner -> holder: let go of this. */
export interface ReleaseRequest {
  type: 'release'
  owner: string
  /** Hex, 64 digits. */
  recordId: string
  reason: ReleaseReason
}

/** Requests that bring a record. */
export type CarrierRequest = StoreRequest | OfferRequest

export type StashRequest = CarrierRequest | FetchRequest | ChallengeRequest | WitnessRequest | ReleaseRequest

export interface Refused {
  type: 'refused'
  reason: RefusalReason
  /** Milliseconds after which asking again makes sense. */
  retryAfter: number
}

/** What the responder holds instead. To the record's owner it shows the placement, too. */
interface HeldInstead {
  record: RecordHeader
  placement?: Placement
}

export interface Found {
  type: 'found'
  record: RecordHeader
  placement: Placement
  liveHolders: string[]
  leaseRemaining: number
  direct: boolean
  /** True if the responder was away for so long that the owner may have deleted it, and nobody may be left who would know. */
  mayBeDeleted?: boolean
  /** True if the responder is leaving: what it holds will soon be gone. */
  leaving?: boolean
  /** Present if the whole was asked for; its length and digest are those of the header. */
  body?: Uint8Array
}

/** It is kept, or was before. To its owner the answer tells for how many seconds from here on it is promised. */
type Kept = { type: 'stored' | 'have', promised?: number }

export type StoreResponse =
  Kept |
  { type: 'stale' } & HeldInstead | { type: 'conflict' } & HeldInstead |
  Refused

export type FetchResponse = Found | { type: 'not-found' } | Refused

export type OfferResponse =
  Kept | { type: 'relieved' } |
  { type: 'newer' } & HeldInstead | { type: 'conflict' } & HeldInstead |
  Refused

export type ChallengeResponse =
  /** `proof` is `proofOf` the challenge (record/proof.ts), 32 bytes. */
  { type: 'proof', proof: Uint8Array, leaving: boolean, mayBeDeleted?: boolean } |
  /** Another record of that owner is held. */
  { type: 'other', leaving: boolean } & HeldInstead |
  { type: 'not-found' } |
  /** Asked too often, or too much is being proved at once. `retryAfter` is in milliseconds. */
  { type: 'busy', retryAfter: number } |
  Refused

export type WitnessResponse =
  /** `beside` is a header in conflict with `record`: a twin wrote it. `besidePlacement`: with it the owner told to keep that, and it was refused. */
  { type: 'witnessed', record: RecordHeader, beside?: RecordHeader, besidePlacement?: Placement } |
  { type: 'not-found' } |
  Refused

export type ReleaseResponse =
  /** That very record is held here. */
  { type: 'have', leaving?: boolean } |
  { type: 'not-found', leaving?: boolean } |
  Refused

export type StashResponse =
  StoreResponse | FetchResponse | OfferResponse | ChallengeResponse | WitnessResponse | ReleaseResponse

interface Responses {
  store: StoreResponse
  fetch: FetchResponse
  offer: OfferResponse
  challenge: ChallengeResponse
  witness: WitnessResponse
  release: ReleaseResponse
}

export type ResponseTo<R extends StashRequest> = Responses[R['type']]

/** A request that brings no body: nothing follows it. */
export type PlainRequest = Exclude<StashRequest, CarrierRequest>

/** A request as its receiver first sees it: the body may still be with the sender. */
export type IncomingRequest = Omit<StoreRequest, 'body'> | Omit<OfferRequest, 'body' | 'withheld'> | PlainRequest

/**
 * The receiver wants the body. Exactly one of `receive` and `abandon` is called, once. `receive` gets bytes whose length and
 * digest are still unchecked.
 */
export interface WantsBody {
  type: 'send' | 'wanted'
  receive (body: Uint8Array): Promise<StashResponse>
  abandon (): void
}

/** Who is asking: the connection's authenticated peer and the address it speaks from, never a field of a message. */
export interface Caller {
  peer: string
  /** The remote host (an IP address), if the transport has one. */
  address?: string
  /** Id of the connection: two processes with one key are one peer. */
  connection?: string
}

export type RequestHandler = (caller: Caller, request: IncomingRequest) => Promise<StashResponse | WantsBody>
