import { RECONCILE_INTERVAL, RENEW_SHARE } from '../constants.ts'
import { plan } from '../policy/plan.ts'
import { distinctCopies } from '../policy/select.ts'
import { Placements, sameSet } from './placements.ts'
import { Reconciler } from './reconciler.ts'
import { Stores } from './stores.ts'
import { WriteWaiters } from './write-waiters.ts'
import type { CopyFailure, WriteResult } from '../api.ts'
import type { CopyView, Plan } from '../policy/plan.ts'
import type { Candidate } from '../policy/select.ts'
import type { Copies } from './copies.ts'
import type { WaitOptions } from './write-waiters.ts'
import type { Version } from './own-stash.ts'
import type { PlacementsInit } from './placements.ts'
import type { KnownCopies, StoresInit } from './stores.ts'
import type { NetworkPeer, Placement } from '@nara-stash/protocol'

const second = 1_000

export interface ReplicationInit extends StoresInit, PlacementsInit {
  repairDelay: number
  pinned: readonly string[]
  /** Connected peers that may be chosen. */
  candidates (): Candidate[]
  onCopies (copies: { seq: string, have: number }): void
  /** What our stash is, is in doubt: nothing more of it is handed out until that ends. */
  isInDoubt (): boolean
  /** `version` cannot be acknowledged any longer under one placement: its content is to be sealed anew and replicated. */
  onOutdated (version: Version): void
}

/**
 * Keeps the current version with its confidants. Level-triggered: it looks at what is, computes a plan, carries it out; events only wake it. What is
 * wanted is one version and a placement, what is there is the table of copies.
 */
export class Replication {
  /** minCopies acknowledged the current version under one placement. */
  acknowledged = false
  pinned: readonly string[]
  /** A peer that shall be among the holders of the current version. */
  preferred: string | undefined

  private readonly init: ReplicationInit
  private readonly placements: Placements
  private readonly stores: Stores
  private readonly waiters: WriteWaiters
  private chosen: readonly string[] | undefined
  private version: Version | undefined
  private readonly reconciler: Reconciler
  private lastHave = 0

  constructor (init: ReplicationInit) {
    this.init = init
    this.pinned = init.pinned
    this.placements = new Placements(init)
    this.stores = new Stores({ ...init, onPeer: peer => { this.changed(peer) } })
    this.waiters = new WriteWaiters(init.clock)
    this.reconciler = new Reconciler(init.clock, async () => await this.reconcile())
  }

  start (): void {
    this.stores.watch([...this.pinned, ...this.holders])
    this.reconciler.start()
  }

  /** What is under way ends; what is known of the peers is forgotten, version and placement are not. */
  stop (): void {
    this.reconciler.stop()
    this.copies.clear()
    this.waiters.end()
  }

  /** Forgets version, placement and copies; sends nothing. */
  reset (): void {
    this.version = undefined
    this.acknowledged = false
    this.preferred = undefined
    this.placements.reset()
    this.stores.clear()
    this.waiters.end()
    this.count()
  }

  /** Something changed that the next look at the copies depends on. */
  wake (): void {
    this.reconciler.wake()
  }

  /** Replaces the holders; those of `pinned` stay even when they fail. */
  choose (holders: readonly string[], pinned: readonly string[]): void {
    this.pinned = pinned
    this.chosen = holders
    // from here on they are watched, though there may be nothing to store yet
    this.stores.watch(holders)
    this.reconciler.wake()
  }

  /**
   * Takes over what was found.
   *
   * @param confirmed - nothing unknown was acknowledged under this placement, so it may go on to be used for this version
   */
  adopt (version: Version, placement: Placement, known: KnownCopies, confirmed: boolean): void {
    this.version = version
    this.acknowledged = false
    this.placements.adopt(placement, confirmed)
    this.stores.adopt(version.record.id, placement, known)
    this.progress()
    this.reconciler.wake()
  }

  /** A new version is to be kept; with `preferred`, by that peer among others. */
  replicate (version: Version, preferred?: string): void {
    this.version = version
    this.acknowledged = false
    this.preferred = preferred
    this.placements.forOwnRecord()
    this.stores.newVersion()
    this.count()
    this.reconciler.wake()
  }

  /**
   * What became of the current version, once `until` is so: `kept` by minCopies, by `all`, or acknowledged or not by one `peer`. Without a
   * timeout it ends when everybody willing was tried; at once when nothing more will be done, before a start or after a stop.
   */
  async outcome (options: WaitOptions & { until?: 'kept' | 'all' | { peer: string } } = {}): Promise<WriteResult> {
    const { until = 'kept', timeout = 0 } = options
    const isDone = (tried: boolean): boolean => {
      return typeof until === 'object'
        ? this.stores.isHeard(until.peer, this.version?.record.id)
        : (until === 'kept' ? this.isKept : this.isWhole) || (tried && timeout === 0)
    }

    if (this.reconciler.isStopped) {
      return this.result()
    }

    this.reconciler.wake()

    return await this.waiters.wait(options, isDone, () => this.result())
  }

