import { raceSignal } from 'race-signal'
import { FULL_RETRY_AFTER } from '../constants.ts'
import { BodyMismatchError, HeldStoreError } from '../errors.ts'
import { bodyMatches } from '../record/body.ts'
import { refused } from '../refusal.ts'
import { whyRefused } from './capacity.ts'
import { leaseLeft, refreshed, stashOf } from './held-stash.ts'
import { fits, inStore, keepIn } from './in-store.ts'
import { isFull } from './is-full.ts'
import { reservation } from './reservation.ts'
import type { Capacity, Claim } from './capacity.ts'
import type { HeldIndex } from './held-index.ts'
import type { Arrival, HeldStash } from './held-stash.ts'
import type { InTurn } from './in-turn.ts'
import type { Verdict } from './judge.ts'
import type { Admitted, StoreOutcome } from './reservation.ts'
import type { DamagedStash, StashStore } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { Refused } from '../messages.ts'
import type { RecordHeader } from '../record/header.ts'
import type { AbortOptions } from '@libp2p/interface'

/** An owner that prolongs its lease by less is told so before the next stamp notes it. Seconds. */
const WORTH_A_WRITE = 60 * 60

export interface DropOptions extends AbortOptions {
  /**
   * Asked when its turn has come, with what is held then: false keeps it. What was reason enough before may have been answered by its owner
   * since.
   *
   * @default always
   */
  isDue? (stash: HeldStash): boolean
}

export interface CopiesInit {
  capacity: Capacity
  index: HeldIndex
  store: Pick<StashStore, 'put' | 'update' | 'body' | 'clear' | 'delete' | 'cost' | 'hasRoom'>
  turns: InTurn
  clock: Clock
  /** Seconds that are promised at most. */
  maxLeaseSeconds: number
  judge (record: RecordHeader): Verdict
  /** What has its room only as long as no copy needs it makes way for those that are held. */
  makeWay (): Promise<void>
  onDamaged (damage: DamagedStash): void
  /** A longer lease could not be noted: the copy is promised as it was. */
  onUnnoted (owner: string, err: Error): void
  /** From here on no copy fits on the disk, however small, or one does again. */
  onDisk (full: boolean): void
}

/** Takes copies in, reads them and lets go of them. What is shown and what is promised of each is in HeldStashes. */
export class Copies {
  private readonly init: CopiesInit
  private readonly reserved = new Set<Claim>()
  /** Owners of copies that are marked in the store. */
  private readonly marked = new Set<string>()
  private diskIsFull = false

  constructor (init: CopiesInit) {
    this.init = init
  }

  /** No copy fits on the disk, however small. */
  get diskFull (): boolean {
    return this.diskIsFull
  }

  private set diskFull (full: boolean) {
    if (full !== this.diskIsFull) {
      this.diskIsFull = full
      this.init.onDisk(full)
    }
  }

  /** A copy of a new owner's would be taken, if it is small. */
  get accepting (): boolean {
    const { index, capacity } = this.init
    const room = index.list().reduce((sum, { record }) => sum + this.cost(record.bodyLength), 0)

    return !this.diskFull && index.count < capacity.stashes && room + this.cost(1) <= capacity.bytes
  }

  async admit (arrival: Arrival): Promise<Admitted | Exclude<StoreOutcome, { type: 'stored' }> | Refused> {
    const { record } = arrival
    let verdict = this.init.judge(record)

    // while it waited its turn, another record may have taken the place of this one
    while (verdict.type === 'have' && !await this.init.turns.run(record.owner, async () => await this.refresh(arrival))) {
      verdict = this.init.judge(record)
    }

    return verdict.type === 'welcome' ? await this.reserve(arrival) : verdict
  }

  async read (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    return await raceSignal(this.init.turns.run(owner, async () => await this.readInTurn(owner, options)), options?.signal)
  }

  async drop (owner: string, recordId: string, { signal, isDue = () => true }: DropOptions = {}): Promise<boolean> {
    return await this.init.turns.run(owner, async () => {
      signal?.throwIfAborted()
      const stash = this.init.index.get(owner)

      if (stash?.record.id !== recordId || !isDue(stash)) {
        return false
      }

      await inStore(async () => { await this.init.store.delete(owner) })
      this.init.index.forget(owner)

      return true
    })
  }

  /** Keeps a copy that the store has. */
  take (stash: HeldStash): void {
    this.init.index.keep(stash)
    this.isKept(stash)
  }

  /** Looks how much room there is, and sees to it that the store knows which copies are marked. */
  async beforeStamp (): Promise<void> {
    const { index, turns, store } = this.init
    await this.noteRoom()

    for (const { record: { owner } } of index.list().filter(stash => this.isMarkDue(stash))) {
      await turns.run(owner, async () => {
        const stash = index.get(owner)

        if (stash != null && this.isMarkDue(stash)) {
          await inStore(async () => { await store.update(stash) })
          this.isKept(stash)
        }
      })
    }
  }

  private isMarkDue ({ record, mayBeDeleted }: HeldStash): boolean {
    return this.marked.has(record.owner) !== mayBeDeleted
  }

