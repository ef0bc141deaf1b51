import { TypedEventEmitter } from 'main-event'
import { MAX_LEASE } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { Burials } from './burials.ts'
import { Copies } from './copies.ts'
import { HeldIndex } from './held-index.ts'
import { inStore } from './in-store.ts'
import { InTurn } from './in-turn.ts'
import { judge } from './judge.ts'
import { Leases } from './leases.ts'
import { MemoryStashStore } from './memory-store.ts'
import { RunningLog } from './running-log.ts'
import type { Capacity } from './capacity.ts'
import type { DropOptions } from './copies.ts'
import type { Arrival, HeldStash } from './held-stash.ts'
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
export type { DropOptions } from './copies.ts'
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
  /** Seconds that are promised at most, whatever an owner asks for. @default MAX_LEASE */
  maxLeaseSeconds?: number
  /** Somebody is connected who could tell what has become of what is held. @default always */
  isInTouch? (): boolean
}

export interface HeldStashesEvents {
  /** A stash that was held turned out to be unreadable, at the start or when it was read, and is no longer held. */
  'stash:damaged': CustomEvent<DamagedStash>
  /** A copy is marked from here on: it may be one that its owner deleted. */
  'stash:marked': CustomEvent<{ owner: string }>
  /** The disk is too full to note a longer lease: the copy is promised as it was. */
  'lease:unnoted': CustomEvent<{ owner: string, why: string }>
  /**
   * The disk has too little room for any copy, beside what is to stay free, or has enough again. Told by the start, and when it
   * changes.
   */
  'held:disk': CustomEvent<{ full: boolean }>
  /** A tombstone ended the copy that was held. */
  'stash:forgotten': CustomEvent<{ owner: string, tombstone: RecordHeader, ended: RecordHeader }>
  /** A tombstone is kept no longer: it had its days, or made room for another, or for a copy. Nothing of its owner's is. */
  'tombstone:over': CustomEvent<{ owner: string }>
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
  private readonly copies: Copies
  private readonly burials: Burials
  private readonly leases: Leases
  private readonly log: RunningLog
  /** Starts and stops follow one another: a stop during a start ends what that began. */
  private readonly lifecycle = new InTurn()
  private started = false
  /** On the clock's monotonic scale. */
  private stoppedAt: number | undefined

  constructor (init: HeldStashesInit) {
    super()
    this.capacity = init.capacity
    this.store = init.store ?? new MemoryStashStore()
    this.newest = init.newest
    this.clock = init.clock
    this.index = new HeldIndex(init.newest, init.maxTombstones)
    const shared = { maxLeaseSeconds: MAX_LEASE, ...init, store: this.store, index: this.index, turns: new InTurn(), judge: (record: RecordHeader) => this.judge(record) }
    this.copies = new Copies({
      ...shared,
      makeWay: async () => { await this.burials.makeWay() },
      onDamaged: detail => { this.safeDispatchEvent('stash:damaged', { detail }) },
      onUnnoted: (owner, { message: why }) => { this.safeDispatchEvent('lease:unnoted', { detail: { owner, why } }) },
      onDisk: full => { this.safeDispatchEvent('held:disk', { detail: { full } }) }
    })
    this.burials = new Burials({
      ...shared,
      onForgotten: (tombstone, ended) => {
        this.safeDispatchEvent('stash:forgotten', { detail: { owner: ended.owner, tombstone, ended } })
      },
      onOver: owner => { this.safeDispatchEvent('tombstone:over', { detail: { owner } }) }
    })
    this.leases = new Leases({ ...shared, onMarked: owner => { this.safeDispatchEvent('stash:marked', { detail: { owner } }) } })
    this.log = new RunningLog({
      store: this.store,
      clock: init.clock,
      leases: () => this.leases.left(),
      wallTime: () => this.leases.look(),
      onTick: () => {
        this.leases.look()
        this.burials.sweep()
      },
      beforeStamp: async () => { await this.copies.beforeStamp() },
      isInTouch: () => init.isInTouch?.() ?? true
    })
  }

  /**
   * Takes up what the store kept, the first time it is called. Of a stash that cannot be read back `stash:damaged` tells. If this nara was
   * away for more than 14 days, or cannot know, what it held is marked (`mayBeDeleted`). Called after `stop`, it goes on.
   *
   * @throws {HeldStoreError}
   */
  async start (options?: AbortOptions): Promise<void> {
    await this.lifecycle.run('', async () => {
      await inStore(async () => { await this.store.open?.() }, options)

      try {
        await (this.started ? this.goOn() : this.load(options))
      } catch (err) {
        await this.store.close?.()
        throw err
      }
    })
  }

  /** Notes that it ran until now. What is held stays readable; until the next start no lease runs. */
  async stop (): Promise<void> {
    await this.lifecycle.run('', async () => {
      if (this.started) {
        this.stoppedAt ??= this.clock.now()
        await this.log.stop()
        await this.store.close?.()
      }
    })
  }

