import { ANSWER_PATIENCE, AUDIT_GAP, OWNER_TAKEOVER, RANK_STEP, RECONCILE_INTERVAL, REPAIR_LEASE, REUNION, SPARE_COPIES, SURROGATE_DELAY, SURROGATE_DELAY_BELOW, SURROGATE_DELAY_DISK } from '../constants.ts'
import { distinctCopies } from './select.ts'
import { admitsSurrogate, pickSurrogate } from './surrogate.ts'
import type { SurrogateInput } from './surrogate.ts'
import type { Duties, DutyInput, HolderView, Shortage, Standing } from './duty-types.ts'
import type { Placement, Random } from '@nara-stash/protocol'

export type { Duties, DutyInput, HolderView, Shortage, Standing } from './duty-types.ts'

/** Policy: a pure function of its arguments. */

const IDLE: Duties = { challenge: [], offer: [], store: undefined, drop: false, reach: [], since: {}, wakeAt: undefined }

/**
 * What the holder of one record has to do for it (SPEC.md, "Repair by the holders"). Nothing while its owner is here and settled, or while a newer record is known. Otherwise
 * it audits the other holders, counts itself and those that proved their copy on their present connection and are not leaving, and makes good for what is
 * missing: after a delay, in the order of ranks, and first with a holder that came back without its copy. A surrogate that is one too many goes.
 */
export function duties (input: DutyInput, random: Random): Duties {
  if (input.isDraining || !input.isNewest) {
    return IDLE
  }

  if (input.owner.connected && input.owner.settled) {
    return leftToOwner(input)
  }

  const state = stateOf(input)
  // who does not know us answers no challenge: first it is told
  const audits = input.holders.filter(holder => mayChallenge(holder, input.now) && holder.auditAt <= input.now && !(holder.unmet && mayOffer(holder, input.now)))
  const trim = trimming(state)
  const repair = repairing(state, random)
  const lagging = input.mayRepair && input.leaseLeft >= REPAIR_LEASE ? input.holders.filter(holder => holder.lacks === 'older' && isKnown(holder, input.placement)) : []
  const untold = telling(state)

  return {
    challenge: peersOf([...audits, ...trim.again, ...repair.again]),
    offer: peersOf([...repair.refill, ...lagging.filter(holder => mayOffer(holder, input.now) && turnOf(holder, state) <= input.now), ...untold]),
    store: repair.store,
    drop: trim.drop,
    reach: state.since.short == null ? [] : [input.owner, ...input.holders].filter(({ connected }) => !connected).map(({ peer }) => peer),
    since: { ...state.since, ...(repair.waited == null ? {} : { waited: repair.waited }) },
    wakeAt: earliest(input.now, [
      ...input.holders.filter(({ connected, busy }) => connected && !busy).map(({ auditAt, notBefore }) => Math.max(auditAt, notBefore)),
      ...lagging.filter(({ busy }) => !busy).map(holder => Math.max(turnOf(holder, state), holder.offerAfter)),
      ...input.holders.filter(({ unmet, told, connected, busy }) => connected && (unmet || !told) && !busy).map(({ offerAfter }) => offerAfter),
      ...trim.wakeAt,
      ...repair.wakeAt
    ])
  }
}

/** It does it all by itself, given the time. One that comes and goes never gets to it: what has been missing since before its visit still is. */
function leftToOwner ({ now, since, settledSince = -Infinity }: DutyInput): Duties {
  const until = settledSince + OWNER_TAKEOVER

  return now < until && since.short != null ? { ...IDLE, since, wakeAt: until } : IDLE
}

/** True if `a` goes before `b`: the owner's own choice first, then by rank. */
export function precedes (a: Pick<HolderView, 'peer' | 'rank'>, b: Pick<HolderView, 'peer' | 'rank'>, { holders }: Pick<Placement, 'holders'>): boolean {
  const [aNamed, bNamed] = [holders.includes(a.peer), holders.includes(b.peer)]

  return aNamed === bNamed ? a.rank < b.rank : aNamed
}

interface State {
  input: DutyInput
  /** The other holders that count. */
  counted: HolderView[]
  /** Those of them that go before us. */
  better: HolderView[]
  places: number
  since: Shortage
}

function stateOf (input: DutyInput): State {
  const { placement: { target, minCopies }, now } = input
  const counted = input.holders.filter(holder => counts(holder))
  const places = distinctCopies([{}, ...counted])
  const short = places < target ? input.since.short ?? now : undefined
  const below = places < minCopies ? input.since.below ?? now : undefined
  const { waited } = input.since

  return {
    input,
    counted,
    better: counted.filter(holder => precedes(holder, { peer: input.self, rank: input.rank }, input.placement)),
    places,
    since: { ...(short == null ? {} : { short }), ...(below == null ? {} : { below }), ...(short == null || waited == null ? {} : { waited }) }
  }
}

