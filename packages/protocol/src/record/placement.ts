import { peerIdFromMultihash, peerIdFromString } from '@libp2p/peer-id'
import * as Digest from 'multiformats/hashes/digest'
import { equals } from 'uint8arrays/equals'
import { toString } from 'uint8arrays/to-string'
import { createSha256 } from '#sha256'
import { MAX_ALLOWED, MAX_HOLDERS, MAX_PLACEMENT_BYTES, PLACEMENT_DOMAIN, PLACEMENT_PAYLOAD_TYPE } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { PlacementPayload } from '../pb/record.ts'
import { PLACEMENT_FORM } from '../wire/forms.ts'
import { checkForm } from '../wire/message-form.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { whole } from './whole.ts'
import type { EnvelopeKind } from './envelope.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export type Surrogates = 'any' | 'listed' | 'none'

/** Who holds a record for its owner, and who else may (SPEC.md, "Placement"). Peer ids are base58 strings. */
export interface PlacementClaims {
  /** From 1; for one record the higher version wins. */
  version: number
  /** At most 16, each once. */
  holders: readonly string[]
  target: number
  minCopies: number
  /** Whom a holder may ask for help. */
  surrogates: Surrogates
  /** Whom it may ask if `surrogates` is `listed`; at most 64. */
  allowed: readonly string[]
  /** Seconds that the promise lasts after the owner's last word. */
  leaseSeconds: number
  /** No record of its maker's process from this seq on was acknowledged with another placement before; absent if that is not told. */
  sinceSeq?: number
}

/** A verified placement. */
export interface Placement extends Readonly<PlacementClaims> {
  /** SHA-256 of the signed payload, hex. */
  readonly id: string
  readonly owner: string
  /** The signed envelope, carried on verbatim. */
  readonly envelope: Uint8Array
}

const PLACEMENT_ENVELOPE: EnvelopeKind = {
  domain: PLACEMENT_DOMAIN,
  payloadType: PLACEMENT_PAYLOAD_TYPE,
  maxBytes: MAX_PLACEMENT_BYTES
}

const SURROGATES: Array<[Surrogates, PlacementPayload.Surrogates]> = [
  ['any', PlacementPayload.Surrogates.ANY],
  ['listed', PlacementPayload.Surrogates.LISTED],
  ['none', PlacementPayload.Surrogates.NONE]
]

/**
 * Signs a placement.
 *
 * @throws {MalformedError} claims that no receiver would accept
 */
export async function sealPlacement (claims: PlacementClaims, privateKey: PrivateKey): Promise<Placement> {
  const payload = encodeClaims(claims)

  // what the encoding has no room for would otherwise be signed as something else
  if (decodeClaims(payload).leaseSeconds !== claims.leaseSeconds) {
    throw new MalformedError('a lease is a whole number of seconds below 2^32')
  }

  return await openPlacement(await sealEnvelope(PLACEMENT_ENVELOPE, payload, privateKey))
}

/**
 * Opens and verifies a placement: size, key type, payload type, signature and every rule on its fields.
 *
 * @throws {MalformedError}
 */
export async function openPlacement (envelope: Uint8Array): Promise<Placement> {
  const { owner, payload } = await openEnvelope(PLACEMENT_ENVELOPE, envelope)

  return {
    ...decodeClaims(payload),
    id: toString(createSha256().update(payload).digest(), 'base16'),
    owner,
    envelope: new Uint8Array(envelope)
  }
}

function encodeClaims (claims: PlacementClaims): Uint8Array {
  try {
    return PlacementPayload.encode({
      version: whole(claims.version),
      holders: claims.holders.map(peerIdBytes),
      target: claims.target,
      minCopies: claims.minCopies,
      surrogates: SURROGATES.find(([name]) => name === claims.surrogates)?.[1] ?? PlacementPayload.Surrogates.ANY,
      allowed: claims.allowed.map(peerIdBytes),
      leaseS: claims.leaseSeconds,
      sinceSeq: whole(claims.sinceSeq ?? 0)
    })
  } catch (err) {
    throw new MalformedError('a placement\'s claims cannot be encoded', { cause: err })
  }
}

function decodeClaims (payload: Uint8Array): PlacementClaims {
  const decoded = decode(payload)
  const holders = decoded.holders.map(peerIdText)
  const allowed = decoded.allowed.map(peerIdText)

  if (decoded.version < 1 || decoded.version > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError('a placement\'s version is from 1 to 2^53 - 1')
  }

  if (holders.length > MAX_HOLDERS || new Set(holders).size !== holders.length) {
    throw new MalformedError(`a placement names at most ${MAX_HOLDERS} holders, each once`)
  }

  if (allowed.length > MAX_ALLOWED) {
    throw new MalformedError(`a placement allows at most ${MAX_ALLOWED} peers`)
  }

  if (decoded.target < 1 || decoded.target > MAX_HOLDERS || decoded.minCopies < 1 || decoded.minCopies > decoded.target) {
    throw new MalformedError(`a placement wants 1 <= min_copies <= target <= ${MAX_HOLDERS}`)
  }

  if (decoded.sinceSeq > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError('a placement\'s since_seq is below 2^53')
  }

  return {
    version: decoded.version,
    holders,
    target: decoded.target,
    minCopies: decoded.minCopies,
    surrogates: SURROGATES.find(([, wire]) => wire === decoded.surrogates)?.[0] ?? 'none',
    allowed,
    leaseSeconds: decoded.leaseS,
    ...(decoded.sinceSeq === 0 ? {} : { sinceSeq: decoded.sinceSeq })
  }
}

function decode (payload: Uint8Array): PlacementPayload {
  checkForm(payload, PLACEMENT_FORM)

  try {
    return PlacementPayload.decode(payload, { limits: { holders: MAX_HOLDERS + 1, allowed: MAX_ALLOWED + 1 } })
  } catch (err) {
    throw new MalformedError('a placement\'s payload cannot be decoded', { cause: err })
  }
}

/** Multihashes of the peers that were written last, oldest first: each message names the same few, and base58 is slow. */
const multihashes = new Map<string, Uint8Array<ArrayBuffer>>()
const MAX_MULTIHASHES = 1_024

/** A peer id's multihash, the form in which messages carry it. */
export function peerIdBytes (peer: string): Uint8Array<ArrayBuffer> {
  const known = multihashes.get(peer)

  if (known != null) {
    return known.slice()
  }

  const bytes = new Uint8Array(peerIdFromString(peer).toMultihash().bytes)
  const [oldest] = multihashes.keys()

  if (multihashes.size >= MAX_MULTIHASHES && oldest != null) {
    multihashes.delete(oldest)
  }

  multihashes.set(peer, bytes)

  return bytes.slice()
}

/**
 * @throws {MalformedError} bytes that are no peer id, or one in another encoding than its own
 */
export function peerIdText (bytes: Uint8Array): string {
  const peer = decodePeerId(bytes)

  // libp2p also takes a URL for a peer id; nobody connects as one
  if (peer.type === 'url') {
    throw new MalformedError('a peer id that is a URL')
  }

  const own = peer.type === 'RSA' ? peer.toMultihash() : peer.publicKey.toMultihash()

  if (!equals(own.bytes, bytes)) {
    throw new MalformedError('a peer id in an encoding that is not its own')
  }

  return peer.toString()
}

function decodePeerId (bytes: Uint8Array): PeerId {
  try {
    const { code, digest } = Digest.decode(bytes)

    return peerIdFromMultihash(Digest.create(code, digest))
  } catch (err) {
    throw new MalformedError('bytes that are no peer id', { cause: err })
  }
}
