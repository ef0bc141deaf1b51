import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { TOMBSTONE_LIFE } from '../constants.ts'
import { BodyMismatchError, HeldStoreError, MalformedError } from '../errors.ts'
import { bodyMatches } from '../record/body.ts'
import { refused } from '../refusal.ts'
import { whyRefused } from './capacity.ts'
import { HeldIndex } from './held-index.ts'
import { leaseLeft, paused, refreshed, renewed, stashOf, tombstoneOf } from './held-stash.ts'
import { InTurn } from './in-turn.ts'
import { judge } from './judge.ts'
import { MemoryStashStore } from './memory-store.ts'
import { reservation } from './reservation.ts'
import type { Capacity, Claim } from './capacity.ts'
import type { Arrival, HeldStash, Moment } from './held-stash.ts'
import type { Verdict } from './judge.ts'
import type { Admitted, StoreOutcome } from './reservation.ts'
import type { DamagedStash, StashStore } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { Refused } from '../messages.ts'
import type { RecordHeader } from '../record/header.ts'
import type { NewestTable } from '../record/newest-table.ts'
import type { Order } from '../record/order.ts'
import type { AbortOptions } from '@libp2p/interface'

export type { Capacity } from './capacity.ts'
export type { Arrival, HeldStash } from './held-stash.ts'
export type { Admitted, StoreOutcome } from './reservation.ts'

export interface HeldStashesInit {
  capacity: Capacity
  /** @default RAM */
  store?: StashStore
  newest: NewestTable
  clock: Clock
  /** @default MAX_TOMBSTONES */
  maxTombstones?: number
}

export interface HeldStashesEvents {
  /** A stash that was held turned out to be unreadable, at the start or when it was read, and is no longer held. */
  'stash:damaged': CustomEvent<DamagedStash>
  /** A tombstone ended the copy that was held. */
  'stash:forgotten': CustomEvent<{ owner: string, tombstone: RecordHeader, ended: RecordHeader }>
}

/**
 * The stashes held for others, one per owner, and the tombstones kept. A stash held is a promise: nothing here evicts one to make
 * room, and a record is only ever replaced by one that supersedes it.
 */
export class HeldStashes extends TypedEventEmitter<HeldStashesEvents> {
  readonly capacity: Capacity
  private readonly store: StashStore
  private readonly newest: NewestTable
  private readonly clock: Clock
  private readonly index: HeldIndex
  private readonly reserved = new Set<Claim>()
  private readonly turns = new InTurn()
  private started = false

  constructor (init: HeldStashesInit) {
    super()
    this.capacity = init.capacity
    this.store = init.store ?? new MemoryStashStore()
    this.newest = init.newest
    this.clock = init.clock
    this.index = new HeldIndex(init.newest, init.maxTombstones)
  }

  /**
   * Takes up what the store kept, the first time it is called. Of a stash that cannot be read back `stash:damaged` tells.
   *
   * @throws {HeldStoreError}
   */
  async start (options?: AbortOptions): Promise<void> {
    if (this.started) {
      return
    }

    const { stashes, damaged } = await this.inStore(async () => await this.store.load(options), options)

    stashes.forEach(stash => { stash.record.kind === 'tombstone' ? this.take(stash) : this.index.keep(stash) })
    damaged.forEach(detail => { this.safeDispatchEvent('stash:damaged', { detail }) })
    this.started = true
    this.sweep()
  }

  get count (): number {
    return this.index.count
  }

  /** Bytes of all bodies held. */
  get bytes (): number {
    return this.index.bytes
  }

  list (): HeldStash[] {
    return this.index.list()
  }

  get (owner: string): HeldStash | undefined {
    return this.index.get(owner)
  }

  /** The owner deleted its stash, and this is its word. Kept for 14 days of running time; its `leaseLeft` is what is left of them. */
  tombstone (owner: string): HeldStash | undefined {
    return this.index.tombstone(owner, this.clock.now())
  }