/** It proved its copy on its present connection, has not failed since, and stays. */
export function counts ({ connected, provedAt, verdict, leavingSince }: Standing): boolean {
  return connected && provedAt != null && verdict !== 'failed' && leavingSince == null
}

interface Repair {
  again: HolderView[]
  refill: HolderView[]
  store: string | undefined
  /** It was our turn, and we wait for somebody. */
  waited?: number
  wakeAt: number[]
}

/** What to do about copies that are missing: one step at a time, each with a look at the state that the last one left. */
function repairing (state: State, random: Random): Repair {
  const { input: { now, mayRepair, leaseLeft, storing, holders } } = state
  const ours = turn(state)
  const { due } = ours
  const nothing: Repair = { again: [], refill: [], store: undefined, wakeAt: [] }

  if (!mayRepair || leaseLeft < REPAIR_LEASE || storing || due > now) {
    return { ...nothing, wakeAt: [due] }
  }

  const doubted = pending(state, ours)

  if (doubted.length > 0 || state.counted.some(({ busy }) => busy)) {
    return {
      ...nothing,
      ...(doubted.length === 0 ? {} : { waited: now }),
      wakeAt: doubted.flatMap(holder => [Math.max(holder.auditAt, holder.notBefore), ours.began + patience(holder, state), (holder.owesSince ?? now) + ANSWER_PATIENCE])
    }
  }

  // proofs that led here may be as old as the shortage
  const again = state.counted.filter(holder => !isFresh(holder, now) && mayChallenge(holder, now))

  if (again.length > 0) {
    return { ...nothing, again }
  }

  const empty = holders.filter(cameBackEmpty)
    .toSorted((a, b) => precedes(a, b, state.input.placement) ? -1 : 1)
  const refill = empty.filter(holder => mayOffer(holder, now)).slice(0, state.input.placement.target - state.places)

  if (refill.length > 0 || empty.some(({ busy }) => busy)) {
    return { ...nothing, refill }
  }

  const store = surrogateFor(state, random)
  const looks = store == null && state.input.placement.surrogates !== 'none' ? [now + RECONCILE_INTERVAL] : []

  // if nobody can take it, somebody may come, or have room
  return { ...nothing, store, wakeAt: [...looks, ...empty.map(({ offerAfter }) => offerAfter)] }
}

interface Turn {
  /** When it is our turn. */
  due: number
  /** When it was, but for those that we waited for. */
  began: number
  /** Somebody leaves, or has come back without its copy: there is nothing to wait for. */
  isHurried: boolean
}

/**
 * How long a copy may be missing while minCopies are here. Ours is on a disk, so it does not end with us: then those that are expected back with theirs are waited for. That
 * they say so is enough: a liar gets no more than that one of the copies that are here is not made yet.
 */
function delayOf ({ places, input: { onDisk, holders, placement: { target } } }: State): number {
  const expected = holders.filter(({ disk, connected, took = false }) => disk != null && !connected && took)

  return onDisk && places + expected.length >= target ? SURROGATE_DELAY_DISK : SURROGATE_DELAY
}

/** When it is our turn to make good for what is missing. */
function turn (state: State): Turn {
  const { since: { short, below = Infinity, waited = -Infinity }, input: { holders, reunitedAt = -Infinity } } = state

  if (short == null) {
    return { due: Infinity, began: Infinity, isHurried: false }
  }

  const gone = holders.flatMap(holder =>
    [holder.leftSince, cameBackEmpty(holder) ? holder.lacksSince : undefined].filter(since => since != null))
  const hurry = gone.length === 0 ? Infinity : Math.max(short, Math.min(...gone))

  const calm = Math.max(Math.min(short + delayOf(state), below + SURROGATE_DELAY_BELOW), reunitedAt + REUNION)
  const turn = Math.min(calm, hurry)
  const rank = state.better.length * RANK_STEP

  // all stop waiting for somebody at the same time: then, too, the first in rank goes first
  return { due: Math.max(turn, waited) + rank, began: turn + rank, isHurried: hurry < calm }
}

/** Who leaves is given the time to hand on its copy, and takes none; to who is new it may not show its own. */
function cameBackEmpty ({ connected, lacks, leavingSince }: HolderView): boolean {
  return connected && lacks === 'all' && leavingSince == null
}

/** Whoever lags is brought up at once by the first of us, by the others if it is not. */
function turnOf ({ lacksSince = 0 }: HolderView, { better }: State): number {
  return lacksSince + better.length * RANK_STEP
}

