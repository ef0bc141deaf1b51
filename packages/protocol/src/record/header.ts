import { toString } from 'uint8arrays/to-string'
import { fromString } from 'uint8arrays/from-string'
import { createSha256 } from '#sha256'
import { BOOT_BYTES, MAX_HEADER_BYTES, MAX_PAST, RECORD_DOMAIN, RECORD_PAYLOAD_TYPE } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { RecordPayload } from '../pb/record.ts'
import { RECORD_FORM } from '../wire/forms.ts'
import { checkForm } from '../wire/message-form.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { whole } from './whole.ts'
import type { EnvelopeKind } from './envelope.ts'
import type { PrivateKey } from '@libp2p/interface'

/** One boot of an owner, and the highest seq it wrote. */
export interface BootSeq {
  /** 16 hex digits. */
  boot: string
  /** From 1 to 2^53 - 1. */
  seq: number
}

/** What a record says of itself before it is signed (SPEC.md, "Record"). */
export interface RecordClaims extends BootSeq {
  kind: 'data' | 'tombstone'
  /** For each earlier boot that this record builds on the highest seq of it, lowest seq first; at most 64. */
  past: readonly BootSeq[]
  /** Bytes of nonce, ciphertext and tag. */
  bodyLength: number
  /** SHA-256 of the body, hex. */
  bodyDigest: string
}

/** A verified header: anyone can check it against its owner's peer id, nobody but the owner can make one. */
export interface RecordHeader extends Readonly<RecordClaims> {
  /** SHA-256 of the signed payload, hex. */
  readonly id: string
  /** Peer id of the signing key, base58. */
  readonly owner: string
  /** The signed envelope, carried on verbatim. */
  readonly envelope: Uint8Array
}

const HEADER_ENVELOPE: EnvelopeKind = {
  domain: RECORD_DOMAIN,
  payloadType: RECORD_PAYLOAD_TYPE,
  maxBytes: MAX_HEADER_BYTES
}

/**
 * Signs a header.
 *
 * @throws {MalformedError} claims that no receiver would accept
 */
export async function sealHeader (claims: RecordClaims, privateKey: PrivateKey): Promise<RecordHeader> {
  const payload = encodeClaims(claims)

  // what the encoding has no room for would otherwise be signed as something else
  if (decodeClaims(payload).bodyLength !== claims.bodyLength) {
    throw new MalformedError('a body length is a whole number below 2^32')
  }

  return await openHeader(await sealEnvelope(HEADER_ENVELOPE, payload, privateKey))
}

/**
 * Opens and verifies a header: size, key type, payload type, signature and every rule on its fields.
 *
 * @throws {MalformedError}
 */
export async function openHeader (envelope: Uint8Array): Promise<RecordHeader> {
  const { owner, payload } = await openEnvelope(HEADER_ENVELOPE, envelope)

  return {
    ...decodeClaims(payload),
    id: toString(createSha256().update(payload).digest(), 'base16'),
    owner,
    envelope: new Uint8Array(envelope)
  }
}

function encodeClaims (claims: RecordClaims): Uint8Array {
  try {
    return RecordPayload.encode({
      kind: claims.kind === 'data' ? RecordPayload.Kind.DATA : RecordPayload.Kind.TOMBSTONE,
      seq: whole(claims.seq),
      boot: hexBytes(claims.boot),
      past: claims.past.map(({ boot, seq }) => ({ boot: hexBytes(boot), seq: whole(seq) })),
      bodyLength: claims.bodyLength,
      bodySha256: hexBytes(claims.bodyDigest)
    })
  } catch (err) {
    throw new MalformedError('a record\'s claims cannot be encoded', { cause: err })
  }
}

function decodeClaims (payload: Uint8Array): RecordClaims {
  const decoded = decode(payload)
  const { boot, seq } = bootSeq(decoded)
  const past = decoded.past.map(bootSeq)

  if (decoded.kind === RecordPayload.Kind.UNKNOWN) {
    throw new MalformedError('a record must be DATA or TOMBSTONE')
  }

  if (past.length > MAX_PAST) {
    throw new MalformedError(`a record remembers at most ${MAX_PAST} boots, not ${past.length}`)
  }

  if (new Set([boot, ...past.map(entry => entry.boot)]).size !== past.length + 1) {
    throw new MalformedError('a record names each boot once')
  }

  past.forEach((entry, i) => {
    if (entry.seq >= seq || entry.seq < (past[i - 1]?.seq ?? 0)) {
      throw new MalformedError('a record\'s past is below its own seq, lowest first')
    }
  })

  const tombstone = decoded.kind === RecordPayload.Kind.TOMBSTONE

  if (tombstone !== (decoded.bodyLength === 0) || decoded.bodySha256.byteLength !== (tombstone ? 0 : 32)) {
    throw new MalformedError('data has a body and its SHA-256, a tombstone has neither')
  }

  return {
    kind: tombstone ? 'tombstone' : 'data',
    seq,
    boot,
    past,
    bodyLength: decoded.bodyLength,
    bodyDigest: toString(decoded.bodySha256, 'base16')
  }
}

function decode (payload: Uint8Array): RecordPayload {
  checkForm(payload, RECORD_FORM)

  try {
    // one past more than allowed may be decoded, so that the message can name the rule
    return RecordPayload.decode(payload, { limits: { past: MAX_PAST + 1 } })
  } catch (err) {
    throw new MalformedError('a record\'s payload cannot be decoded', { cause: err })
  }
}

function bootSeq (entry: { boot: Uint8Array, seq: number }): BootSeq {
  if (entry.boot.byteLength !== BOOT_BYTES) {
    throw new MalformedError(`a boot has ${BOOT_BYTES} bytes, not ${entry.boot.byteLength}`)
  }

  if (entry.seq < 1 || entry.seq > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError('a seq is from 1 to 2^53 - 1')
  }

  return { boot: toString(entry.boot, 'base16'), seq: entry.seq }
}

function hexBytes (hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromString(hex, 'base16'))
}