  /**
   * Judges an arrival by the order rule, against the copy held and the newest header known of its owner, then by capacity.
   * If it is welcome, its room is reserved; a welcome tombstone has no body to wait for, and is stored at once. If this very record is
   * held, its placement, origin and lease are noted.
   *
   * @throws {MalformedError} the placement is not of the record's owner
   * @throws {HeldStoreError}
   */
  async admit (arrival: Arrival, options?: AbortOptions): Promise<Admitted | StoreOutcome | Refused> {
    const { record, placement } = arrival
    options?.signal?.throwIfAborted()

    if (placement.owner !== record.owner) {
      throw new MalformedError('a record comes with a placement of its own owner')
    }

    if (record.kind === 'tombstone') {
      this.sweep()

      return await this.turns.run(record.owner, async () => await this.bury(arrival, options))
    }

    let verdict = this.judge(record)

    // while it waited its turn, another record may have taken the place of this one
    while (verdict.type === 'have' && !await this.turns.run(record.owner, async () => await this.refresh(arrival))) {
      verdict = this.judge(record)
    }

    return verdict.type === 'welcome' ? this.reserve(arrival) : verdict
  }

  /**
   * A header was shown, by presence or in an answer. A tombstone among them that would be welcome here ends the copy that it
   * supersedes, as if it had been stored.
   *
   * @param record - verified
   * @returns how it stands to the newest known before; `first` if none was
   * @throws {HeldStoreError} the copy could not be ended, and is still held
   */
  async hearOf (record: RecordHeader, options?: AbortOptions): Promise<Order | 'first'> {
    const relation = this.newest.see(record)

    if (record.kind === 'tombstone' && this.known(record.owner) != null) {
      await this.turns.run(record.owner, async () => {
        const known = this.known(record.owner)

        if (known != null && known.record.id !== record.id) {
          const { placement } = known
          await this.bury({ record, placement, direct: false, exempt: true, leaseRemaining: TOMBSTONE_LIFE, liveHolders: [] }, options)
        }
      })
    }

    return relation
  }

  /**
   * The stash and its body, which the caller must not change. Undefined if none is held, or if the store turns out to have
   * lost or damaged it; then it is no longer held.
   *
   * @throws {HeldStoreError} the store failed, which does not mean that nothing is there
   */
  async read (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    return await raceSignal(this.turns.run(owner, async () => await this.readInTurn(owner, options)), options?.signal)
  }

  /**
   * Ends holding exactly this record, and tells whether it was held. Its header stays in the newest table as a watermark.
   *
   * @throws {HeldStoreError} the store failed; the stash is still held
   */
  async drop (owner: string, recordId: string, options?: AbortOptions): Promise<boolean> {
    return await this.turns.run(owner, async () => {
      options?.signal?.throwIfAborted()

      if (this.index.get(owner)?.record.id !== recordId) {
        return false
      }

      await this.inStore(async () => { await this.store.delete(owner) })
      this.index.forget(owner)

      return true
    })
  }

  /** The owner is in touch: the lease of its stash is full again. */
  renew (owner: string): void {
    this.change(owner, stash => renewed(stash, this.clock.now()))
  }

  /** The stashes whose lease has run out. */
  lapsed (): HeldStash[] {
    const now = this.clock.now()

    return this.list().filter(stash => leaseLeft(stash, now) === 0)
  }

  /** This nara itself was out of touch for the last `milliseconds`: no lease ran meanwhile. */
  absent (milliseconds: number): void {
    const now = this.clock.now()

    for (const { record } of this.list()) {
      this.change(record.owner, stash => paused(stash, milliseconds, now))
    }
  }

  /** The owner, or a co-holder of its stash, has answered. */
  confirmed (owner: string): void {
    this.change(owner, stash => ({ ...stash, restored: false }))
  }

  /** What is kept of an owner. */
  private known (owner: string): HeldStash | undefined {
    return this.index.get(owner) ?? this.tombstone(owner)
  }

  private change (owner: string, how: (stash: HeldStash) => HeldStash): void {
    const stash = this.index.get(owner)

    if (stash != null) {
      this.index.keep(how(stash))
    }
  }

  private judge (record: RecordHeader): Verdict {
    const verdict = judge(record, this.known(record.owner), this.newest.get(record.owner))

    if (verdict.type === 'conflict') {
      this.newest.see(record)
    }

    return verdict
  }

  private reserve (arrival: Arrival): Admitted | Refused {
    const { record, direct } = arrival
    const held = this.index.get(record.owner)
    const claim: Claim = {
      owner: record.owner,
      bytes: record.bodyLength,
      direct,
      // an update takes the slot, and so the share, that its owner has; it cannot be moved to another address
      address: held == null ? (arrival.exempt ? undefined : arrival.address) : held.address
    }
    const reason = whyRefused(claim, this.index.claims(), this.reserved, this.capacity)

    if (reason != null) {
      return refused(reason)
    }

    this.reserved.add(claim)

    return reservation(
      async (body, options) => await this.commit(arrival, claim, body, options),
      () => { this.reserved.delete(claim) }
    )
  }

