import { FAILED_AFTER, FAILED_AWAY } from '../constants.ts'
import { distinctCopies, select } from './select.ts'
import type { Candidate } from './select.ts'
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
  /** Since when it is away. */
  awaySince?: number
  /** Failed stores in a row. */
  failures: number
  /** It refused the current record for good: it has no room for it or does not want it. */
  refused: boolean
  /** A store to it is under way. */
  busy: boolean
  /** No store to it before this time. */
  notBefore: number
}

export interface PlanInput {
  now: number
  /** Id of the record to be kept. */
  record: string
  /** Id of the placement that goes with it, and the holders it names. */
  placement: { id: string, holders: readonly string[] } | undefined
  copies: readonly CopyView[]
  candidates: readonly Candidate[]
  pinned: readonly string[]
  target: number
  minCopies: number
  repairDelay: number
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
 * The owner's plan (SPEC.md, "Repair by the owner"). A confidant that is away is waited for, unless fewer than minCopies could be
 * kept without it. Who refused or failed is replaced at once. If nobody can take its place it stays: it may come back.
 */
export function plan (input: PlanInput, random: Random): Plan {
  const views = new Map(input.copies.map(copy => [copy.peer, copy]))
  const view = (peer: string): CopyView => views.get(peer) ?? unknown(peer)
  const before = [...new Set([...input.pinned, ...input.placement?.holders ?? []])].map(view)

  const well = before.filter(isWell)
  const belowMinimum = distinctCopies(well) < input.minCopies
  const dueAt = (copy: CopyView): number => isPinned(copy, input) ? Infinity : dueTime(copy, belowMinimum, input)
  const due = before.filter(copy => !isWell(copy) && dueAt(copy) <= input.now)
  const waitedFor = before.filter(copy => !isWell(copy) && dueAt(copy) > input.now)

  // a pinned confidant that is away keeps its place, but does not stand in the way of a helper
  const helped = waitedFor.filter(copy => isPinned(copy, input) && dueTime(copy, belowMinimum, input) <= input.now)
  const places = distinctCopies(well) + waitedFor.length - helped.length
  const picks = select(input.candidates, {
    count: Math.max(input.target - places, 0),
    present: before.map(({ peer, address }) => ({ id: peer, ...(address == null ? {} : { address }) })),
    now: input.now
  }, random)

  const spared = due.slice(0, Math.max(due.length - picks.length, 0))
  const holders = trim(before.filter(copy => !due.includes(copy) || spared.includes(copy)).map(({ peer }) => peer).concat(picks), view, input)

  return {
    holders,
    stores: holders.filter(peer => needsStore(view(peer), input)),
    wakeAt: earliest([
      ...waitedFor.map(copy => dueTime(copy, belowMinimum, input)),
      ...holders.map(view).filter(copy => copy.connected && copy.record !== input.record).map(({ notBefore }) => notBefore)
    ].filter(time => time > input.now))
  }
}

/** Here, and not failing. */
function isWell (copy: CopyView): boolean {
  return copy.connected && !copy.refused && copy.failures < FAILED_AFTER
}

function isPinned (copy: CopyView, { pinned }: PlanInput): boolean {
  return pinned.includes(copy.peer)
}

/** When an unwell confidant is replaced. */
function dueTime (copy: CopyView, belowMinimum: boolean, { repairDelay }: PlanInput): number {
  if (copy.refused || copy.failures >= FAILED_AFTER || belowMinimum) {
    return -Infinity
  }

  return (copy.awaySince ?? -Infinity) + Math.min(repairDelay, FAILED_AWAY)
}

/** With everyone back, helpers beyond the target go, the latest first; pinned confidants stay. */
function trim (holders: string[], view: (peer: string) => CopyView, input: PlanInput): string[] {
  const kept = [...holders]

  for (const peer of holders.toReversed()) {
    const rest = kept.filter(other => other !== peer).map(view).filter(copy => isWell(copy) && copy.record === input.record)

    if (kept.length > input.target && !input.pinned.includes(peer) && distinctCopies(rest) >= input.target) {
      kept.splice(kept.indexOf(peer), 1)
    }
  }

  return kept
}

function needsStore (copy: CopyView, { record, placement, now }: PlanInput): boolean {
  const upToDate = copy.record === record && copy.placement === placement?.id

  return copy.connected && !copy.busy && !upToDate && copy.notBefore <= now
}

function earliest (times: readonly number[]): number | undefined {
  const finite = times.filter(Number.isFinite)

  return finite.length === 0 ? undefined : Math.min(...finite)
}

function unknown (peer: string): CopyView {
  return { peer, connected: false, failures: 0, refused: false, busy: false, notBefore: 0 }
}
