import { MAX_LIVE_HOLDERS, PROOF_BYTES } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { StashResponse as Wire } from '../pb/message.ts'
import { openHeader } from '../record/header.ts'
import { decodeWith, holderBytes, holderTexts, inlineBody, markField, openPair, ownBytes, uint32 } from './carried.ts'
import { RESPONSE_FORM } from './forms.ts'
import type { Found, RefusalReason, StashResponse } from '../messages.ts'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What travels as a response: the answers, and the call for the body. */
export type WireResponse = StashResponse | { type: 'send' } | { type: 'wanted' }

type HeldInstead = Extract<StashResponse, { type: 'stale' | 'conflict' | 'newer' | 'other' }>
type Witnessed = Extract<StashResponse, { type: 'witnessed' }>

/** FOUND answers WITNESS, too, and is a `found` unless it comes without a placement. */
const STATUSES: ReadonlyArray<[Exclude<WireResponse['type'], 'witnessed'>, Wire.Status]> = [
  ['send', Wire.Status.SEND],
  ['stored', Wire.Status.STORED],
  ['have', Wire.Status.HAVE],
  ['stale', Wire.Status.STALE],
  ['conflict', Wire.Status.CONFLICT],
  ['refused', Wire.Status.REFUSED],
  ['found', Wire.Status.FOUND],
  ['not-found', Wire.Status.NOT_FOUND],
  ['wanted', Wire.Status.WANTED],
  ['newer', Wire.Status.NEWER],
  ['relieved', Wire.Status.RELIEVED],
  ['proof', Wire.Status.PROOF],
  ['other', Wire.Status.OTHER],
  ['busy', Wire.Status.BUSY]
]

const STATUS_BY_TYPE = new Map<WireResponse['type'], Wire.Status>([...STATUSES, ['witnessed', Wire.Status.FOUND]])
const TYPE_BY_STATUS = new Map(STATUSES.map(([type, status]) => [status, type]))

const REASONS: ReadonlyArray<[RefusalReason, Wire.Reason]> = [
  ['at capacity', Wire.Reason.AT_CAPACITY],
  ['too large', Wire.Reason.TOO_LARGE],
  ['not trusted', Wire.Reason.NOT_TRUSTED],
  ['draining', Wire.Reason.DRAINING],
  ['rate limited', Wire.Reason.RATE_LIMITED],
  ['over quota', Wire.Reason.OVER_QUOTA],
  ['unsupported', Wire.Reason.UNSUPPORTED]
]

const REASON_BY_TEXT = new Map(REASONS)
const TEXT_BY_REASON = new Map(REASONS.map(([text, reason]) => [reason, text]))

/**
 * A response as a message.
 *
 * @param inline the body of a FOUND rides inside; otherwise it follows, if it was asked for
 */
export function encodeResponse (response: WireResponse, inline: boolean): Uint8Array {
  const status = STATUS_BY_TYPE.get(response.type)

  switch (response.type) {
    case 'refused':
      return Wire.encode({ status, reason: REASON_BY_TEXT.get(response.reason), retryAfterMs: uint32(response.retryAfter) })
    case 'stale':
    case 'conflict':
    case 'newer':
    case 'other':
      return Wire.encode({
        status,
        record: ownBytes(response.record.envelope),
        ...(response.placement != null && { placement: ownBytes(response.placement.envelope) }),
        ...leavingField(response)
      })
    case 'found':
      return Wire.encode({
        status,
        record: ownBytes(response.record.envelope),
        placement: ownBytes(response.placement.envelope),
        liveHolders: holderBytes(response.liveHolders),
        leaseRemainingS: uint32(response.leaseRemaining),
        direct: response.direct,
        ...markField(response),
        ...leavingField(response),
        ...(inline && response.body != null && response.body.byteLength > 0 && { body: ownBytes(response.body) })
      })
    case 'witnessed':
      return Wire.encode({
        status,
        record: ownBytes(response.record.envelope),
        ...(response.beside != null && { beside: ownBytes(response.beside.envelope) }),
        ...(response.besidePlacement != null && { besidePlacement: ownBytes(response.besidePlacement.envelope) })
      })
    case 'proof':
      return Wire.encode({ status, proof: ownBytes(response.proof), ...markField(response), ...leavingField(response) })
    case 'busy':
      return Wire.encode({ status, retryAfterMs: uint32(response.retryAfter) })
    default:
      return Wire.encode({ status, ...promisedField(response), ...leavingField(response) })
  }
}