  /** True if what is held outlives this process. */
  get persistent (): boolean {
    return this.store.persistent
  }

  get count (): number {
    return this.index.count
  }

  /** Bytes of all bodies held. */
  get bytes (): number {
    return this.index.bytes
  }

  /** False if there is no slot, no byte or, as far as was seen, no room on the disk for what a new owner brings. */
  get accepting (): boolean {
    return this.copies.accepting
  }

  /** True if, as far as was seen, the disk has no room for any copy beside what is to stay free. */
  get diskFull (): boolean {
    return this.copies.diskFull
  }

  list (): HeldStash[] {
    return this.index.list()
  }

  /** As it stands by the clock of this moment: that may have been set just now. */
  get (owner: string): HeldStash | undefined {
    if (this.started) {
      this.leases.look()
    }

    return this.index.get(owner)
  }

  /** The owner deleted its stash, and this is its word. Its `leaseLeft` is for how long it is still kept, in running time. */
  tombstone (owner: string): HeldStash | undefined {
    return this.burials.get(owner)
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

    const verdict = await (record.kind === 'tombstone' ? this.burials : this.copies).admit(arrival, options)

    if (verdict.type === 'conflict' && arrival.direct) {
      // its owner is to know with which placement it wanted this kept
      this.newest.see(record, placement)
    }

    return verdict
  }

  /**
   * A header was shown, by presence or in an answer. A tombstone among them that would be welcome here ends the copy that it
   * supersedes, as if it had been stored.
   *
   * @param record - verified
   * @returns how it stands to the newest known before; `first` if none was
   * @throws {HeldStoreError} the copy could not be ended, or something of it is left on the disk
   */
  async hearOf (record: RecordHeader, options?: AbortOptions): Promise<Order | 'first'> {
    const relation = this.newest.see(record)
    await this.burials.hearOf(record, options)

    return relation
  }

  /**
   * The stash and its body, which the caller must not change. Undefined if none is held, or if the store turns out to have
   * lost or damaged it; then it is no longer held.
   *
   * @throws {HeldStoreError} the store failed, which does not mean that nothing is there
   */
  async read (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    const whole = await this.copies.read(owner, options)
    const stash = this.get(owner)

    return whole == null || stash?.record.id !== whole.stash.record.id ? whole : { ...whole, stash }
  }

  /**
   * Ends holding exactly this record, if that is still due, and tells whether it did. Its header stays in the newest table as a watermark.
   *
   * @throws {HeldStoreError} the store failed; the stash is still held
   */
  async drop (owner: string, recordId: string, options?: DropOptions): Promise<boolean> {
    return await this.copies.drop(owner, recordId, options)
  }

  /** The owner is in touch: the lease of its stash is full again. */
  renew (owner: string): void {
    this.leases.renew(owner)
  }

  /** The stashes whose lease has run out. */
  lapsed (): HeldStash[] {
    return this.leases.lapsed()
  }

  /**
   * This nara itself was out of touch for the last `milliseconds`: no lease ran meanwhile. Reports may overlap. After ten minutes what is
   * held is `restored`; after 14 days it may have been deleted.
   */
  absent (milliseconds: number): void {
    this.leases.absent(milliseconds)
    this.log.absent(milliseconds)
  }

  /** The owner, or a co-holder of its stash, has answered. */
  confirmed (owner: string): void {
    this.leases.confirm(owner)
  }

  /** A co-holder that would know if `owner` had deleted its stash proved that it has the copy, too: ours is as good as that. */
  vouched (owner: string): void {
    this.leases.vouch(owner)
  }

  private async load (options?: AbortOptions): Promise<void> {
    const { stashes, damaged, lastWall } = await inStore(async () => await this.store.load(options), options)

    // in the order in which they were met, so that of tombstones beyond the bound the same ones go
    for (const stash of stashes.sort((a, b) => a.leaseNotedAt - b.leaseNotedAt)) {
      if (stash.record.kind === 'tombstone') {
        this.burials.take(stash)
      } else {
        this.copies.take(stash)
      }
    }

    // less may be given to others than before
    await this.burials.makeWay()
    this.started = true
    this.leases.begin(lastWall)
    await this.log.start(lastWall)
    damaged.forEach(detail => { this.safeDispatchEvent('stash:damaged', { detail }) })
  }

  private async goOn (): Promise<void> {
    if (this.stoppedAt != null) {
      this.absent(this.clock.now() - this.stoppedAt)
      this.stoppedAt = undefined
      await this.log.start(undefined)
    }
  }

  private judge (record: RecordHeader): Verdict {
    const verdict = judge(record, this.index.known(record.owner, this.clock.now()), this.newest.get(record.owner))

    if (verdict.type === 'conflict') {
      this.newest.see(record)
    }

    return verdict
  }
}
