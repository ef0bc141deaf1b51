import { FULL_RETRY_AFTER, TOMBSTONE_LIFE } from '../constants.ts'
import { refused } from '../refusal.ts'
import { refreshed, tombstoneOf } from './held-stash.ts'
import { fits, inStore, keepIn } from './in-store.ts'
import { isFull } from './is-full.ts'
import type { Capacity } from './capacity.ts'
import type { HeldIndex } from './held-index.ts'
import type { Arrival, HeldStash } from './held-stash.ts'
import type { InTurn } from './in-turn.ts'
import type { Verdict } from './judge.ts'
import type { StoreOutcome } from './reservation.ts'
import type { StashStore } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { Refused } from '../messages.ts'
import type { RecordHeader } from '../record/header.ts'
import type { NewestTable } from '../record/newest-table.ts'
import type { AbortOptions } from '@libp2p/interface'

/** In place of an owner: the turn of tombstones whose owners nothing is known of here. */
const UNINVITED = ''

export interface BurialsInit {
  capacity: Pick<Capacity, 'bytes'>
  index: HeldIndex
  store: Pick<StashStore, 'put' | 'update' | 'clear' | 'delete' | 'cost' | 'hasRoom' | 'trim'>
  newest: Pick<NewestTable, 'see'>
  turns: InTurn
  clock: Pick<Clock, 'now' | 'wallTime'>
  judge (record: RecordHeader): Verdict
  /** A tombstone ended a copy that was held. */
  onForgotten (tombstone: RecordHeader, ended: RecordHeader): void
  /** Nothing is kept of this owner any more: its tombstone had its days, or made room for another. */
  onOver (owner: string): void
}

/** Takes tombstones in, ends the copies that they supersede, and lets go of them when their time is over (SPEC.md, "Tombstones"). */
export class Burials {
  private readonly init: BurialsInit

  constructor (init: BurialsInit) {
    this.init = init
  }

  get (owner: string): HeldStash | undefined {
    return this.init.index.tombstone(owner, this.init.clock.now())
  }

  /** @throws {HeldStoreError} the copy before it is still held, or something of it is left on the disk */
  async admit (arrival: Arrival, options?: AbortOptions): Promise<StoreOutcome | Refused> {
    this.sweep()

    return await this.init.turns.run(arrival.record.owner, async () => await this.bury(arrival, options))
  }

  /**
   * A header that is not brought for keeping, but shown. If it is a tombstone that something kept here must make way for, it is
   * kept from here on with the placement of that.
   *
   * @throws {HeldStoreError}
   */
  async hearOf (record: RecordHeader, options?: AbortOptions): Promise<void> {
    if (record.kind !== 'tombstone' || this.known(record.owner) == null) {
      return
    }

    await this.init.turns.run(record.owner, async () => {
      const known = this.known(record.owner)

      if (known != null) {
        const { placement } = known
        await this.bury({ record, placement, direct: false, exempt: true, leaseRemaining: TOMBSTONE_LIFE, liveHolders: [] }, options)
      }
    })
  }

  /** Keeps a tombstone that the store has. */
  take (tombstone: HeldStash): void {
    const displaced = this.init.index.bury(tombstone)

    if (displaced != null) {
      void this.clear(displaced)
    }
  }

  /**
   * What no copy takes of the capacity is for tombstones that ended none and, after them, for what the store has set aside. Copies that came
   * since need some of it.
   */
  async makeWay (): Promise<void> {
    const { index, store } = this.init
    const cost = this.cost(0)

    for (const owner of cost === 0 ? [] : index.shrink(Math.floor(this.left() / cost))) {
      void this.clear(owner)
    }

    // what does not go is tried again when the next one comes
    await Promise.resolve(store.trim?.(this.left() - cost * index.uninvited)).catch(() => {})
  }

  /** Lets go of the tombstones whose time is over. */
  sweep (): void {
    for (const owner of this.init.index.expired(this.init.clock.now())) {
      void this.clear(owner)
    }
  }

