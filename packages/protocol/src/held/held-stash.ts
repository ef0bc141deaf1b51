import type { RecordHeader } from '../record/header.ts'
import type { Placement } from '../record/placement.ts'

const second = 1_000

/** What is known of a stash held for its owner. The body stays in the store. */
export interface HeldStash {
  readonly record: RecordHeader
  readonly placement: Placement
  /** The copy came from its owner itself, not from a surrogate, and was never lost since. */
  readonly direct: boolean
  /** When this record was stored: milliseconds since 1970 by the machine's own belief, a label for people. */
  readonly storedAt: number
  /** The remote address whose share of the slots it takes: the one that first brought a copy. None if that was exempt. */
  readonly address?: string
  /** Seconds of the owner's promise that were left at `leaseNotedAt`. */
  readonly leaseRemaining: number
  /** When `leaseRemaining` was noted, on the clock's monotonic scale. */
  readonly leaseNotedAt: number
  /** Base58 peer ids of holders that whoever brought it knew to be alive: a hint. */
  readonly liveHolders: readonly string[]
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
    liveHolders: [...arrival.liveHolders]
  }
}

/**
 * What a stash becomes when its very record arrives once more: a placement of higher version is taken, and what once came
 * from the owner stays direct.
 */
export function refreshed (stash: HeldStash, arrival: Arrival, now: number): HeldStash {
  const placement = arrival.placement.version > stash.placement.version ? arrival.placement : stash.placement

  return {
    ...stash,
    placement,
    direct: stash.direct || arrival.direct,
    leaseRemaining: leaseAfter(arrival, stash, placement, now),
    leaseNotedAt: now,
    liveHolders: [...arrival.liveHolders]
  }
}

/** The owner's word decides; a surrogate can pass on its knowledge of a longer promise, but not cut one short. */
function leaseAfter (arrival: Arrival, before: HeldStash | undefined, placement: Placement, now: number): number {
  const known = arrival.direct || before == null ? 0 : leaseLeft(before, now)

  return Math.min(Math.max(arrival.leaseRemaining, known), placement.leaseSeconds)
}
