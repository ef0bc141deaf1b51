import { MAX_HOLDERS, MIN_LEASE } from '@nara-stash/protocol'
import { FAILED_AFTER, FAILED_AWAY, RENEW_SHARE, REUNION, SURROGATE_CHOICE } from '../constants.ts'
import { distinctCopies, onDisks, onSeenDisks, select } from './select.ts'
import type { AuditState } from './audit.ts'
import type { Candidate, Counting, Disk } from './select.ts'
import type { Random } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/** What the owner knows of one confidant. Times are on the clock's monotonic scale. */
export interface CopyView {
  peer: string
  connected: boolean
  address?: string
  /** Id of the record it acknowledged last on this connection, and of the placement it acknowledged it with. */
  record?: string
  placement?: string
  /** When it answered a STORE of that last: from then on its promise runs. */
  promisedAt?: number
  /** Milliseconds after which that promise is renewed, if it is not for as long as was asked. */
  renewAfter?: number
  /** Since when it is away. */
  awaySince?: number
  disk?: Disk
  /** It went with the record: if that is on its disk, it brings it back. */
  took?: boolean
  /** Failed stores in a row. */
  failures: number
  /** What its challenges showed; undefined before it was promised one. */
  audit?: AuditState
  /** It said that it lets go of its copy: it leaves, or its lease ran out. */
  leaving?: boolean
  /** It refused the current record for good: it has no room for it or does not want it. */
  refused: boolean
  /** A store to it is under way. */
  busy: boolean
  /** No store to it before this time. */
  notBefore: number
}

export interface PlanInput extends Counting {
  now: number
  /** Id of the record to be kept. */
  record: string
  /** minCopies acknowledged it under one placement: from then on a change of holders costs no body. */
  isAcknowledged?: boolean
  /** Id of the placement that goes with it, and the holders it names. */
  placement: { id: string, holders: readonly string[] } | undefined
  copies: readonly CopyView[]
  candidates: readonly Candidate[]
  pinned: readonly string[]
  target: number
  minCopies: number
  repairDelay: number
  /** The same of a confidant that went with its copy on a disk. */
  diskRepairDelay: number
  /** When we had a connection again after having lost all: who is away since has had little time to be back. */
  reunitedAt?: number
  /** A promise this old is renewed, in milliseconds; never if left out. */
  renewAfter?: number
}

export interface Plan {
  /** Who shall hold. If it differs from the placement, a new placement is due. */
  holders: string[]
  /** Whom to send the record to at once (if the holders stay as they are). */
  stores: string[]
  /** When to look again, if nothing happens before. */
  wakeAt: number | undefined
}

/**
 * The owner's plan (SPEC.md, "Repair by the owner"). A confidant that is away is waited for, unless
 * fewer than minCopies could be kept without it, or somebody who has a copy already can take its
 * place. One that refused, failed, lost its copy or says that it leaves is replaced at once. If nobody
 * can take its place it stays: it may come back. One that went with its copy on a disk stays for a
 * while beside those who help out.
 *
 * Never more than MAX_HOLDERS holders. The pinned come first, in the order in which they are named; a helper has to fit beside them.
 */
export function plan (input: PlanInput, random: Random): Plan {
  const views = new Map(input.copies.map(copy => [copy.peer, copy]))
  const view = (peer: string): CopyView => views.get(peer) ?? unknown(peer)
  const before = [...new Set([...input.pinned, ...input.placement?.holders ?? []])].map(view)
  const well = before.filter(isWell)
  const places = distinctCopies(well, input)
  const belowMinimum = places < input.minCopies
  // nearly always nobody has to come or go
  const isWhole = well.length === before.length && before.length === input.target && places === input.target && disksWanted(before, input).seen === 0
  const holders = isWhole ? before.map(({ peer }) => peer) : holdersNow({ before, well, view, belowMinimum }, input, random)

  const due = holders.filter(peer => storeTime(view(peer), input) <= input.now)
  const untried = untriedUntil(holders.map(view), input)

  return {
    holders,
    stores: untried > input.now ? due.filter(peer => view(peer).record !== input.record) : due,
    wakeAt: earliest([
      ...before.filter(copy => !isWell(copy)).flatMap(copy => [dueTime(copy, belowMinimum, input), keptPlaceUntil(copy, input)]),
      ...holders.map(peer => storeTime(view(peer), input)),
      untried
    ].filter(time => time > input.now))
  }
}