  private isKept ({ record, mayBeDeleted }: HeldStash): void {
    this.marked[mayBeDeleted ? 'add' : 'delete'](record.owner)
  }

  private async reserve (arrival: Arrival): Promise<Admitted | Refused> {
    const { record, direct } = arrival
    const held = this.init.index.get(record.owner)
    const claim: Claim = {
      owner: record.owner,
      bytes: record.bodyLength,
      room: this.cost(record.bodyLength),
      direct,
      // an update takes the slot, and so the share, that its owner has; it cannot be moved to another address
      address: held == null ? (arrival.exempt ? undefined : arrival.address) : held.address
    }
    const reason = whyRefused(claim, this.init.index.claims(bytes => this.cost(bytes)), this.reserved, this.init.capacity)

    if (reason != null) {
      return refused(reason)
    }

    this.reserved.add(claim)

    if (!await this.hasRoom(claim)) {
      this.reserved.delete(claim)
      await this.noteRoom()

      return refused('over quota', FULL_RETRY_AFTER)
    }

    return reservation(
      async (body, options) => await this.commit(arrival, claim, body, options),
      () => { this.reserved.delete(claim) }
    )
  }

  private cost (bodyLength: number): number {
    return this.init.store.cost?.(bodyLength) ?? bodyLength
  }

  /** What takes no more than it did is taken to the last byte: an owner is to have its newest version here, not its oldest. */
  private async hasRoom ({ owner, bytes }: Claim): Promise<boolean> {
    const held = this.init.index.get(owner)

    if (held != null && bytes <= held.record.bodyLength) {
      return true
    }

    const room = [...this.reserved].reduce((sum, { room = 0 }) => sum + room, 0)

    return await fits(this.init.store, room, { makeWay: true })
  }

  /** A disk that does not tell is taken for one that has room again. */
  private async noteRoom (): Promise<void> {
    this.diskFull = !await fits(this.init.store, this.cost(1))
  }

  private async commit (arrival: Arrival, { address }: Claim, body: Uint8Array, options?: AbortOptions): Promise<StoreOutcome> {
    const { record } = arrival

    if (!await bodyMatches(record, body, this.init.clock, options)) {
      throw new BodyMismatchError('the body is not the one that the header promises')
    }

    return await this.init.turns.run(record.owner, async () => {
      // the last chance to turn back: a write once begun is carried to its end
      options?.signal?.throwIfAborted()
      const verdict = this.init.judge(record)

      if (verdict.type === 'have') {
        await this.refresh(arrival)
      }

      if (verdict.type !== 'welcome') {
        return verdict
      }

      const { clock, index, maxLeaseSeconds } = this.init
      const at = { now: clock.now(), wallTime: clock.wallTime() }
      const stash = stashOf(arrival, { address, before: index.get(record.owner), at, maxLeaseSeconds })
      await keepIn(this.init.store, record.owner, async () => { await this.init.store.put(stash, body) }).catch((err: unknown) => {
        this.diskFull ||= isFull(err)
        throw err
      })
      this.take(stash)
      await this.init.makeWay()
      await this.noteRoom()

      return { type: 'stored' }
    })
  }

  /** Runs in its owner's turn. False if the very record is not held. */
  private async refresh (arrival: Arrival): Promise<boolean> {
    const held = this.init.index.get(arrival.record.owner)

    if (held?.record.id !== arrival.record.id) {
      return false
    }

    const now = this.init.clock.now()
    const stash = refreshed(held, arrival, now, this.init.maxLeaseSeconds)

    // lease and hints change with every contact, and stamps note what is left of the lease; what its owner is told is kept before that
    const isChanged = stash.placement !== held.placement || stash.direct !== held.direct
    const isProlonged = arrival.direct && leaseLeft(stash, now) - leaseLeft(held, now) > WORTH_A_WRITE

    if (isChanged || isProlonged) {
      try {
        await keepIn(this.init.store, stash.record.owner, async () => { await this.init.store.update(stash) })
      } catch (err) {
        if (isChanged || !isFull(err) || !(err instanceof HeldStoreError)) {
          throw err
        }

        // the copy is here all the same, and promised as it was
        const { leasePromised, leaseRemaining, leaseNotedAt } = held
        this.init.index.keep({ ...stash, leasePromised, leaseRemaining, leaseNotedAt })
        this.init.onUnnoted(stash.record.owner, err)

        return true
      }

      this.isKept(stash)
    }

    this.init.index.keep(stash)

    return true
  }

  private async readInTurn (owner: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    const stash = this.init.index.get(owner)

    if (stash == null) {
      return
    }

    const body = await inStore(async () => await this.init.store.body(stash.record, options), options)

    if (body != null) {
      return { stash, body }
    }

    this.init.index.forget(owner)
    // what stays behind if this fails is found damaged again at the next start
    await this.init.store.delete(owner).catch(() => {})
    this.init.onDamaged({ owner, recordId: stash.record.id, reason: 'its body is missing or damaged' })
  }
}