function leavingField (response: { leaving?: boolean } | object): { leaving?: boolean } {
  return 'leaving' in response && response.leaving === true ? { leaving: true } : {}
}

function promisedField (response: { promised?: number } | object): { leaseRemainingS?: number } {
  return 'promised' in response && response.promised != null ? { leaseRemainingS: uint32(response.promised) } : {}
}

/**
 * Opens a response: its envelopes are verified, its record and placement have one owner, a body inside is as long as the header
 * says (its digest is not checked here).
 *
 * @throws {MalformedError}
 */
export async function decodeResponse (message: Uint8Array | Uint8ArrayList): Promise<WireResponse> {
  const decoded = decodeWith(message, RESPONSE_FORM, bytes => Wire.decode(bytes, { limits: { liveHolders: MAX_LIVE_HOLDERS } }))
  const type = TYPE_BY_STATUS.get(decoded.status)

  switch (type) {
    case undefined:
      throw new MalformedError('a response of an unknown status')
    case 'refused':
      return { type, reason: reasonText(decoded.reason), retryAfter: decoded.retryAfterMs }
    case 'stale':
    case 'conflict':
    case 'newer':
      return { type, ...await openHeldInstead(decoded) }
    case 'other':
      return { type, ...await openHeldInstead(decoded), leaving: decoded.leaving }
    case 'found':
      return decoded.placement.byteLength === 0 ? await openWitnessed(decoded) : await openFound(decoded)
    case 'proof':
      return { type, proof: openProof(decoded.proof), leaving: decoded.leaving, ...markField(decoded) }
    case 'busy':
      return { type, retryAfter: decoded.retryAfterMs }
    case 'stored':
      return { type, ...promise(decoded) }
    case 'have':
      return { type, ...promise(decoded), ...(decoded.leaving && { leaving: true }) }
    case 'not-found':
      return { type, ...(decoded.leaving && { leaving: true }) }
    default:
      return { type }
  }
}

/** Undefined if the peer did not tell it: an older peer does not know the field. */
function promise ({ leaseRemainingS: promised }: Wire): { promised?: number } {
  return promised === 0 ? {} : { promised }
}

async function openHeldInstead (decoded: Wire): Promise<Pick<HeldInstead, 'record' | 'placement'>> {
  if (decoded.placement.byteLength === 0) {
    return { record: await openHeader(decoded.record) }
  }

  return await openPair(decoded.record, decoded.placement)
}

async function openWitnessed (decoded: Wire): Promise<Witnessed> {
  const record = await openHeader(decoded.record)

  if (decoded.beside.byteLength === 0) {
    return { type: 'witnessed', record }
  }

  const beside = await openHeader(decoded.beside)

  if (beside.owner !== record.owner) {
    throw new MalformedError('headers of two owners')
  }

  return decoded.besidePlacement.byteLength === 0
    ? { type: 'witnessed', record, beside }
    : { type: 'witnessed', record, beside, besidePlacement: (await openPair(decoded.beside, decoded.besidePlacement)).placement }
}

function openProof (proof: Uint8Array): Uint8Array {
  if (proof.byteLength !== PROOF_BYTES) {
    throw new MalformedError(`a proof has ${PROOF_BYTES} bytes, not ${proof.byteLength}`)
  }

  return new Uint8Array(proof)
}

async function openFound (decoded: Wire): Promise<Found> {
  const { record, placement } = await openPair(decoded.record, decoded.placement)
  const body = inlineBody(decoded.body, record)

  return {
    type: 'found',
    record,
    placement,
    liveHolders: holderTexts(decoded.liveHolders),
    leaseRemaining: decoded.leaseRemainingS,
    direct: decoded.direct,
    ...markField(decoded),
    ...(decoded.leaving && { leaving: true }),
    ...(body != null && { body })
  }
}

function reasonText (reason: Wire.Reason): RefusalReason {
  const text = TEXT_BY_REASON.get(reason)

  if (text == null) {
    throw new MalformedError('a refusal without a reason')
  }

  return text
}
