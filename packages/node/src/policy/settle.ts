import { newestOf, supersedesOrIs } from '@nara-stash/protocol'
import { ROLLBACK_TIMEOUT, SETTLE_TIMEOUT } from '../constants.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/** One stash peer, and what it said when asked for our stash. */
export interface Answer {
  peer: string
  connected: boolean
  /** `pending`: asked and not answered yet; `failed`: it did not answer, twice. */
  status: 'pending' | 'answered' | 'failed'
  /** What it holds; undefined if it holds nothing. */
  record?: RecordHeader
  placement?: Placement
  /** Its copy came from us and was never lost since. */
  direct?: boolean
}

export interface SettleInput {
  answers: readonly Answer[]
  /** Ids of the records whose body was fetched, verified and decrypted. */
  readable: ReadonlySet<string>
  /** Headers of ours that were seen elsewhere. */
  heard: readonly RecordHeader[]
  /** When the first stash peer was met, on the clock's scale; undefined if none was. */
  firstContact: number | undefined
  now: number
}

interface Tally {
  /** Peers that answered, of those met. */
  answered: number
  of: number
}

export type Decision =
  { type: 'searching' } |
  /** Look again then, or when something is heard. */
  { type: 'waiting', until: number | undefined, found: boolean } & Tally |
  { type: 'settled', best: RecordHeader, placement: Placement, confirmed: boolean } & Tally |
  { type: 'empty' } & Tally |
  { type: 'doubtful', reason: 'ROLLBACK_SUSPECTED' | 'CONFLICT', best: RecordHeader | undefined, newest: RecordHeader[] } & Tally

/**
 * Is it known what our stash is? (SPEC.md, "Settling".) The first answer is never taken for the newest: either so many of its holders
 * answered with a copy straight from us that a newer acknowledged one could not have escaped them, or everybody within
 * reach was asked and said so.
 */
export function settle (input: SettleInput): Decision {
  const { answers, firstContact, now } = input
  const tally = { answered: answers.filter(({ status }) => status === 'answered').length, of: answers.length }

  if (firstContact == null) {
    return { type: 'searching' }
  }

  const seen = [...answers.flatMap(({ record }) => record ?? []), ...input.heard]
  const newest = newestOf(seen)
  const best = newestOf(seen.filter(({ id }) => input.readable.has(id)))
  const found = seen.length > 0
  const allAsked = answers.every(({ status, connected }) => status !== 'pending' || !connected)
  const heardOut = allAsked && now >= firstContact + SETTLE_TIMEOUT
  const waiting = (until: number): Decision => ({ type: 'waiting', until: until > now ? until : undefined, found, ...tally })

  if (!found) {
    return heardOut && tally.answered > 0 ? { type: 'empty', ...tally } : waiting(firstContact + SETTLE_TIMEOUT)
  }

  const [top] = newest

  if (newest.length > 1 || top == null) {
    return heardOut
      ? { type: 'doubtful', reason: 'CONFLICT', best: best[0], newest, ...tally }
      : waiting(firstContact + SETTLE_TIMEOUT)
  }

  if (!input.readable.has(top.id)) {
    return now >= firstContact + ROLLBACK_TIMEOUT
      ? { type: 'doubtful', reason: 'ROLLBACK_SUSPECTED', best: best[0], newest, ...tally }
      : waiting(firstContact + ROLLBACK_TIMEOUT)
  }

  const placement = placementOf(top, answers)

  if (placement == null) {
    return waiting(firstContact + SETTLE_TIMEOUT)
  }

  // one answer alone is no proof while others may still speak: they may know a later placement
  const confirmed = isConfirmed(top, placement, answers) && (tally.answered > 1 || allAsked)

  return confirmed || heardOut
    ? { type: 'settled', best: top, placement, confirmed, ...tally }
    : waiting(firstContact + SETTLE_TIMEOUT)
}

/** The highest version that came with this very record. */
function placementOf (record: RecordHeader, answers: readonly Answer[]): Placement | undefined {
  return answers
    .filter(answer => answer.record?.id === record.id)
    .flatMap(({ placement }) => placement ?? [])
    .reduce<Placement | undefined>((best, placement) => best == null || placement.version > best.version ? placement : best, undefined)
}

/**
 * Of the placement's holders, enough answered with a direct copy that `best` supersedes or is: any minCopies of them that had
 * acknowledged something newer would include one of those. A holder that is empty, or was refilled by others, confirms nothing.
 */
function isConfirmed (best: RecordHeader, placement: Placement, answers: readonly Answer[]): boolean {
  const votes = answers.filter(({ peer, record, direct }) =>
    direct === true && record != null && placement.holders.includes(peer) && supersedesOrIs(best, record))

  return placement.holders.length >= placement.minCopies &&
    votes.length >= placement.holders.length - placement.minCopies + 1
}
