import { underDigest, withDigest } from './digested.ts'
import { isNotFound } from './not-found.ts'
import type { DatastoreKeys } from './datastore-keys.ts'
import type { StashDatastore } from './datastore-store.ts'
import type { Stamp } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { Key } from 'interface-datastore'

/** A scale that goes on where it stopped when the process before ended: how long this datastore's holder has been running. */
export interface RunningTime {
  /** Milliseconds of running time at `now`, of the clock's monotonic scale. */
  ranUntil (now: number): number
  /** The reverse; in the past of this process it may be below zero. Of what has no such time: the start of this process. */
  whenRan (ran: number | undefined): number
}

interface StoredStamp {
  /** Milliseconds of running time when it was written. */
  ran: number
  /** Milliseconds since 1970. */
  wall?: number
  /** Seconds left of their leases, by owner. */
  leases: Record<string, number>
}

/**
 * The running time of a datastore, kept by stamps: each is written under a revision of its own, then the one before is cleared away,
 * so whatever a crash leaves, one is whole. What was lost of the time since the last stamp prolongs leases by as much.
 */
export class DatastoreClock implements RunningTime {
  private readonly datastore: StashDatastore
  private readonly keys: DatastoreKeys
  private readonly clock: Clock
  private readonly outdated = new Map<string, Key>()
  private revision = 0
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
    this.revision = 0
    this.last = undefined

    for await (const { key, value } of this.datastore.query({ prefix: this.keys.stamps }, options)) {
      const revision = this.keys.parseStamp(key)
      const stamp = underDigest(value) as StoredStamp | undefined

      if (revision != null) {
        this.outdated.set(key.toString(), key)
      }

      if (revision != null && stamp != null && revision > this.revision) {
        this.revision = revision
        this.last = stamp
      }
    }

    this.outdated.delete(this.keys.stamp(this.revision).toString())
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
    const stamp: StoredStamp = { ran: this.ranUntil(this.clock.now()), wall: wallTime, leases: Object.fromEntries(leases) }
    const before = this.keys.stamp(this.revision)
    const key = this.keys.stamp(this.revision + 1)
    // noted first: a write that fails may have happened, in part or in whole
    this.outdated.set(key.toString(), key)
    await this.datastore.put(key, withDigest(stamp))
    this.outdated.delete(key.toString())

    if (this.revision > 0) {
      this.outdated.set(before.toString(), before)
    }

    this.revision++
    await this.clear()
  }

  /** Deletes all that may be there but the stamp that counts. */
  private async clear (): Promise<void> {
    for (const [text, key] of this.outdated) {
      try {
        await this.datastore.delete(key)
      } catch (err) {
        if (!isNotFound(err)) {
          throw err
        }
      }

      this.outdated.delete(text)
    }
  }
}
