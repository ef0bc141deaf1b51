import type { RecordHeader } from '@nara-stash/protocol'

/** Headers as far as their order goes: boot, seq, and the boots and seqs that each builds on. */
export function headers (list: ReadonlyArray<[boot: string, seq: number, past: Array<[boot: string, seq: number]>]>): [RecordHeader, ...RecordHeader[]] {
  return list.map(([boot, seq, past]) => ({
    id: `${boot}${seq}`, owner: 'owner', kind: 'data', boot, seq, past: past.map(([boot, seq]) => ({ boot, seq })), bodyLength: 1, bodyDigest: '', envelope: new Uint8Array()
  }) as RecordHeader) as [RecordHeader, ...RecordHeader[]]
}
