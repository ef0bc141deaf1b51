import { createHash } from 'node:crypto'
import { NoStashError } from '../api/errors.ts'
import type { DaemonStatus, RecoverAnswer, StashAnswer } from '../api/types.ts'
import type { SetAsideStash, Stash, StashData } from '@nara-stash/node'

/** The last millisecond that a Date can hold (ECMA-262, "Time Values"). */
const LATEST_DATE = 8.64e15

/** A version that is handed out. */
export type Given = Pick<SetAsideStash, 'data' | 'timestamp' | 'seq'> & Pick<StashData, 'mayBeDeleted'>

/** The current stash, if there is one. */
export function currentStash (stash: Pick<Stash, 'status' | 'getStashData'>): Given | undefined {
  const current = stash.getStashData()
  const seq = stash.status().stash?.seq

  return current == null ? undefined : { ...current, ...(seq == null ? {} : { seq }) }
}

/** What there is to tell about what is handed out. */
export function stashAnswer (stash: Pick<Stash, 'status'>, { data, timestamp, seq, mayBeDeleted }: Given): StashAnswer {
  const { state, recovery: { via, confirmed, undecided, written } } = stash.status()

  return {
    seq: seq ?? null,
    bytes: data.length,
    sha256: sha256(data),
    updatedAt: isoDate(timestamp),
    state,
    // what did not have to come back is what was written here
    confirmed: state !== 'doubtful' && undecided === 0 && (via == null || confirmed || written),
    mayBeDeleted: mayBeDeleted === true
  }
}

/**
 * The same of the current stash after a recovery or a decision, and what was not taken.
 *
 * @throws {NoStashError} it was forgotten meanwhile
 */
export function recoverAnswer (stash: Pick<Stash, 'status' | 'getStashData' | 'setAside'>): RecoverAnswer {
  const current = currentStash(stash)

  if (current == null) {
    throw new NoStashError('what came back was forgotten meanwhile')
  }

  return { ...stashAnswer(stash, current), setAside: setAsideList(stash) }
}

/** What was set aside, without its data. */
export function setAsideList (stash: Pick<Stash, 'setAside'>): DaemonStatus['setAside'] {
  return stash.setAside().map(({ data, timestamp, ...which }) => ({ ...which, bytes: data.length, updatedAt: isoDate(timestamp) }))
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
