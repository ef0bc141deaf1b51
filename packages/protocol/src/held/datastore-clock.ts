import { underDigest, withDigest } from './digested.ts'
import type { DatastoreKeys } from './datastore-keys.ts'
import type { StashDatastore } from './datastore-store.ts'
import type { Stamp } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A scale that goes on where it stopped when the process before ended: how long this datastore's holder has been running. */
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
 * The running time of a datastore, kept by stamps. They are written to two places in turn, so whatever a crash leaves of one, the one
 * before is whole, and a disk that deletes nothing does not fill. What was lost of the time since the last stamp prolongs leases by as
 * much.
 */
export class DatastoreClock implements RunningTime {
  private readonly datastore: StashDatastore
  private readonly keys: DatastoreKeys
  private readonly clock: Clock
  private last: StoredStamp | undefined
  private base: { ran: number, now: number }

  constructor (datastore: StashDatastore, keys: DatastoreKeys, clock: Clock) {
    this.datastore = datastore
    this.keys = keys
    this.clock = clock
    this.base = { ran: 0, now: clock.now() }
  }

  /** When the holder last knew the time of day, if it did: milliseconds since 1970. */
  get lastWall (): number | undefined {
    return this.last?.wall
  }

  /** Reads the last whole stamp. */
  async load (options?: AbortOptions): Promise<void> {
    this.last = undefined

    for await (const { value } of this.datastore.query({ prefix: this.keys.stamps }, options)) {
      const stamp = underDigest(value) as StoredStamp | undefined

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

  /** What the last stamp says of an owner's lease: seconds left, and when that was, on the clock's monotonic scale. */
  lease (owner: string): { leaseRemaining: number, leaseNotedAt: number } | undefined {
    const { last } = this

    return last == null || !Object.hasOwn(last.leases, owner)
      ? undefined
      : { leaseRemaining: last.leases[owner] as number, leaseNotedAt: this.whenRan(last.ran) }
  }

  async write ({ wallTime, leases }: Stamp): Promise<void> {
    const stamp: StoredStamp = {
      revision: (this.last?.revision ?? 0) + 1,
      ran: this.ranUntil(this.clock.now()),
      ...(wallTime == null ? {} : { wall: wallTime }),
      leases: Object.fromEntries(leases)
    }
    await this.datastore.put(this.keys.stamp(stamp.revision), withDigest(stamp))
    this.last = stamp
  }
}