  private async commit (arrival: Arrival, { address }: Claim, body: Uint8Array, options?: AbortOptions): Promise<StoreOutcome> {
    const { record } = arrival

    if (!await bodyMatches(record, body, this.clock, options)) {
      throw new BodyMismatchError('the body is not the one that the header promises')
    }

    return await this.turns.run(record.owner, async () => {
      // the last chance to turn back: a write once begun is carried to its end
      options?.signal?.throwIfAborted()
      const verdict = this.judge(record)

      if (verdict.type === 'have') {
        await this.refresh(arrival)
      }

      if (verdict.type !== 'welcome') {
        return verdict
      }

      const stash = stashOf(arrival, address, this.index.get(record.owner), this.moment())
      await this.inStore(async () => { await this.store.put(stash, body) })
      this.index.keep(stash)

      return { type: 'stored' }
    })
  }

  /** Stores a tombstone, in its owner's turn: it takes the place of the copy that it supersedes. */
  private async bury (arrival: Arrival, options?: AbortOptions): Promise<StoreOutcome | Refused> {
    const { record } = arrival
    options?.signal?.throwIfAborted()
    const verdict = this.judge(record)

    if (verdict.type === 'have') {
      await this.refresh(arrival)
    }

    if (verdict.type !== 'welcome') {
      return verdict
    }

    const held = this.index.get(record.owner)
    const tombstone = tombstoneOf(arrival, held, this.moment())

    if (tombstone.leaseRemaining === 0) {
      // its time is over elsewhere, and there was nothing here for it to end
      this.newest.see(record)

      return { type: 'have' }
    }

    if (!this.index.admits(tombstone)) {
      return refused('at capacity')
    }

    await this.inStore(async () => { await this.store.put(tombstone, new Uint8Array(0)) })
    this.take(tombstone)

    if (held != null) {
      this.safeDispatchEvent('stash:forgotten', { detail: { owner: record.owner, tombstone: record, ended: held.record } })
    }

    return { type: 'stored' }
  }

  private take (tombstone: HeldStash): void {
    const displaced = this.index.bury(tombstone)

    if (displaced != null) {
      void this.clear(displaced)
    }
  }

  /** Lets go of the tombstones whose time is over. */
  private sweep (): void {
    for (const owner of this.index.expired(this.clock.now())) {
      void this.clear(owner)
    }
  }

  /** Removes from the store what it has of an owner of whom nothing is kept. If that fails the next start finds it. */
  private async clear (owner: string): Promise<void> {
    await this.turns.run(owner, async () => {
      if (this.known(owner) == null) {
        await this.store.delete(owner)
        this.index.forget(owner)
      }
    }).catch(() => {})
  }

  /** Runs in its owner's turn. False if the very record is not kept. */
  private async refresh (arrival: Arrival): Promise<boolean> {
    const { owner, id, kind } = arrival.record
    const present = this.known(owner)

    if (present?.record.id !== id) {
      return false
    }

    const stash = refreshed(present, arrival, this.clock.now())

    // lease and hints change with every contact and are not worth a write: after a restart their older values do
    if (stash.placement !== present.placement || stash.direct !== present.direct) {
      await this.inStore(async () => { await this.store.update(stash) })
    }

    if (kind === 'tombstone') {
      this.index.bury(stash)
    } else {
      this.index.keep(stash)
    }

    return true
  }

  private async readInTurn (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    const stash = this.index.get(owner)

    if (stash == null) {
      return
    }

    const body = await this.inStore(async () => await this.store.body(stash.record, options), options)

    if (body != null) {
      return { stash, body }
    }

    this.index.forget(owner)
    // what stays behind if this fails is found damaged again at the next start
    await this.store.delete(owner).catch(() => {})
    this.safeDispatchEvent('stash:damaged', {
      detail: { owner, recordId: stash.record.id, reason: 'its body is missing or damaged' }
    })
  }

  private moment (): Moment {
    return { now: this.clock.now(), wallTime: this.clock.wallTime() }
  }

  private async inStore <T> (task: () => Promise<T>, options?: AbortOptions): Promise<T> {
    try {
      return await task()
    } catch (err) {
      options?.signal?.throwIfAborted()
      throw new HeldStoreError(`the store of held stashes failed: ${err instanceof Error ? err.message : String(err)}`, { cause: err })
    }
  }
}
