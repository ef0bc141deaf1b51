import { MAX_LEASE, TOMBSTONE_LIFE } from '../constants.ts'
import type { RecordHeader } from '../record/header.ts'
import type { Placement } from '../record/placement.ts'

const second = 1_000

/** What is known of a stash held for its owner, or of a tombstone kept. The body stays in the store. */
export interface HeldStash {
  readonly record: RecordHeader
  readonly placement: Placement
  /** The copy came from its owner itself, not from a surrogate, and was never lost since. */
  readonly direct: boolean
  /** When this record was stored: milliseconds since 1970 by the machine's own belief, a label for people. */
  readonly storedAt: number
  /** The remote address whose share it takes, of the slots or of the places for tombstones: the one that first brought a copy. None if that was exempt. */
  readonly address?: string
  /** Seconds for which the copy is promised from each contact with its owner on; of a tombstone, for which it was to be kept. */
  readonly leasePromised: number
  /** Seconds of that which were left at `leaseNotedAt`. */
  readonly leaseRemaining: number
  /** When `leaseRemaining` was noted, on the clock's monotonic scale. */
  readonly leaseNotedAt: number
  /** Base58 peer ids of holders that whoever brought it knew to be alive: a hint. */
  readonly liveHolders: readonly string[]
  /**
   * True if this nara was away, or restarted from a datastore, and neither the owner nor a co-holder has answered since: it
   * serves the copy but has no say in who else should have one (SPEC.md, "Coming back").
   */
  readonly restored: boolean
  /**
   * When the owner or a co-holder last brought it or answered for it, on the clock's monotonic scale; -Infinity if that was an earlier
   * process. That they are merely connected is no answer.
   */
  readonly lastWordAt: number
  /**
   * True if this nara was away for longer than a tombstone may be kept, and has had no word since of anybody who would know of one. It
   * serves the copy, and says so (SPEC.md, "Coming back").
   */
  readonly mayBeDeleted: boolean
  /**
   * Since when a copy of this owner's has been here without a break, on the clock's monotonic scale. Of a tombstone: since
   * when the copy was here that it ended; absent if it met none.
   */
  readonly heldSince?: number
}

/** A verified header and placement of one owner, on their way in. */
export interface Arrival {
  record: RecordHeader
  placement: Placement
  /** The owner itself brings it. */
  direct: boolean
  /** The remote host (an IP address), if the transport has one. */
  address?: string
  /** From loopback or an allow-listed peer: no quota per address. */
  exempt: boolean
  /** Seconds left of the owner's promise. */
  leaseRemaining: number
  liveHolders: readonly string[]
  /** The copy of whoever brings it may have been deleted. */
  mayBeDeleted?: boolean
}

export interface Moment {
  /** Milliseconds, monotonic. */
  now: number
  /** Milliseconds since 1970. */
  wallTime: number
}

/** Seconds left of the owner's promise at `now`, on the clock's monotonic scale. */
export function leaseLeft (stash: Pick<HeldStash, 'leaseRemaining' | 'leaseNotedAt'>, now: number): number {
  return Math.max(0, stash.leaseRemaining - Math.floor((now - stash.leaseNotedAt) / second))
}

export interface Becoming {
  /** Whose share of the slots it takes. */
  address?: string | undefined
  /** What was held or kept of its owner. */
  before: HeldStash | undefined
  at: Moment
  /** Seconds that are promised at most. */
  maxLeaseSeconds: number
}

/** The stash that an arrival becomes. */
export function stashOf (arrival: Arrival, { address, before, at, maxLeaseSeconds }: Becoming): HeldStash {
  return {
    record: arrival.record,
    placement: arrival.placement,
    direct: arrival.direct,
    storedAt: at.wallTime,
    ...(address == null ? {} : { address }),
    leasePromised: Math.min(arrival.placement.leaseSeconds, maxLeaseSeconds),
    leaseRemaining: leaseAfter(arrival, before, arrival.placement, at.now, maxLeaseSeconds),
    leaseNotedAt: at.now,
    liveHolders: [...arrival.liveHolders],
    restored: false,
    lastWordAt: at.now,
    mayBeDeleted: !arrival.direct && arrival.mayBeDeleted === true,
    heldSince: before?.heldSince ?? at.now
  }
}