  /** Runs in its owner's turn. */
  private async bury (arrival: Arrival, options?: AbortOptions): Promise<StoreOutcome | Refused> {
    const { newest, clock } = this.init
    const { record } = arrival
    // the last chance to turn back: a write once begun is carried to its end
    options?.signal?.throwIfAborted()
    const verdict = this.init.judge(record)

    if (verdict.type !== 'welcome') {
      return verdict.type === 'have' ? await this.refresh(arrival) : verdict
    }

    const before = this.known(record.owner)
    const tombstone = tombstoneOf(arrival, { before, at: { now: clock.now(), wallTime: clock.wallTime() } })

    if (tombstone.leaseRemaining === 0) {
      // its time is over, and there was nothing here for it to end
      newest.see(record)

      return { type: 'have' }
    }

    // of those that nothing here makes room for, one has its place before the next looks for one
    return before == null
      ? await this.init.turns.run(UNINVITED, async () => await this.takeIn(tombstone))
      : await this.takeIn(tombstone)
  }

  /** Runs in its owner's turn. */
  private async takeIn (tombstone: HeldStash): Promise<StoreOutcome | Refused> {
    const { index, store, newest } = this.init
    const { record } = tombstone
    let held = index.get(record.owner)

    if (!index.admits(tombstone)) {
      // it is known all the same: what it supersedes is not to come in
      newest.see(record)

      return refused('at capacity')
    }

    if (this.known(record.owner) == null && !await this.hasRoom()) {
      newest.see(record)

      return refused('over quota', FULL_RETRY_AFTER)
    }

    try {
      await this.keep(tombstone)
    } catch (err) {
      if (held == null || !isFull(err)) {
        throw err
      }

      // the copy makes room: that much its owner asked for
      await inStore(async () => { await store.delete(record.owner) })
      index.forget(record.owner)
      newest.see(record)
      this.init.onForgotten(record, held.record)
      await this.keep(tombstone)
      held = undefined
    }

    this.take(tombstone)

    if (held != null) {
      this.init.onForgotten(record, held.record)
    }

    await this.cleared(record.owner)
    await this.makeWay()

    return { type: 'stored' }
  }

  /** For one that nothing here makes room for. */
  private async hasRoom (): Promise<boolean> {
    const { index, store } = this.init
    const cost = this.cost(0)

    return cost * (index.uninvited + 1) <= this.left() && await fits(store, cost, { makeWay: true })
  }

  /** Bytes of the capacity that no copy takes. */
  private left (): number {
    const { index, capacity } = this.init

    return index.list().reduce((left, { record }) => left - this.cost(record.bodyLength), capacity.bytes)
  }

  private cost (bodyLength: number): number {
    return this.init.store.cost?.(bodyLength) ?? bodyLength
  }

  private async keep (tombstone: HeldStash): Promise<void> {
    const { store } = this.init
    await keepIn(store, tombstone.record.owner, async () => { await store.put(tombstone, new Uint8Array(0)) })
  }

  /** The owner is not told that its stash is gone before the disk has let go of it. */
  private async cleared (owner: string): Promise<void> {
    await inStore(async () => { await this.init.store.clear?.(owner) })
  }

  /** It is kept, and came once more. */
  private async refresh (arrival: Arrival): Promise<StoreOutcome> {
    const kept = this.get(arrival.record.owner)

    if (kept != null) {
      const tombstone = refreshed(kept, arrival, this.init.clock.now())

      if (tombstone.placement !== kept.placement || tombstone.direct !== kept.direct) {
        await keepIn(this.init.store, tombstone.record.owner, async () => { await this.init.store.update(tombstone) })
        this.take(tombstone)
      }
    }

    await this.cleared(arrival.record.owner)

    return { type: 'have' }
  }

  /**
   * Removes what the store has of an owner of whom nothing is kept. If that fails it is tried again: with the next sweep if the days of its
   * tombstone are over, after the next start if that made room for something else.
   */
  private async clear (owner: string): Promise<void> {
    await this.init.turns.run(owner, async () => {
      if (this.known(owner) == null) {
        this.init.onOver(owner)
        await this.init.store.delete(owner)
        this.init.index.forget(owner)
      }
    }).catch(() => {})
  }

  private known (owner: string): HeldStash | undefined {
    return this.init.index.known(owner, this.init.clock.now())
  }
}
