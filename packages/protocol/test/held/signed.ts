import { createHash } from 'node:crypto'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { DEFAULT_LEASE } from '../../src/constants.ts'
import { sealHeader } from '../../src/record/header.ts'
import { sealPlacement } from '../../src/record/placement.ts'
import { bootName } from '../record/histories.ts'
import { ownerKey } from '../record/owners.ts'
import { arrivalOf } from './arrivals.ts'
import type { Arrival } from '../../src/held/held-stashes.ts'

export interface Signed {
  arrival: Arrival
  body: Uint8Array
}

/** A signed record of one owner's only boot, with a body of its own if it is data. */
export async function signed (
  owner: number, seq: number, changes: Partial<Arrival> & { version?: number, bytes?: number, kind?: 'data' | 'tombstone' } = {}
): Promise<Signed> {
  const { version = 1, kind = 'data', bytes = kind === 'data' ? 100 : 0, ...rest } = changes
  const key = await ownerKey(owner)
  const body = new Uint8Array(bytes).fill(owner * 16 + seq)
  const record = await sealHeader({
    kind,
    boot: bootName(owner),
    seq,
    past: [],
    bodyLength: body.byteLength,
    bodyDigest: kind === 'data' ? createHash('sha256').update(body).digest('hex') : ''
  }, key)
  const placement = await sealPlacement({
    version,
    holders: [await peerId(1), await peerId(2)],
    target: 3,
    minCopies: 2,
    surrogates: 'any',
    allowed: [],
    leaseSeconds: DEFAULT_LEASE
  }, key)

  return { arrival: arrivalOf(record, { placement, ...rest }), body }
}

export async function peerId (owner: number): Promise<string> {
  return peerIdFromPrivateKey(await ownerKey(owner)).toString()
}