/**
 * Those who are here and are being asked, or may be asked soon: what they say may spare a copy. Who keeps silent or puts us off is not waited for long, however often it
 * comes anew; who is known is asked also when it comes late, as after a partition.
 */
function pending (state: State, { began, isHurried }: Turn): HolderView[] {
  const { input: { holders, now, placement } } = state

  return holders.filter(holder => {
    const { connected, provedAt, lacks, leavingSince, verdict, silent, owesSince = now, busy, auditAt, notBefore } = holder
    const isOurs = isKnown(holder, placement)
    const until = began + patience(holder, state)
    const isWaitedFor = now < until || (isOurs && now - owesSince < ANSWER_PATIENCE)
    const answersSoon = busy || Math.max(auditAt, notBefore) <= Math.max(now, until)
    const mayHaveIt = silent ? isOurs && !isHurried : provedAt == null && verdict !== 'failed'

    return connected && lacks == null && leavingSince == null && mayHaveIt && isWaitedFor && answersSoon
  })
}

function patience (holder: HolderView, { since: { below }, input: { placement } }: State): number {
  return isKnown(holder, placement) && (below == null || holder.putOff) ? ANSWER_PATIENCE : SURROGATE_DELAY_BELOW
}

/** By its owner's word or by a proof; what others say costs them nothing. */
function isKnown ({ peer, seen }: HolderView, { holders }: Pick<Placement, 'holders'>): boolean {
  return seen || holders.includes(peer)
}

function surrogateFor ({ input, counted }: State, random: Random): string | undefined {
  const { placement, holders, now, self, onDisk } = input
  // who shows an older record, and was never seen to hold one, is not brought up for that: it may be asked like anybody
  const known = new Set(holders.filter(holder => holder.lacks !== 'older' || isKnown(holder, placement)).map(({ peer }) => peer))
  const present: SurrogateInput['present'] = [
    { id: self, ...(onDisk ? { disk: 'seen' } : {}) },
    ...counted.map(({ peer, address, disk }) => ({ id: peer, ...(address == null ? {} : { address }), ...(disk == null ? {} : { disk }) }))
  ]
  const candidates = input.candidates().filter(({ id }) => !known.has(id) && admitsSurrogate(placement, id))

  return pickSurrogate({ now, target: placement.target, minCopies: placement.minCopies, present, candidates }, random)
}

/**
 * A surrogate is one too many if so many go before it that the target is met without it, and one more (or, on a disk, SPARE_COPIES): all of them have just proved it, and none leaves. Who was
 * chosen by the owner never goes by itself.
 */
function trimming ({ input, better }: State): { drop: boolean, again: HolderView[], wakeAt: number[] } {
  const { placement: { holders, target }, self, now, onDisk } = input
  const enough = target + (onDisk ? SPARE_COPIES : 1)

  if (holders.includes(self) || distinctCopies(better) < enough) {
    return { drop: false, again: [], wakeAt: [] }
  }

  const stale = better.filter(holder => !isFresh(holder, now))

  return {
    drop: distinctCopies(better.filter(holder => isFresh(holder, now))) >= enough,
    again: stale.filter(holder => mayChallenge(holder, now)),
    wakeAt: stale.filter(({ busy }) => !busy).map(({ notBefore }) => notBefore)
  }
}

/**
 * Who is to learn who holds the record: those who may not know of us; and those who count, if there are surrogates that they were not told of. They can only count,
 * and find that one is too many, whom they know. A copy does not move for that: they have it.
 */
function telling ({ input, counted }: State): HolderView[] {
  const { placement: { holders }, now, self } = input
  const hasSurrogates = [self, ...counted.map(({ peer }) => peer)].some(peer => !holders.includes(peer))
  const untold = hasSurrogates ? counted.filter(({ told }) => !told) : []

  return [...input.holders.filter(({ unmet }) => unmet), ...untold].filter(holder => mayOffer(holder, now))
}

function isFresh ({ provedAt = -Infinity }: HolderView, now: number): boolean {
  return now - provedAt < AUDIT_GAP
}

function mayChallenge ({ connected, busy, notBefore }: HolderView, now: number): boolean {
  return connected && !busy && notBefore <= now
}

function mayOffer ({ connected, busy, offerAfter }: HolderView, now: number): boolean {
  return connected && !busy && offerAfter <= now
}

function peersOf (holders: readonly HolderView[]): string[] {
  return [...new Set(holders.map(({ peer }) => peer))]
}

function earliest (now: number, times: readonly number[]): number | undefined {
  const next = Math.min(...times.filter(time => time > now))

  return Number.isFinite(next) ? next : undefined
}
