import { underDigest, withDigest } from './digested.ts'
import { leaseLeft } from './held-stash.ts'
import type { HeldStash } from './held-stash.ts'
import type { Stamp } from './stash-store.ts'
import type { Clock } from '../clock.ts'

/** A scale that goes on where it stopped when the process before ended: how long this store's holder has been running. */
export interface RunningTime {
  /** Milliseconds of running time at `now`, of the clock's monotonic scale. */
  ranUntil (now: number): number
  /** The reverse; in the past of this process it may be below zero. Of what has no such time: the start of this process. */
  whenRan (ran: number | undefined): number
}

interface StoredStamp {
  revision: number
  /** Milliseconds of running time when it was written. */
  ran: number
  /** Milliseconds since 1970. */
  wall?: number
  /** Seconds left of their leases, by owner. */
  leases: Record<string, number>
}

/**
 * The running time of a store that outlives its process, told by the stamps that the store keeps. What was lost of the time since the
 * last stamp prolongs leases by as much.
 */
export class RunningClock implements RunningTime {
  private readonly clock: Pick<Clock, 'now'>
  private last: StoredStamp | undefined
  private base: { ran: number, now: number }

  constructor (clock: Pick<Clock, 'now'>) {
    this.clock = clock
    this.base = { ran: 0, now: clock.now() }
  }

  /** When the holder last knew the time of day, if it did: milliseconds since 1970. */
  get lastWall (): number | undefined {
    return this.last?.wall
  }

  /** Takes up the newest whole stamp of those that were kept. */
  load (kept: Iterable<Uint8Array>): void {
    this.last = undefined

    for (const bytes of kept) {
      const stamp = underDigest(bytes) as StoredStamp | undefined

      if (stamp != null && stamp.revision > (this.last?.revision ?? 0)) {
        this.last = stamp
      }
    }

    this.base = { ran: this.last?.ran ?? 0, now: this.clock.now() }
  }

  ranUntil (now: number): number {
    return Math.round(this.base.ran + now - this.base.now)
  }

  whenRan (ran: number = this.base.ran): number {
    // what was written after the last stamp shows that it had been running for longer
    this.base.ran = Math.max(this.base.ran, ran)

    return this.base.now - (this.base.ran - ran)
  }

  /** With what the last stamp says of its lease, which may have been renewed since the entry was written, unless the entry is of later. */
  withLease (stash: HeldStash): HeldStash {
    const { last } = this
    const { owner } = stash.record

    if (last == null || !Object.hasOwn(last.leases, owner)) {
      return stash
    }

    const stamped = { leaseRemaining: last.leases[owner] as number, leaseNotedAt: this.whenRan(last.ran) }
    const now = this.clock.now()

    return stash.leaseNotedAt > stamped.leaseNotedAt || leaseLeft(stash, now) >= leaseLeft(stamped, now)
      ? stash
      : { ...stash, ...stamped }
  }

  /**
   * Has a stamp kept by `keep`, under the next revision, in place of the last one.
   *
   * @throws what `keep` throws; the last one counts then
   */
  async stamp ({ wallTime, leases }: Stamp, keep: (bytes: Uint8Array, revision: number) => Promise<unknown>): Promise<void> {
    const stamp: StoredStamp = {
      revision: (this.last?.revision ?? 0) + 1,
      ran: this.ranUntil(this.clock.now()),
      ...(wallTime == null ? {} : { wall: wallTime }),
      leases: Object.fromEntries(leases)
    }
    await keep(withDigest(stamp), stamp.revision)
    this.last = stamp
  }
}
