import { newestOf, REQUEST_RATE, supersedesOrIs } from '@nara-stash/protocol'
import { ASK_TIMEOUT, ROLLBACK_TIMEOUT, SETTLE_TIMEOUT, WITNESS_GRACE } from '../constants.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/** One stash peer, and what it said when asked for our stash. */
export interface Answer {
  peer: string
  connected: boolean
  /** `pending`: asked and not answered yet; `failed`: it did not answer, twice. */
  status: 'pending' | 'answered' | 'failed'
  /** Pending, and asked so late that what is decided by time does not wait for it. */
  late?: boolean
  /** When it was asked first, over all its connections, on the clock's scale. */
  askedAt?: number
  /** When it first said what it says now, on the clock's scale. */
  saidAt?: number
  /** It has not said yet which header it has seen, and may still. */
  witnessing?: boolean
  /** What it holds, be it a tombstone; undefined if it holds nothing. */
  record?: RecordHeader
  placement?: Placement
  /** Its copy came from us and was never lost since. */
  direct?: boolean
  /** It was away for so long that we may have deleted it, and nobody may be left who knows. */
  mayBeDeleted?: boolean
}

export interface SettleInput {
  answers: readonly Answer[]
  /** Ids of the records whose body was fetched, verified and decrypted. */
  readable: ReadonlySet<string>
  /** Records whose body is on its way, by id, and since when it, or an earlier try, is. */
  coming: ReadonlyMap<string, number>
  /** Headers of ours that were seen elsewhere: by witnesses, or by an earlier process. */
  heard: readonly RecordHeader[]
  /** When the first stash peer was met, on the clock's scale; undefined if none was. */
  firstContact: number | undefined
  now: number
  /** A peer that was pinned or allowed by name, or whose stash is held here: it is given more time than a stranger. */
  isKnown (peer: string): boolean
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
  { type: 'settled', best: RecordHeader, placement: Placement, confirmed: boolean, mayBeDeleted: boolean } & Tally |
  /**
   * With a tombstone: there was one, and it was deleted, perhaps more than once. What comes next builds on the tombstone, and on those beside it.
   * `holders` are those whom the placements name with which these came.
   */
  { type: 'empty', tombstone?: RecordHeader, beside?: RecordHeader[], holders?: string[] } & Tally |
  { type: 'doubtful', reason: 'ROLLBACK_SUSPECTED' | 'CONFLICT' | 'LOST', best: RecordHeader | undefined, newest: RecordHeader[] } & Tally

/** What follows from what was said, seen and read, and what time it is. */
interface View extends Tally {
  answers: readonly Answer[]
  readable: ReadonlySet<string>
  coming: ReadonlyMap<string, number>
  newest: RecordHeader[]
  best: RecordHeader | undefined
  /** Somebody has a copy, be it one that nobody can read. */
  held: boolean
  heardOut: boolean
  isKnown (peer: string): boolean
  firstContact: number
  now: number
}

/**
 * Is it known what our stash is? (SPEC.md, "Settling".) The first answer is never taken for the newest: either so many of its holders
 * answered with a copy straight from us that a newer acknowledged one could not have escaped them, and no witness has seen one, all having had their
 * time to say so; or everybody within reach was asked and said so.
 */
export function settle (input: SettleInput): Decision {
  if (input.firstContact == null) {
    return { type: 'searching' }
  }

  const view = viewOf(input, input.firstContact)
  const [top] = view.newest

  if (top == null) {
    return view.heardOut && view.answered > 0 ? { type: 'empty', ...tally(view) } : waitingFor(view, SETTLE_TIMEOUT)
  }

  if (view.newest.every(({ kind }) => kind === 'tombstone')) {
    return deleted(view)
  }

  if (!view.held) {
    return lost(view)
  }

  if (view.newest.length > 1) {
    return view.heardOut ? doubtful(view, 'CONFLICT') : waitingFor(view, SETTLE_TIMEOUT)
  }

  if (!view.readable.has(top.id)) {
    const patience = patienceFor(view, top)

    return view.now >= view.firstContact + patience ? doubtful(view, 'ROLLBACK_SUSPECTED') : waitingFor(view, patience)
  }

  return found(view, top)
}

/** Milliseconds from first contact. A body that is on its way has the time that its length takes besides, counted from when it was first asked for. */
function patienceFor ({ coming, firstContact }: View, { id, bodyLength }: RecordHeader): number {
  const since = coming.get(id)

  return since == null ? ROLLBACK_TIMEOUT : Math.max(ROLLBACK_TIMEOUT, since - firstContact + bodyPatience(bodyLength))
}

/** How long a body that is on its way is waited for before it counts as withheld. Milliseconds. */
export function bodyPatience (bodyLength: number): number {
  return ROLLBACK_TIMEOUT + bodyLength / REQUEST_RATE * 1_000
}

function viewOf ({ answers, readable, coming, heard, now, isKnown }: SettleInput, firstContact: number): View {
  const seen = [...answers.flatMap(({ record }) => record ?? []), ...heard]
  const here = answers.filter(({ connected }) => connected)
  const holders = new Set(answers.flatMap(({ placement }) => placement?.holders ?? []))

  return {
    answers,
    readable,
    coming,
    newest: newestOf(seen),
    best: newestOf(seen.filter(({ id }) => readable.has(id)))[0],
    held: seen.some(({ id }) => readable.has(id)) || answers.some(({ record, status }) => record?.kind === 'data' && status === 'answered'),
    heardOut: here.every(({ status, late }) => status !== 'pending' || late === true) && now >= firstContact + SETTLE_TIMEOUT,
    isKnown: peer => holders.has(peer) || isKnown(peer),
    firstContact,
    now,
    answered: answers.filter(({ status }) => status === 'answered').length,
    of: answers.length
  }
}

/** The newest is readable. */
function found (view: View, top: RecordHeader): Decision {
  const placement = placementOf(top, view.answers)

  if (placement == null) {
    return waitingFor(view, SETTLE_TIMEOUT)
  }

  const vote = voteOn(view, top, placement)

  if (vote.until > view.now) {
    return waitingUntil(view, vote.until)
  }

  return vote.isEnough || view.heardOut
    ? { type: 'settled', best: top, placement, confirmed: vote.isEnough, mayBeDeleted: mayBeDeleted(view, top, vote.isEnough), ...tally(view) }
    : waitingFor(view, SETTLE_TIMEOUT)
}

/**
 * Everybody who showed it was away for longer than a tombstone may be kept. That so many holders agree shows that no acknowledged deletion escaped them;
 * a single one shows nothing.
 */
function mayBeDeleted ({ answers }: View, top: RecordHeader, isConfirmed: boolean): boolean {
  const shown = answers.filter(({ record }) => record?.id === top.id)

  return shown.every(answer => answer.mayBeDeleted === true) && (!isConfirmed || shown.length === 1)
}

/** The newest is a tombstone: it says all by itself, once nobody is likely to know of anything newer. Several that do not know of each other say the same. */
function deleted (view: View): Decision {
  const [top, ...beside] = view.newest.toSorted((a, b) => b.seq - a.seq) as [RecordHeader, ...RecordHeader[]]
  const placement = placementOf(top, view.answers)
  const vote = placement == null || beside.length > 0 ? undefined : voteOn(view, top, placement)

  if (vote != null && vote.until > view.now) {
    return waitingUntil(view, vote.until)
  }

  return vote?.isEnough === true || (view.heardOut && view.answered > 0)
    ? { type: 'empty', tombstone: top, ...(beside.length > 0 && { beside }), holders: named(view), ...tally(view) }
    : waitingFor(view, SETTLE_TIMEOUT)
}

/** The holders by every placement with which one of the newest came: each process that spreads a tombstone makes one of its own. */
function named ({ newest, answers }: View): string[] {
  const placements = answers.flatMap(({ record, placement }) => newest.some(({ id }) => id === record?.id) ? placement ?? [] : [])

  return [...new Set(placements.flatMap(({ holders }) => holders))]
}

/** There was a stash, and nobody who answered has anything of it. Silence says nothing. */
function lost (view: View): Decision {
  const isTime = view.heardOut && view.now >= view.firstContact + ROLLBACK_TIMEOUT

  return isTime && view.answered > 0 ? doubtful(view, 'LOST') : waitingFor(view, ROLLBACK_TIMEOUT)
}

interface Vote {
  /** So many holders vouch for it that nothing newer was acknowledged under its placement. */
  isEnough: boolean
  /** Until then somebody is waited for, though they are enough; -Infinity if nobody is. */
  until: number
}

/**
 * Enough votes say nothing while others may still speak, who may have seen a newer header: all who are here have their time. One vote alone is no proof
 * either while somebody may still answer with a copy, and a later placement.
 */
function voteOn (view: View, top: RecordHeader, placement: Placement): Vote {
  const { answers, answered } = view
  const votedAt = enoughSince(top, placement, answers)

  if (votedAt == null) {
    return { isEnough: false, until: -Infinity }
  }

  const silent = answers.filter(({ connected, witnessing, status }) => connected && (witnessing === true || (answered < 2 && status === 'pending')))

  return { isEnough: true, until: Math.max(-Infinity, ...silent.map(answer => waitedUntil(view, answer, votedAt))) }
}

/**
 * A known peer has the time of one question. A stranger has less, and none if it was met after the votes were there:
 * ever more strangers must not put off what is known. A question that is asked once more is not waited for.
 */
function waitedUntil ({ isKnown, firstContact }: View, { peer, askedAt = firstContact }: Answer, votedAt: number): number {
  if (isKnown(peer)) {
    return askedAt + ASK_TIMEOUT
  }

  return askedAt > votedAt ? -Infinity : askedAt + WITNESS_GRACE
}

function doubtful (view: View, reason: Extract<Decision, { type: 'doubtful' }>['reason']): Decision {
  return { type: 'doubtful', reason, best: view.best, newest: view.newest, ...tally(view) }
}

/** @param ms - from first contact */
function waitingFor (view: View, ms: number): Decision {
  return waitingUntil(view, view.firstContact + ms)
}

function waitingUntil (view: View, until: number): Decision {
  return { type: 'waiting', until: until > view.now ? until : undefined, found: view.newest.length > 0, ...tally(view) }
}

function tally ({ answered, of }: View): Tally {
  return { answered, of }
}

/** The highest version that came with this very record. */
export function placementOf (record: RecordHeader, answers: readonly Answer[]): Placement | undefined {
  return answers
    .filter(answer => answer.record?.id === record.id)
    .flatMap(({ placement }) => placement ?? [])
    .reduce<Placement | undefined>((best, placement) => best == null || placement.version > best.version ? placement : best, undefined)
}

/**
 * Of the placement's holders, enough answered with a direct copy that `best` supersedes or is: any minCopies of them that had
 * acknowledged something newer would include one of those. A holder that is empty, or was refilled by others, confirms nothing.
 *
 * @returns since when; undefined if they are too few
 */
function enoughSince (best: RecordHeader, { holders, minCopies }: Placement, answers: readonly Answer[]): number | undefined {
  const votes = answers.filter(({ peer, record, direct }) => direct === true && record != null && holders.includes(peer) && supersedesOrIs(best, record))

  return holders.length < minCopies ? undefined : votes.map(({ saidAt = Infinity }) => saidAt).toSorted((a, b) => a - b)[holders.length - minCopies]
}