interface Standing {
  before: readonly CopyView[]
  /** Those of them who are. */
  well: readonly CopyView[]
  view (peer: string): CopyView
  belowMinimum: boolean
}

/** Who shall hold, given who shall so far. */
function holdersNow ({ before, well, view, belowMinimum }: Standing, input: PlanInput, random: Random): string[] {
  const overdue = before.filter(copy => !isWell(copy) && dueTime(copy, belowMinimum, input) <= input.now)
  const away = before.filter(copy => !isWell(copy) && !overdue.includes(copy))
  const replacing = standIns(before, well, reunionOf(input) > input.now ? 0 : away.length, input, random)
  const relieved = away.slice(0, replacing.length)

  // a pinned confidant that is away keeps its place, but does not stand in the way of a helper
  const counting = [...before.filter(copy => !overdue.includes(copy) && !relieved.includes(copy)).map(place), ...replacing]
  const going = overdue.filter(copy => !isPinned(copy, input) && keptPlaceUntil(copy, input) <= input.now)
  const picks = helpers(before, counting, input, random).slice(0, going.length < overdue.length ? helpersBeside(well, input) : Infinity)
  const gone = [...relieved.filter(copy => !isPinned(copy, input)), ...going.slice(Math.max(going.length - picks.length, 0))]
  const staying = before.filter(copy => !gone.includes(copy)).map(({ peer }) => peer)

  return fit([...trim([...staying, ...replacing.map(({ id }) => id)], view, input), ...picks], view, input)
}

type Place = Pick<Candidate, 'id' | 'address' | 'disk'>

/**
 * So many may come at a time where those whose places they take stay beside them. With no more than minCopies that have nothing yet, those who
 * stayed and a single one of the newcomers are enough to confirm the placement (SPEC.md, "Settling"), should we go now.
 */
function helpersBeside (well: readonly CopyView[], { record, minCopies, isAcknowledged = false }: PlanInput): number {
  return isAcknowledged ? Math.max(minCopies - well.filter(copy => copy.record !== record).length, 0) : Infinity
}

/** Peers beside the holders that have the record, each at a place that has no copy yet: they take the places of those who are away, at no cost. */
function standIns (before: readonly CopyView[], well: readonly CopyView[], most: number, input: PlanInput, random: Random): Place[] {
  const beside = most > 0 && input.isAcknowledged === true
    ? input.candidates.filter(candidate => candidate.holds === true && !before.some(({ peer }) => peer === candidate.id))
    : []
  const taken = well.map(place)
  const found: Place[] = []

  for (let places = distinctCopies(taken, input); places < input.target && found.length < most; places = distinctCopies(taken, input)) {
    const useful = beside.filter(candidate => distinctCopies([...taken, candidate], input) > places && !found.includes(candidate))
    const [pick] = select(useful, { count: 1, present: taken, now: input.now, onDisk: input.minCopies }, random)
    const candidate = useful.find(({ id }) => id === pick)

    if (candidate == null) {
      break
    }

    found.push(candidate)
    taken.push(candidate)
  }

  return found
}

function place ({ peer, address, disk }: CopyView): Place {
  return { id: peer, ...(address == null ? {} : { address }), ...(disk == null ? {} : { disk }) }
}

/**
 * Who shall help out, given those who count. One copy per address counts, so with the target's number of holders there only a
 * place that has no copy yet is worth another: however many peers one host has, they are not collected. The first holders are left to chance, as they are to be
 * spread; who takes another's place later is the longest-running of a few.
 */
