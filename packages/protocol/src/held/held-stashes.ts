import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { RETRY_AFTER } from '../constants.ts'
import { BodyMismatchError, HeldStoreError, MalformedError } from '../errors.ts'
import { whyRefused } from './capacity.ts'
import { refreshed, stashOf } from './held-stash.ts'
import { InTurn } from './in-turn.ts'
import { judge } from './judge.ts'
import { MemoryStashStore } from './memory-store.ts'
import { reservation } from './reservation.ts'
import { bodyMatches } from './verify-body.ts'
import type { Capacity, Claim } from './capacity.ts'
import type { Arrival, HeldStash } from './held-stash.ts'
import type { Verdict } from './judge.ts'
import type { Admitted, StoreOutcome } from './reservation.ts'
import type { DamagedStash, StashStore } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { RefusalReason, Refused } from '../messages.ts'
import type { RecordHeader } from '../record/header.ts'
import type { NewestTable } from '../record/newest-table.ts'
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
}

export interface HeldStashesEvents {
  /** A stash that was held turned out to be unreadable, at the start or when it was read, and is no longer held. */
  'stash:damaged': CustomEvent<DamagedStash>
}

/**
 * The stashes held for others, one per owner. A stash held is a promise: nothing here evicts one to make room, and a record
 * is only ever replaced by one that supersedes it.
 */
export class HeldStashes extends TypedEventEmitter<HeldStashesEvents> {
  readonly capacity: Capacity
  private readonly store: StashStore
  private readonly newest: NewestTable
  private readonly clock: Clock
  private readonly stashes = new Map<string, HeldStash>()
  private readonly reserved = new Set<Claim>()
  private readonly turns = new InTurn()
  private started = false

  constructor (init: HeldStashesInit) {
    super()
    this.capacity = init.capacity
    this.store = init.store ?? new MemoryStashStore()
    this.newest = init.newest
    this.clock = init.clock
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

    stashes.forEach(stash => { this.keep(stash) })
    damaged.forEach(detail => { this.safeDispatchEvent('stash:damaged', { detail }) })
    this.started = true
  }

  get count (): number {
    return this.stashes.size
  }

  /** Bytes of all bodies held. */
  get bytes (): number {
    return this.list().reduce((sum, { record }) => sum + record.bodyLength, 0)
  }

  list (): HeldStash[] {
    return [...this.stashes.values()]
  }

  get (owner: string): HeldStash | undefined {
    return this.stashes.get(owner)
  }

  /**
   * Judges an arrival by the order rule, against the copy held and the newest header known of its owner, then by capacity.
   * If it is welcome, its room is reserved. If this very record is held, its placement, origin and lease are noted.
   *
   * @throws {MalformedError} the placement is not of the record's owner
   * @throws {HeldStoreError}
   */
  async admit (arrival: Arrival, options?: AbortOptions): Promise<Admitted | Exclude<StoreOutcome, { type: 'stored' }> | Refused> {
    const { record, placement } = arrival
    options?.signal?.throwIfAborted()

    if (placement.owner !== record.owner) {
      throw new MalformedError('a record comes with a placement of its own owner')
    }

    if (record.kind === 'tombstone') {
      return refused('unsupported')
    }

    let verdict = this.judge(record)

    // while it waited its turn, another record may have taken the place of this one
    while (verdict.type === 'have' && !await this.turns.run(record.owner, async () => await this.refresh(arrival))) {
      verdict = this.judge(record)
    }

    return verdict.type === 'welcome' ? this.reserve(arrival) : verdict
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

      if (this.stashes.get(owner)?.record.id !== recordId) {
        return false
      }

      await this.inStore(async () => { await this.store.delete(owner) })
      this.forget(owner)

      return true
    })
  }

  private judge (record: RecordHeader): Verdict {
    return judge(record, this.stashes.get(record.owner), this.newest.get(record.owner))
  }

  private reserve (arrival: Arrival): Admitted | Refused {
    const { record, direct } = arrival
    const held = this.stashes.get(record.owner)
    const claim: Claim = {
      owner: record.owner,
      bytes: record.bodyLength,
      direct,
      // an update takes the slot, and so the share, that its owner has; it cannot be moved to another address
      address: held == null ? (arrival.exempt ? undefined : arrival.address) : held.address
    }
    const reason = whyRefused(claim, this.claims(), this.reserved, this.capacity)

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

      const at = { now: this.clock.now(), wallTime: this.clock.wallTime() }
      const stash = stashOf(arrival, address, this.stashes.get(record.owner), at)
      await this.inStore(async () => { await this.store.put(stash, body) })
      this.keep(stash)

      return { type: 'stored' }
    })
  }

  /** Runs in its owner's turn. False if the very record is not held. */
  private async refresh (arrival: Arrival): Promise<boolean> {
    const held = this.stashes.get(arrival.record.owner)

    if (held?.record.id !== arrival.record.id) {
      return false
    }

    const stash = refreshed(held, arrival, this.clock.now())

    // lease and hints change with every contact and are not worth a write: after a restart their older values do
    if (stash.placement !== held.placement || stash.direct !== held.direct) {
      await this.inStore(async () => { await this.store.update(stash) })
    }

    this.keep(stash)

    return true
  }

  private async readInTurn (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    const stash = this.stashes.get(owner)

    if (stash == null) {
      return
    }

    const body = await this.inStore(async () => await this.store.body(stash.record, options), options)

    if (body != null) {
      return { stash, body }
    }

    this.forget(owner)
    // what stays behind if this fails is found damaged again at the next start
    await this.store.delete(owner).catch(() => {})
    this.safeDispatchEvent('stash:damaged', {
      detail: { owner, recordId: stash.record.id, reason: 'its body is missing or damaged' }
    })
  }

  private keep (stash: HeldStash): void {
    this.stashes.set(stash.record.owner, stash)
    this.newest.pin(stash.record.owner)
    this.newest.see(stash.record)
  }

  private forget (owner: string): void {
    this.stashes.delete(owner)
    this.newest.unpin(owner)
  }

  private claims (): Map<string, Claim> {
    return new Map(this.list().map(({ record: { owner, bodyLength: bytes }, direct, address }) =>
      [owner, { owner, bytes, direct, address }]))
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

function refused (reason: RefusalReason): Refused {
  return { type: 'refused', reason, retryAfter: RETRY_AFTER }
}
