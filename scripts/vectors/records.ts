import { fromHex, hex, sha256, utf8 } from './bytes.ts'
import { bodies } from './bodies.ts'
import { sealEnvelope } from './envelope.ts'
import { owner } from './peers.ts'
import { bytes, message, number, repeated } from './protobuf.ts'
import type { EnvelopeParts } from './envelope.ts'
import type { Peer } from './peers.ts'

export const RECORD_DOMAIN = 'nara-stash-record'
export const RECORD_TYPE = utf8('/nara/stash/record/1')

export interface Claims {
  kind: number
  seq: number | bigint
  /** Hex. */
  boot: string
  past: Array<{ boot: string, seq: number | bigint }>
  bodyLength: number
  /** Hex. */
  bodySha256: string
}

export interface RecordVector extends EnvelopeParts {
  name: string
  about: string
  claims: Claims
  id: string
}

export function recordPayload (claims: Claims): Uint8Array {
  return message(
    number(1, claims.kind),
    number(2, claims.seq),
    bytes(3, fromHex(claims.boot)),
    repeated(4, claims.past.map(({ boot, seq }) => message(bytes(1, fromHex(boot)), number(2, seq)))),
    number(5, claims.bodyLength),
    bytes(6, fromHex(claims.bodySha256))
  )
}

export function sealRecord (claims: Claims, peer: Peer = owner): EnvelopeParts {
  return sealEnvelope(RECORD_DOMAIN, RECORD_TYPE, recordPayload(claims), peer)
}

export const bootA = 'a1'.repeat(8)
export const bootB = 'b2'.repeat(8)
export const bootC = 'c3'.repeat(8)
export const bootD = 'd4'.repeat(8)

function of (body: Uint8Array): Pick<Claims, 'kind' | 'bodyLength' | 'bodySha256'> {
  return { kind: 1, bodyLength: body.byteLength, bodySha256: hex(sha256(body)) }
}

function vector (name: string, about: string, claims: Claims): RecordVector {
  const parts = sealRecord(claims)

  return { name, about, claims, id: hex(sha256(parts.payload)), ...parts }
}

export const first = vector('first', 'the first record of an owner\'s first boot',
  { ...of(bodies.first), seq: 1, boot: bootA, past: [] })
export const second = vector('second', 'the next one of the same boot: it needs no past to supersede the first',
  { ...of(bodies.second), seq: 2, boot: bootA, past: [] })
export const third = vector('third', 'after a restart and a recovery: another boot, which builds on seq 2 of the first',
  { ...of(bodies.streamed), seq: 3, boot: bootB, past: [{ boot: bootA, seq: 2 }] })
export const newborn = vector('newborn', 'a boot that recovered nothing and began anew',
  { ...of(bodies.first), seq: 1, boot: bootC, past: [] })
export const behind = vector('behind', 'a boot that recovered seq 1 and never heard of seq 2',
  { ...of(bodies.first), seq: 3, boot: bootD, past: [{ boot: bootA, seq: 1 }] })
export const twin = vector('twin', 'the boot and seq of the second record with other content: a broken or doubled owner',
  { ...of(bodies.first), seq: 2, boot: bootA, past: [] })
export const merged = vector('merged', 'what the newborn writes once it has met the third record: it builds on both',
  { ...of(bodies.first), seq: 4, boot: bootC, past: [{ boot: bootA, seq: 2 }, { boot: bootB, seq: 3 }] })
export const tombstone = vector('tombstone', 'the end of a stash: no body and no digest',
  { kind: 2, seq: 4, boot: bootB, past: [{ boot: bootA, seq: 2 }], bodyLength: 0, bodySha256: '' })
export const longPast = vector('long-past', 'the longest past there may be, and the highest seq', {
  ...of(bodies.first),
  seq: Number.MAX_SAFE_INTEGER,
  boot: bootA,
  past: Array.from({ length: 64 }, (_, i) => ({ boot: 'ee000000000000' + (i + 1).toString(16).padStart(2, '0'), seq: Number.MAX_SAFE_INTEGER - 64 + i }))
})
export const highSeq = vector('high-seq', 'seqs from 2^31 on, whose varints have five bytes', {
  ...of(bodies.first), seq: 2 ** 31 + 5, boot: bootC, past: [{ boot: bootA, seq: 2 ** 31 }, { boot: bootB, seq: 2 ** 31 + 4 }]
})

export const records = [first, second, third, newborn, behind, twin, merged, tombstone, longPast, highSeq]

export function recordVectors (): object[] {
  return records.map(({ name, about, claims, payload, signed, signature, envelope, id }) => ({
    name,
    about,
    claims: { ...claims, kind: claims.kind === 1 ? 'data' : 'tombstone' },
    payload: hex(payload),
    signed: hex(signed),
    signature: hex(signature),
    envelope: hex(envelope),
    id
  }))
}
