import { createHash } from 'node:crypto'
import { fromString } from 'uint8arrays/from-string'
import { MAX_HEADER_BYTES, RECORD_DOMAIN, RECORD_PAYLOAD_TYPE } from '../../src/constants.ts'
import { RecordPayload } from '../../src/pb/record.ts'
import { sealEnvelope } from '../../src/record/envelope.ts'
import { openHeader } from '../../src/record/header.ts'
import { ownerKey } from './owners.ts'
import type { RecordClaims } from '../../src/record/header.ts'

export const KIND = { domain: RECORD_DOMAIN, payloadType: RECORD_PAYLOAD_TYPE, maxBytes: MAX_HEADER_BYTES }
export const BODY = fromString('some ciphertext')
export const DIGEST = createHash('sha256').update(BODY).digest('hex')

export const key = await ownerKey(1)

export function boot (number: number): string {
  return number.toString(16).padStart(16, '0')
}

export function claims (changes: Partial<RecordClaims> = {}): RecordClaims {
  return { kind: 'data', boot: boot(1), seq: 1, past: [], bodyLength: BODY.length, bodyDigest: DIGEST, ...changes }
}

export function payload (changes: Partial<RecordPayload> = {}): RecordPayload {
  return {
    kind: RecordPayload.Kind.DATA,
    seq: 100,
    boot: new Uint8Array(8).fill(1),
    past: [],
    bodyLength: 5,
    bodySha256: new Uint8Array(32),
    ...changes
  }
}

export function past (number: number, seq: number): RecordPayload.Past {
  const boot = new Uint8Array(8)
  new DataView(boot.buffer).setUint32(4, number)

  return { boot, seq }
}

export async function openPayload (bytes: Uint8Array): Promise<unknown> {
  return await openHeader(await sealEnvelope(KIND, bytes, key))
}