  /** The present state as a write's result. */
  result (): WriteResult {
    const copies = this.have()

    return {
      outcome: this.isKept ? 'kept' : copies > 0 ? 'degraded' : 'unstored',
      ...(this.version == null ? {} : { seq: String(this.version.record.seq) }),
      copies,
      minimum: this.init.minCopies,
      target: this.init.target,
      failures: this.version == null ? [] : this.copies.failures(this.holders, this.version.record.id)
    }
  }

  get copies (): Copies {
    return this.stores.copies
  }

  get holders (): readonly string[] {
    return this.placements.holders
  }

  /** Those who hold or shall hold. */
  get confidants (): readonly string[] {
    return this.chosen ?? this.placements.current?.holders ?? this.pinned
  }

  /** minCopies acknowledged the current version, and as many are here. */
  get isKept (): boolean {
    return this.acknowledged && this.have() >= this.init.minCopies
  }

  /** As many copies as wanted are. */
  get isWhole (): boolean {
    return this.acknowledged && this.have() >= this.init.target
  }

  /** Living copies of the current version; one per address counts. */
  have (): number {
    return distinctCopies(this.copies.views().filter(copy => this.holdsCurrent(copy)))
  }

  /** Why `peer` did not take the current version; undefined if it did. */
  whyNot (peer: string): CopyFailure['why'] | undefined {
    return this.stores.whyNot(peer, this.version?.record.id)
  }

  /** `peer` told, other than by STORE, that it holds the current record. */
  confirm (peer: string, placement: string): void {
    if (this.version != null && this.copies.get(peer) != null) {
      this.stores.confirm(peer, this.version.record.id, placement)
      this.changed(peer)
    }
  }

  connected (peer: NetworkPeer): void {
    this.copies.connected(peer)
    this.changed(peer.id)
  }

  disconnected (peer: string): void {
    this.copies.disconnected(peer)
    this.changed(peer)
  }

  /**
   * Until a record is acknowledged, a peer that may hold it with an older placement, and cannot be given the newer one, makes that older
   * placement look as if nothing had been acknowledged after it.
   */
  isOutdated (version: Version): boolean {
    return this.version === version && !this.acknowledged && this.stores.isOutOfReach(this.placements.current)
  }

  /** Resolves with the time of the next look; undefined if there is nothing to keep. */
  private async reconcile (): Promise<number | undefined> {
    const { version, init, reconciler } = this

    if (version == null) {
      return
    }

    if (init.isInDoubt()) {
      this.waiters.progress(!this.isBusy)
      return
    }

    await this.place(version)

    // whoever changed these has woken us again
    if (this.version !== version || reconciler.isStopped) {
      return
    }

    const step = this.plan(version)
    const placement = this.placements.current

    if (this.isOutdated(version)) {
      init.onOutdated(version)
    } else if (placement != null) {
      step.stores.filter(peer => placement.holders.includes(peer)).forEach(peer => { void this.stores.store(peer, version, placement) })
    }

    this.progress(step)

    return Math.min(step.wakeAt ?? Infinity, init.clock.now() + (sameSet(step.holders, this.holders) ? RECONCILE_INTERVAL : second))
  }

  /** Makes a placement if one is due: for those who were chosen, for those who are planned. */
  private async place (version: Version): Promise<void> {
    const { chosen } = this

    if (chosen != null && chosen.length > 0 && await this.placements.place(chosen)) {
      this.stores.keepTo(this.holders)
    }

    if (this.chosen === chosen) {
      this.chosen = undefined
    }

    const { holders } = this.plan(version)

    if (this.placements.isDue(holders) && await this.placements.place(holders)) {
      this.stores.keepTo(this.holders)
    }
  }

  private plan (version: Version): Plan {
    const { clock, random, target, minCopies, repairDelay, leaseSeconds } = this.init
    const pinned = this.preferred == null ? this.pinned : [...new Set([this.preferred, ...this.pinned])]

    this.stores.watch(pinned)

    return plan({
      now: clock.now(),
      record: version.record.id,
      placement: this.placements.current,
      copies: this.copies.views(),
      candidates: this.init.candidates(),
      pinned,
      target,
      minCopies,
      repairDelay,
      renewAfter: leaseSeconds * second * RENEW_SHARE
    }, random)
  }

  private changed (peer: string): void {
    this.init.onPeer(peer)
    this.progress()
    this.reconciler.wake()
  }

  /** Counts, and tells those who wait for a write. */
  private progress (step?: Plan): void {
    const placement = this.placements.current
    const acks = this.copies.views().filter(copy => this.holdsCurrent(copy) && copy.placement === placement?.id)

    this.acknowledged ||= distinctCopies(acks) >= this.init.minCopies && !this.stores.isExposedElsewhere(placement)
    this.count()
    this.waiters.progress(step != null && step.stores.length === 0 && !this.isBusy)
  }

  private get isBusy (): boolean {
    return this.copies.views().some(({ busy }) => busy)
  }

  private holdsCurrent (copy: CopyView): boolean {
    return copy.connected && copy.record != null && copy.record === this.version?.record.id && this.holders.includes(copy.peer)
  }

  private count (): void {
    const have = this.have()

    if (have !== this.lastHave) {
      this.lastHave = have
      this.init.onCopies({ seq: String(this.version?.record.seq ?? 0), have })
    }
  }
}
