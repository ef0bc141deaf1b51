import { createHash } from 'node:crypto'
import type { StashAnswer } from '../api/types.ts'
import type { Stash } from '@nara-stash/node'

/** The last millisecond that a Date can hold (ECMA-262, "Time Values"). */
const LATEST_DATE = 8.64e15

/** What there is to tell about the current stash. */
export function stashAnswer (stash: Pick<Stash, 'status' | 'getStashData'>, data: Uint8Array): StashAnswer {
  const { state, stash: known } = stash.status()
  const timestamp = stash.getStashData()?.timestamp

  return {
    seq: known?.seq ?? '0',
    bytes: data.length,
    sha256: sha256(data),
    updatedAt: known?.updatedAt ?? isoDate(timestamp ?? 0),
    state
  }
}

export function connectedPeers (stash: Pick<Stash, 'peers'>): number {
  return stash.peers().filter(({ connected }) => connected).length
}

/** The label of a machine whose clock may have been anywhere, as a date that there is. */
export function isoDate (timestamp: number): string {
  return new Date(Math.min(timestamp, LATEST_DATE)).toISOString()
}

/** Hex. */
export function sha256 (data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
