import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { MalformedError } from '../errors.ts'
import type { PrivateKey } from '@libp2p/interface'

export interface EnvelopeKind {
  domain: string
  payloadType: string
  maxBytes: number
}

export interface OpenedEnvelope {
  /** Base58 peer id of the Ed25519 key that signed. */
  owner: string
  payload: Uint8Array
}

/** Signs `payload` into a libp2p signed envelope (RFC 0002). */
export async function sealEnvelope (kind: EnvelopeKind, payload: Uint8Array, privateKey: PrivateKey): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal({
    domain: kind.domain,
    codec: fromString(kind.payloadType),
    marshal: () => payload,
    equals: () => false
  }, privateKey)

  return envelope.marshal()
}

/**
 * Opens a signed envelope: an Ed25519 key, exactly this payload type, a valid signature for this domain, and the one
 * encoding that RFC 0002 gives these four fields. The envelope itself is not signed, so without the last a holder could
 * hand on a variant that this reader takes and a stricter one refuses.
 *
 * @throws {MalformedError} anything else
 */
export async function openEnvelope (kind: EnvelopeKind, bytes: Uint8Array): Promise<OpenedEnvelope> {
  if (bytes.byteLength > kind.maxBytes) {
    throw new MalformedError(`a signed envelope of ${bytes.byteLength} bytes is over the limit of ${kind.maxBytes}`)
  }

  const envelope = decode(kind, bytes)

  if (envelope.publicKey.type !== 'Ed25519') {
    throw new MalformedError(`the envelope's key must be Ed25519, not ${envelope.publicKey.type}`)
  }

  if (!equals(envelope.payloadType, fromString(kind.payloadType))) {
    throw new MalformedError(`the envelope's payload type is not ${kind.payloadType}`)
  }

  if (!equals(envelope.marshal(), bytes) || !await isSigned(kind, envelope)) {
    throw new MalformedError(`no valid signed envelope for ${kind.domain}`)
  }

  return { owner: peerIdFromPublicKey(envelope.publicKey).toString(), payload: new Uint8Array(envelope.payload) }
}

function decode (kind: EnvelopeKind, bytes: Uint8Array): RecordEnvelope {
  try {
    return RecordEnvelope.createFromProtobuf(bytes)
  } catch (err) {
    throw new MalformedError(`no signed envelope for ${kind.domain}`, { cause: err })
  }
}

async function isSigned (kind: EnvelopeKind, envelope: RecordEnvelope): Promise<boolean> {
  try {
    return await envelope.validate(kind.domain)
  } catch {
    // a signature of the wrong length, for one
    return false
  }
}