function helpers (before: readonly CopyView[], counting: readonly Place[], input: PlanInput, random: Random): string[] {
  const known = new Set([...before.map(({ peer }) => peer), ...counting.map(({ id }) => id)])
  const taken = [...counting]
  const picks: string[] = []

  for (let places = distinctCopies(taken, input); places < input.target; places = distinctCopies(taken, input)) {
    const useful = input.candidates.filter(candidate =>
      !known.has(candidate.id) && !picks.includes(candidate.id) && (taken.length < input.target || distinctCopies([...taken, candidate], input) > places))
    const [pick] = select(useful, { count: 1, present: taken, now: input.now, onDisk: input.minCopies, among: input.placement == null ? 1 : SURROGATE_CHOICE }, random)

    if (pick == null) {
      break
    }

    picks.push(pick)
    taken.push(...useful.filter(({ id }) => id === pick))
  }

  return [...picks, ...disks([...known, ...picks], taken, before, input, random)]
}

/** In place of holders in RAM, or on disks that were not seen, once they are to spare: a night in which everybody is off would end all copies. */
function disks (known: readonly string[], taken: readonly Place[], before: readonly CopyView[], input: PlanInput, random: Random): string[] {
  const isSettled = taken.length >= input.target && before.every(isWell)
  const wanted = isSettled ? disksWanted(before, input) : { seen: 0, any: 0 }
  const choose = (disk: Disk, count: number): string[] => {
    const useful = count <= 0 ? [] : input.candidates.filter(candidate => candidate.disk === disk && !known.includes(candidate.id))

    return select(useful, { count, present: taken, now: input.now, onDisk: input.minCopies, among: SURROGATE_CHOICE }, random)
  }
  const seen = choose('seen', wanted.seen)

  return [...seen, ...choose('said', wanted.any - seen.length)]
}

/** How many holders are to make room for others. */
interface DisksWanted {
  /** For those on disks that were seen. */
  seen: number
  /** For those that say that they are on disks, too: none that says so makes room for another that does. */
  any: number
}

/** Which costs bodies: not before the record is acknowledged, and nobody who is pinned. */
function disksWanted (before: readonly CopyView[], input: PlanInput): DisksWanted {
  const free = input.isAcknowledged === true ? before.filter(copy => !isPinned(copy, input)) : []
  const missing = (count: number): number => Math.max(input.minCopies - count, 0)

  return {
    seen: Math.min(missing(onSeenDisks(before)), free.length - onSeenDisks(free)),
    any: Math.min(missing(onDisks(before)), free.length - onDisks(free))
  }
}

/** Here, and not failing. */
function isWell (copy: CopyView): boolean {
  return copy.connected && !hasFailed(copy)
}

/** Nothing is to be had of it, whether it is here or not. */
function hasFailed ({ refused, failures, audit, leaving = false }: CopyView): boolean {
  return refused || leaving || failures >= FAILED_AFTER || audit?.verdict === 'failed'
}

function isPinned (copy: CopyView, { pinned }: PlanInput): boolean {
  return pinned.includes(copy.peer)
}

/** When somebody else is to have a copy in place of an unwell confidant. */
function dueTime (copy: CopyView, belowMinimum: boolean, input: PlanInput): number {
  if (hasFailed(copy)) {
    return -Infinity
  }

  const { awaySince = -Infinity } = copy
  const delay = isExpected(copy, input) ? input.diskRepairDelay : Math.min(input.repairDelay, FAILED_AWAY)

  return Math.max(belowMinimum ? -Infinity : awaySince + delay, reunionOf(input))
}

/**
 * Until when an unwell confidant stays a holder beside who takes its place. One that brings back its
 * copy is of use to a later process of ours, which recovers by what the holders of the placement
 * show. That it says so costs it nothing, and gains it nothing: it does not count.
 */
function keptPlaceUntil (copy: CopyView, input: PlanInput): number {
  return hasFailed(copy) || !isExpected(copy, input) ? -Infinity : (copy.awaySince ?? -Infinity) + input.diskRepairDelay
}

/** It went with what is acknowledged on its disk. */
function isExpected ({ disk, took = false }: CopyView, { isAcknowledged = false }: PlanInput): boolean {
  return disk != null && took && isAcknowledged
}

/**
 * Until when those who are away are given the time to be connected again, since it was we who were away. What nobody has acknowledged does not wait: its body has to be brought to
 * somebody anyway.
 */
function reunionOf ({ reunitedAt = -Infinity, isAcknowledged = true }: PlanInput): number {
  return isAcknowledged ? reunitedAt + REUNION : -Infinity
}

