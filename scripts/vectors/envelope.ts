import { concat, utf8, varint } from './bytes.ts'
import { bytes, message } from './protobuf.ts'
import type { Peer } from './peers.ts'

/** libp2p signed envelopes, RFC 0002. */

export interface EnvelopeParts {
  domain: string
  payloadType: Uint8Array
  payload: Uint8Array
  /** What the signature is over. */
  signed: Uint8Array
  signature: Uint8Array
  envelope: Uint8Array
}

export function sealEnvelope (domain: string, payloadType: Uint8Array, payload: Uint8Array, peer: Peer): EnvelopeParts {
  const signed = signedBytes(domain, payloadType, payload)
  const signature = peer.sign(signed)

  return { domain, payloadType, payload, signed, signature, envelope: envelopeOf(peer.publicKeyMessage, payloadType, payload, signature) }
}

export function signedBytes (domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  return concat(...[utf8(domain), payloadType, payload].flatMap(part => [varint(part.byteLength), part]))
}

export function envelopeOf (publicKeyMessage: Uint8Array, payloadType: Uint8Array, payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return message(bytes(1, publicKeyMessage), bytes(2, payloadType), bytes(3, payload), bytes(5, signature))
}
