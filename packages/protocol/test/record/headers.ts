import { createHash } from 'node:crypto'
import type { BootSeq, RecordHeader } from '../../src/record/header.ts'

/** A header as if it had been verified; for rules that look at no signature. Its body is `body`. */
export function header (
  owner: string, boot: string, seq: number, past: ReadonlyArray<readonly [string, number]> = [], body: Uint8Array = Uint8Array.of(1)
): RecordHeader {
  return headerOf(owner, { boot, seq }, past.map(([boot, seq]) => ({ boot, seq })), body)
}

export function headerOf (owner: string, own: BootSeq, past: readonly BootSeq[], body: Uint8Array): RecordHeader {
  const bodyDigest = createHash('sha256').update(body).digest('hex')
  const claims = { kind: 'data' as const, ...own, past, bodyLength: body.byteLength, bodyDigest }

  return {
    ...claims,
    id: createHash('sha256').update(JSON.stringify(claims)).digest('hex'),
    owner,
    envelope: new Uint8Array(0)
  }
}

/** The owner's word that all of it is deleted. */
export function tombstone (
  owner: string, boot: string, seq: number, past: ReadonlyArray<readonly [string, number]> = []
): RecordHeader {
  const { id, ...data } = header(owner, boot, seq, past)

  return { ...data, kind: 'tombstone', bodyLength: 0, bodyDigest: '', id: `tombstone ${id}` }
}