/**
 * With enough of them well, those beyond the target go, those in RAM first, those on seen disks last,
 * of equals the latest; pinned confidants stay. The others must hold what is to be kept, in enough
 * places, or in as many as with the one that goes.
 */
function trim (holders: readonly string[], view: (peer: string) => CopyView, input: PlanInput): string[] {
  const kept = [...holders]
  const order = holders.toReversed().toSorted((a, b) => rankOfDisk(view(a)) - rankOfDisk(view(b)))

  for (const peer of order) {
    const others = kept.filter(other => other !== peer).map(view)
    const rest = others.filter(copy => isWell(copy) && copy.record === input.record)
    const places = Math.min(input.target, distinctCopies([...rest, view(peer)], input))
    const { disk } = view(peer)
    const isWanted = disk != null && disksWanted(others, input)[disk === 'seen' ? 'seen' : 'any'] > 0

    if (kept.length > input.target && !input.pinned.includes(peer) && !isWanted && rest.length >= input.target && distinctCopies(rest, input) >= places) {
      kept.splice(kept.indexOf(peer), 1)
    }
  }

  return kept
}

function rankOfDisk ({ disk }: CopyView): number {
  return disk == null ? 0 : disk === 'said' ? 1 : 2
}

/**
 * A placement names only so many. Pinned ones have the first right, then those who hold, then those
 * who are well, or have the time to be back; of equals the latest go. As long as they have that
 * time, a helper is one of the latest, whatever it holds.
 */
function fit (holders: readonly string[], view: (peer: string) => CopyView, input: PlanInput): string[] {
  const mayBeBack = reunionOf(input) > input.now
  const rank = (peer: string): number => {
    const copy = view(peer)
    const mayGoBefore = !mayBeBack || input.placement?.holders.includes(peer) === true

    return input.pinned.includes(peer) ? 0 : isWell(copy) && copy.record === input.record && mayGoBefore ? 1 : isWell(copy) || (mayBeBack && !hasFailed(copy)) ? 2 : 3
  }
  const kept = new Set(holders.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_HOLDERS))

  return holders.filter(peer => kept.has(peer))
}

/**
 * Until when those who have an acknowledged record are not told of a placement that nobody has yet: as long as newcomers are to bring it what
 * makes it a good one, or went a moment ago without the copy. Should we go now, a later process of ours would count on holders that have nothing.
 */
function untriedUntil (holders: readonly CopyView[], { record, placement, isAcknowledged = false, repairDelay }: PlanInput): number {
  const isTaken = holders.some(copy => copy.record === record && copy.placement === placement?.id)
  const newcomers = isAcknowledged && !isTaken ? holders.filter(copy => copy.record !== record && copy.took !== true && !hasFailed(copy)) : []

  return Math.max(-Infinity, ...newcomers.map(({ connected, awaySince = -Infinity }) => connected ? Infinity : awaySince + Math.min(repairDelay, FAILED_AWAY)))
}

/**
 * When a holder that is here is to be sent the record: as soon as it may be while it is without it or this placement, and when its promise is to be renewed, as only the
 * owner's STORE does (SPEC.md, "Holding"). What is under way says when it has ended.
 */
function storeTime (copy: CopyView, { record, placement, renewAfter = Infinity }: PlanInput): number {
  if (!copy.connected || copy.busy || copy.leaving === true) {
    return Infinity
  }

  const upToDate = copy.record === record && copy.placement === placement?.id
  const renewal = (copy.promisedAt ?? -Number.MAX_VALUE) + (copy.renewAfter ?? renewAfter)

  return upToDate ? Math.max(renewal, copy.notBefore) : copy.notBefore
}

/**
 * Milliseconds after which a promise of so many seconds is renewed: long before it is over, and never so often that whoever promises little is asked without
 * end.
 */
export function renewAfter (seconds: number): number {
  return Math.max(seconds, MIN_LEASE) * 1_000 * RENEW_SHARE
}

function earliest (times: readonly number[]): number | undefined {
  const finite = times.filter(Number.isFinite)

  return finite.length === 0 ? undefined : Math.min(...finite)
}

function unknown (peer: string): CopyView {
  return { peer, connected: false, failures: 0, refused: false, busy: false, notBefore: 0 }
}
