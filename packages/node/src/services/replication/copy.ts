import { STORES_PER_SECOND } from '@nara-stash/protocol'
import { STORE_BACKOFF } from '../../constants.ts'
import { renewAfter } from '../../policy/plan.ts'
import type { ConfidantState, CopyFailure } from '../../api.ts'
import type { CopyView } from '../../policy/plan.ts'

/** Who asks for less is not asked more often than any honest peer allows, whatever it answers. Milliseconds. */
export const LEAST_RETRY = 1_000 / STORES_PER_SECOND

/** What the owner knows of one peer that holds, or was asked to hold, its stash. */
export interface Copy extends CopyView {
  why?: CopyFailure['why']
  /** Until when it promised to keep what it acknowledged, at least, on the clock's monotonic scale. */
  keptUntil?: number
  /** Wall time, for people. */
  since: number
  abort?: AbortController
  /** It is no holder, and only remembered as one that refused or failed, or that has a copy all the same. */
  dropped?: boolean
  /** How often it was dropped like that since it last held anything. */
  drops?: number
  /** Since when it has only said that it is asked too often. */
  limitedSince?: number
  /** Refusals in a row. */
  refusals?: number
  /** Id of the record that it took, or proved, on this connection: of that it has said more than that it has it. */
  shown?: string
  /** Id of the record that it was sent and has not answered for, acknowledged and did not prove, or showed in place of that: it counts for nothing, and may be there. */
  unproved?: string | undefined
}

/** One of whom nothing is known. */
export function blank (peer: string, since: number): Copy {
  return { peer, connected: false, failures: 0, refused: false, busy: false, notBefore: 0, since }
}

/** It promised at `now` to keep what it acknowledged, for so many seconds. */
export function notePromise (copy: Copy, seconds: number, now: number): void {
  copy.promisedAt = now
  copy.renewAfter = renewAfter(seconds)
  copy.keptUntil = now + seconds * 1_000
}

/** What it acknowledged is not so any longer. */
export function forgetWord (copy: Copy): void {
  delete copy.record
  delete copy.placement
  delete copy.promisedAt
  delete copy.renewAfter
  delete copy.keptUntil
  delete copy.shown
}

/** It did not prove what it acknowledged; `shown` is what it has in place of that. */
export function breakWord (copy: Copy, shown: string | undefined): void {
  copy.unproved = shown ?? copy.record ?? copy.unproved
  forgetWord(copy)
}

/** It will take what is stored, only not yet: it said when. */
export function isPaced ({ connected, refused, why }: Copy): boolean {
  return connected && !refused && why === 'rate limited'
}

/** What its answer would have been is no longer asked. */
export function stopStore (copy: Copy): void {
  copy.abort?.abort()
  copy.busy = false
  delete copy.abort
}

/** Milliseconds to wait after so many failures before. */
export function backoff (failures: number): number {
  return STORE_BACKOFF[Math.min(failures, STORE_BACKOFF.length - 1)] ?? 0
}

/** How a confidant does that is to have `record`. */
export function stateOf (copy: Copy | undefined, record: string | undefined, failedAfter: number): ConfidantState {
  if (copy == null) {
    // nobody watches it: before a start, and after a stop
    return 'pending'
  }

  const verdict = copy.audit?.verdict ?? 'trusted'

  if (copy.failures >= failedAfter || copy.refused || verdict === 'failed') {
    return 'failed'
  }

  if (!copy.connected || copy.failures > 0 || copy.leaving === true || verdict === 'suspect') {
    return 'suspect'
  }

  return record != null && copy.record === record ? 'trusted' : 'pending'
}
