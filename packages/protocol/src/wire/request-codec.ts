import { MAX_LIVE_HOLDERS } from '../constants.ts'
import { BodyMismatchError } from '../errors.ts'
import { StashRequest as Wire } from '../pb/message.ts'
import { bringsBody, decodeWith, holderBytes, holderTexts, inlineBody, openPair, ownBytes, uint32 } from './carried.ts'
import { REQUEST_FORM } from './forms.ts'
import { openPlain, plainFields } from './plain-codec.ts'
import type { IncomingRequest, OfferRequest, StashRequest, StoreRequest } from '../messages.ts'
import type { Offer, Store } from '../pb/message.ts'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface DecodedRequest {
  request: IncomingRequest
  /** The body of a STORE, if it came inside the message. */
  body?: Uint8Array
}

/**
 * A request as a message.
 *
 * @param inline the body of a STORE, if it has one, rides inside; otherwise it follows when the receiver asks for it
 * @throws {BodyMismatchError} a body that is not as long as its header says
 */
export function encodeRequest (request: StashRequest, inline: boolean): Uint8Array {
  if (!bringsBody(request)) {
    return Wire.encode(plainFields(request))
  }

  if (request.body.byteLength !== request.record.bodyLength && !isShown(request)) {
    throw new BodyMismatchError(`a body of ${request.body.byteLength} bytes for a header that says ${request.record.bodyLength}`)
  }

  if (request.type === 'store') {
    return Wire.encode({ store: { ...carrierFields(request), ...(inline && request.body.byteLength > 0 && { body: ownBytes(request.body) }) } })
  }

  return Wire.encode({ offer: { ...carrierFields(request), direct: request.direct, mayBeDeleted: request.mayBeDeleted === true } })
}

/** Its body is not to follow, whatever the peer answers. */
export function isShown (request: StashRequest): boolean {
  return request.type === 'offer' && request.withheld === true
}

/**
 * Opens a request: its envelopes are verified, its record and placement have one owner, a body inside is as long as the
 * header says. Undefined for a request of a kind that is not known here.
 *
 * @throws {MalformedError} anything else
 */
export async function decodeRequest (message: Uint8Array | Uint8ArrayList): Promise<DecodedRequest | undefined> {
  const limits = { liveHolders: MAX_LIVE_HOLDERS }
  const decoded = decodeWith(message, REQUEST_FORM, bytes => Wire.decode(bytes, { limits: { store: limits, offer: limits } }))
  const { store, offer } = decoded

  if (store != null) {
    const carrier = await openCarrier(store)

    return { request: { type: 'store', ...carrier }, body: inlineBody(store.body, carrier.record) }
  }

  if (offer != null) {
    return { request: { type: 'offer', ...await openCarrier(offer), direct: offer.direct, ...(offer.mayBeDeleted && { mayBeDeleted: true }) } }
  }

  const request = openPlain(decoded)

  return request == null ? undefined : { request }
}

type CarrierFields = Pick<Store, 'record' | 'placement' | 'liveHolders' | 'leaseRemainingS'>
type Carrier = Pick<StoreRequest, 'record' | 'placement' | 'liveHolders' | 'leaseRemaining'>

function carrierFields (request: StoreRequest | OfferRequest): CarrierFields {
  return {
    record: ownBytes(request.record.envelope),
    placement: ownBytes(request.placement.envelope),
    liveHolders: holderBytes(request.liveHolders),
    leaseRemainingS: uint32(request.leaseRemaining)
  }
}

async function openCarrier (fields: Store | Offer): Promise<Carrier> {
  return {
    ...await openPair(fields.record, fields.placement),
    liveHolders: holderTexts(fields.liveHolders),
    leaseRemaining: fields.leaseRemainingS
  }
}