/**
 * The tombstone that an arrival becomes. If it ends a copy here, it outlives the longest promise that it may have ended, here or elsewhere, by
 * TOMBSTONE_LIFE. One that ends none is kept for
 * TOMBSTONE_LIFE alone, whatever its placement says, for anybody may invent an owner; brought by another holder, for no longer than is left to
 * that, so that no two keep one alive for each other. One that takes another's place is kept for no less than that had left.
 */
export function tombstoneOf (arrival: Arrival, { before, at }: Pick<Becoming, 'before' | 'at'>): HeldStash {
  const { record, placement, direct, leaseRemaining, exempt, address } = arrival
  const ends = before?.record.kind === 'data'
  const left = before == null || ends ? 0 : leaseLeft(before, at.now)
  const kept = ends
    ? Math.min(Math.max(placement.leaseSeconds, before.placement.leaseSeconds), MAX_LEASE) + TOMBSTONE_LIFE
    : Math.max(Math.min(direct ? Infinity : leaseRemaining, TOMBSTONE_LIFE), left)
  const share = before == null ? (exempt ? undefined : address) : before.address

  return {
    record,
    placement,
    direct,
    storedAt: at.wallTime,
    ...(share == null ? {} : { address: share }),
    leasePromised: kept,
    leaseRemaining: kept,
    leaseNotedAt: at.now,
    liveHolders: [],
    restored: false,
    lastWordAt: at.now,
    mayBeDeleted: false,
    ...(before?.heldSince == null ? {} : { heldSince: before.heldSince })
  }
}

/**
 * What a stash, or a tombstone, becomes when its very record arrives once more: a placement of higher version is taken, and what once
 * came from the owner stays direct.
 */
export function refreshed (stash: HeldStash, arrival: Arrival, now: number, maxLeaseSeconds: number = MAX_LEASE): HeldStash {
  const placement = arrival.placement.version > stash.placement.version ? arrival.placement : stash.placement
  const direct = stash.direct || arrival.direct

  if (stash.record.kind === 'tombstone') {
    // its days are counted from the first word
    return { ...stash, placement, direct }
  }

  return {
    ...stash,
    placement,
    direct,
    leasePromised: Math.min(placement.leaseSeconds, maxLeaseSeconds),
    // only the owner prolongs its promise: among themselves holders could keep one alive for ever
    leaseRemaining: arrival.direct ? leaseAfter(arrival, stash, placement, now, maxLeaseSeconds) : Math.min(leaseLeft(stash, now), placement.leaseSeconds),
    leaseNotedAt: now,
    liveHolders: [...arrival.liveHolders],
    restored: false,
    lastWordAt: now,
    mayBeDeleted: stash.mayBeDeleted && !arrival.direct
  }
}

/** The owner is in touch: its promise counts from `now`. */
export function renewed (stash: HeldStash, now: number): HeldStash {
  return { ...stash, leaseRemaining: Math.max(stash.leasePromised, leaseLeft(stash, now)), leaseNotedAt: now }
}

/** The lease did not run for the last `milliseconds`. */
export function paused (stash: HeldStash, milliseconds: number, now: number): HeldStash {
  return { ...stash, leaseNotedAt: Math.min(now, stash.leaseNotedAt + milliseconds) }
}

/**
 * The owner's word decides, as far as this nara promises at all; a surrogate can pass on its knowledge of a longer promise with a record that is
 * new here, but not cut one short. What is promised already stands, though less would be promised today.
 */
function leaseAfter (arrival: Arrival, before: HeldStash | undefined, placement: Placement, now: number, maxLeaseSeconds: number): number {
  const running = before == null ? 0 : leaseLeft(before, now)

  return arrival.direct
    ? Math.min(arrival.leaseRemaining, placement.leaseSeconds, Math.max(maxLeaseSeconds, running))
    : Math.min(Math.max(Math.min(arrival.leaseRemaining, maxLeaseSeconds), running), placement.leaseSeconds)
}
