import { pastOf } from '@nara-stash/protocol'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** Of a placement, unless it is said otherwise. */
export const TARGET = 3
export const MIN_COPIES = 2

/** A record as if it had been verified: no rule here looks at a signature. */
export function header (id: string, boot: string, seq: number, known: readonly RecordHeader[] = []): RecordHeader {
  return { id, boot, seq, past: pastOf(known, boot), kind: 'data', owner: 'owner', bodyLength: 1, bodyDigest: id, envelope: new Uint8Array(0) }
}

/** A placement, likewise. */
export function placementOf (id: string, version: number, holders: readonly string[], minCopies = MIN_COPIES): Placement {
  return {
    id, version, holders, minCopies, target: Math.max(TARGET, minCopies), owner: 'owner', surrogates: 'any', allowed: [], leaseSeconds: 1, envelope: new Uint8Array(0)
  }
}
