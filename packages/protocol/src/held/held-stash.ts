import { TOMBSTONE_LIFE } from '../constants.ts'
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
  /** The remote address whose share of the slots it takes: the one that first brought a copy. None if that was exempt. */
  readonly address?: string
  /** Seconds of the owner's promise that were left at `leaseNotedAt`; of a tombstone, for which it is to be kept. */
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
   * When the owner or a co-holder last brought it or answered for it, on the clock's monotonic scale; no earlier than this process. That
   * they are merely connected is no answer.
   */
  readonly lastWordAt: number
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

/** The stash that an arrival becomes in place of `before`. `address` is whose share of the slots it takes. */
export function stashOf (arrival: Arrival, address: string | undefined, before: HeldStash | undefined, at: Moment): HeldStash {
  return {
    record: arrival.record,
    placement: arrival.placement,
    direct: arrival.direct,
    storedAt: at.wallTime,
    ...(address == null ? {} : { address }),
    leaseRemaining: leaseAfter(arrival, before, arrival.placement, at.now),
    leaseNotedAt: at.now,
    liveHolders: [...arrival.liveHolders],
    restored: false,
    lastWordAt: at.now,
    heldSince: before?.heldSince ?? at.now
  }
}

/**
 * The tombstone that an arrival becomes in place of `before`. It is kept for 14 days of running time if the owner brings it, or if it ends a copy
 * held here; else for what is left of them to whom brought it, so that no two holders keep one alive for each other.
 */
export function tombstoneOf (arrival: Arrival, before: HeldStash | undefined, at: Moment): HeldStash {
  const { record, placement, direct, leaseRemaining } = arrival
  const ends = before?.record.kind === 'data'

  return {
    record,
    placement,
    direct,
    storedAt: at.wallTime,
    leaseRemaining: direct || ends ? TOMBSTONE_LIFE : Math.min(leaseRemaining, TOMBSTONE_LIFE),
    leaseNotedAt: at.now,
    liveHolders: [],
    restored: false,
    lastWordAt: at.now,
    ...(before?.heldSince == null ? {} : { heldSince: before.heldSince })
  }
}

/**
 * What a stash, or a tombstone, becomes when its very record arrives once more: a placement of higher version is taken, and what once
 * came from the owner stays direct.
 */
export function refreshed (stash: HeldStash, arrival: Arrival, now: number): HeldStash {
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
    // only the owner prolongs its promise: among themselves holders could keep one alive for ever
    leaseRemaining: arrival.direct ? leaseAfter(arrival, stash, placement, now) : Math.min(leaseLeft(stash, now), placement.leaseSeconds),
    leaseNotedAt: now,
    liveHolders: [...arrival.liveHolders],
    restored: false,
    lastWordAt: now
  }
}

/** The owner is in touch: its promise counts from `now`. */
export function renewed (stash: HeldStash, now: number): HeldStash {
  return { ...stash, leaseRemaining: stash.placement.leaseSeconds, leaseNotedAt: now }
}

/** The lease did not run for the last `milliseconds`. */
export function paused (stash: HeldStash, milliseconds: number, now: number): HeldStash {
  return { ...stash, leaseNotedAt: Math.min(now, stash.leaseNotedAt + milliseconds) }
}

/** The owner's word decides; a surrogate can pass on its knowledge of a longer promise with a record that is new here, but not cut one short. */
function leaseAfter (arrival: Arrival, before: HeldStash | undefined, placement: Placement, now: number): number {
  const known = arrival.direct || before == null ? 0 : leaseLeft(before, now)

  return Math.min(Math.max(arrival.leaseRemaining, known), placement.leaseSeconds)
}
