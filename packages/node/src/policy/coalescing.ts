import { REQUEST_RATE, REQUEST_TIMEOUT } from '@nara-stash/protocol'
import { WRITE_TURN } from '../constants.ts'

/** Policy: pure functions of their arguments. */

const second = 1_000

/** A write, as far as it matters whether it can share a version with others. */
export interface Sharing {
  /** A stash came back, or was merged, that its writer did not know of. */
  waited: boolean
  /** A peer that shall be among the confidants. */
  preferred: string | undefined
}

export interface Coming extends Sharing {
  /** A deletion or a decision was asked for since: what is written after that is another version. */
  isClosed: boolean
}

export interface Situation {
  /** It is known what the stash is, so nothing has to be merged. */
  isReady: boolean
  /** There is a merge function, which is to see each write that waited for recovery. */
  merges: boolean
}

/**
 * Does a write become part of the version that is to be sealed next? If so, its data takes the place of what was
 * written before it.
 */
export function joins (coming: Coming | undefined, write: Sharing, { isReady, merges }: Situation): boolean {
  const isSeenAlone = merges && (!isReady || write.waited)

  if (coming == null || coming.isClosed || coming.waited !== write.waited || isSeenAlone) {
    return false
  }

  return coming.preferred == null || write.preferred == null || coming.preferred === write.preferred
}

/**
 * How long a version is on its way at most before the next one takes its place, in milliseconds. A new version ends
 * the stores of the one before: where that was not acknowledged in its time, the next has twice as long. Otherwise an
 * owner that writes all the time from far away would never be kept.
 *
 * @param yielded - how many in a row had to give way
 */
export function wayTime (bodyLength: number, yielded: number): number {
  return Math.min(WRITE_TURN * 2 ** yielded, REQUEST_TIMEOUT) + bodyLength / REQUEST_RATE * second
}
