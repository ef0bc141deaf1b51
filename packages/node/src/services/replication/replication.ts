import { Deletion } from './deletion.ts'
import { Hearsay } from './hearsay.ts'
import { Keeping } from './keeping.ts'
import { Outcomes } from './outcomes.ts'
import { Placements } from './placements.ts'
import { Reconciler } from '../reconciler.ts'
import { Stores } from './stores.ts'
import { Upkeep } from './upkeep.ts'
import type { CopyFailure, ForgetResult, WriteResult } from '../../api.ts'
import type { CountedCopies } from '../../policy/select.ts'
import type { Audits } from './audits.ts'
import type { Copies } from './copies.ts'
import type { KeepingInit } from './keeping.ts'
import type { OutcomeOptions } from './outcomes.ts'
import type { WaitOptions } from './write-waiters.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { Version } from '../owner/own-stash.ts'
import type { PlacementsInit } from './placements.ts'
import type { KnownCopies, OlderCopy, StoresInit } from './stores.ts'
import type { UpkeepInit } from './upkeep.ts'
import type { NetworkPeer, Placement } from '@nara-stash/protocol'

export interface ReplicationInit extends StoresInit, PlacementsInit, KeepingInit, UpkeepInit {
  /** What our stash is, is in doubt: nothing more of it is handed out until that ends. */
  isInDoubt (): boolean
  disks: DiskEvidence
}

/**
 * Keeps the current version with its confidants. Level-triggered: it looks at what is, computes a plan, carries it out; events only wake it. What is
 * wanted is one version and a placement, what is there is the table of copies.
 */
export class Replication {
  /** What peers tell by themselves. */
  readonly hearsay: Hearsay

  private readonly init: ReplicationInit
  private readonly placements: Placements
  private readonly stores: Stores
  private readonly keeping: Keeping
  private readonly upkeep: Upkeep
  private readonly outcomes: Outcomes
  private readonly deletion: Deletion
  private readonly reconciler: Reconciler
  constructor (init: ReplicationInit) {
    this.init = init
    this.placements = new Placements({
      ...init,
      onHolders: change => {
        this.deletion.remember(change.removed.map(({ peer }) => peer))
        init.onHolders(change)
      }
    })
    this.stores = new Stores({ ...init, onPeer: peer => { this.changed(peer) } })
    this.keeping = new Keeping(init, this.placements, this.stores)
    this.upkeep = new Upkeep({ ...init, wake: () => { this.reconciler.wake() } }, this.placements, this.stores, this.keeping)
    this.outcomes = new Outcomes(init.clock, this.keeping, this.stores)
    this.deletion = new Deletion({ ...init, placements: this.placements, onChange: () => { this.reconciler.wake() } }, this.keeping)
    this.reconciler = new Reconciler(init.clock, async () => await this.reconcile())
    this.hearsay = new Hearsay({
      keeping: this.keeping,
      placements: this.placements,
      stores: this.stores,
      deletion: this.deletion,
      onPeer: peer => { this.changed(peer) },
      wake: () => { this.reconciler.wake() }
    })
  }

  start (): void {
    this.stores.watch([...this.pinned, ...this.holders])
    this.reconciler.start()
  }

  /** What is under way ends; what is known of the peers is forgotten, version and placement are not. */
  stop (): void {
    this.reconciler.stop()
    // who waits is told how things stand, not what is left once it is forgotten
    this.outcomes.end()
    this.stores.stop()
    this.deletion.stop()
  }

  /** Forgets version, placement and copies; sends nothing. */
  reset (): void {
    this.keeping.begin(undefined)
    this.deletion.end()
    this.unplace()
  }

  /** Something changed that the next look at the copies depends on. */
  wake (): void {
    this.reconciler.wake()
  }

  /** Replaces the holders; those of `pinned` stay even when they fail. */
  choose (holders: readonly string[], pinned: readonly string[]): void {
    this.upkeep.choose(holders, pinned)
    // though there may be nothing to store yet
    this.stores.watch(holders)
    this.reconciler.wake()
  }

  /**
   * Takes over what was found.
   *
   * @param confirmed - nothing unknown was acknowledged under this placement, so it may go on to be used for this version
   */
  adopt (version: Version, placement: Placement, known: KnownCopies, confirmed: boolean): void {
    this.keeping.begin(version)
    this.deletion.end()
    this.placements.adopt(placement, confirmed)
    this.stores.adopt(version.record.id, placement, known)
    this.keeping.look()
    this.reconciler.wake()
  }

  /** A new version is to be kept; with `preferred`, by that peer among others. A tombstone is brought to all who have a copy. */
  replicate (version: Version, preferred?: string): void {
    const before = this.keeping.version
    const { preferred: awaited } = this.upkeep
    // who was to have the one before, and has not answered, is to have this one
    const isAwaited = awaited != null && !this.stores.isHeard(awaited, before?.record.id)
    // who is slower than those that made it safe is not cut short by each new one, or it would never have any
    const goesOn = this.keeping.acknowledged

    this.keeping.begin(version)

    if (version.record.kind === 'tombstone') {
      return this.forget(version)
    }

    this.upkeep.preferred = preferred ?? (isAwaited ? awaited : undefined)
    this.placements.forOwnRecord()
    // who did not hear of a deletion before this has to let go all the same
    this.stores.newVersion(version.record.id, this.deletion.end(), { goesOn })
    this.keeping.count()
    this.reconciler.wake()
  }

  /** A tombstone of another process goes on to be brought to all who have a copy. `holders` had one when it was sealed, `older` are here. */
  spread (version: Version, holders: readonly string[], isAcknowledged: boolean, older: readonly OlderCopy[]): void {
    this.keeping.begin(version)
    this.forget(version, holders, older)

    if (isAcknowledged) {
      this.keeping.acknowledge()
    }
  }

  /** What became of the current version: once everybody willing was tried if there is no timeout; at once before a start and after a stop. */
  async outcome (options: OutcomeOptions = {}): Promise<WriteResult> {
    this.reconciler.wake()

    return this.reconciler.isStopped ? this.result() : await this.outcomes.wait(options)
  }

  /** Another version is to take the current one's place, and does not build on its content: who waits for it is told how well it is kept now. */
  decidedAgainst (): void {
    this.outcomes.end()
    // what is under way is not to make copies of it
    this.copies.newRecord()
  }

  /** What became of the tombstone that is the current version; waits as `outcome` does. */
  async forgotten (options: WaitOptions = {}): Promise<ForgetResult> {
    this.reconciler.wake()

    return this.reconciler.isStopped ? this.deletion.result() : await this.deletion.outcome(options)
  }

  /** The present state as a write's result. */
  result (): WriteResult {
    return this.keeping.result()
  }

  get copies (): Copies {
    return this.stores.copies
  }

  get audits (): Audits {
    return this.stores.audits
  }

  get holders (): readonly string[] {
    return this.placements.holders
  }

  /** Peers that are known to have `record`, the current one: not those who were chosen to. */
  holding (record: string): string[] {
    return this.keeping.version?.record.kind === 'tombstone'
      ? this.deletion.told()
      : this.copies.views().filter(copy => copy.connected && copy.record === record).map(({ peer }) => peer)
  }

  get pinned (): readonly string[] {
    return this.upkeep.pinned
  }

  /** A peer that shall be among the holders of the current version. */
  get preferred (): string | undefined {
    return this.upkeep.preferred
  }

  /** Those who hold or shall hold. */
  get confidants (): readonly string[] {
    return this.upkeep.chosen ?? this.placements.current?.holders ?? this.pinned
  }

  /** minCopies acknowledged the current version under one placement. */
  get acknowledged (): boolean {
    return this.keeping.acknowledged
  }

  /** minCopies acknowledged the current version, and as many are here. */
  get isKept (): boolean {
    return this.keeping.isKept
  }

  /** As many copies as wanted are. */
  get isWhole (): boolean {
    return this.keeping.isWhole
  }

  /** Living copies, and those that their holders took along on their disks. */
  staying (): number {
    return this.keeping.staying(this.init.clock.now())
  }

  /** Living copies of the current version; one per address counts, unless each does. */
  counted (): CountedCopies {
    return this.keeping.counted()
  }

  /**
   * Until when `peer` promised to keep the current version, or as many as minCopies did if none is named: at least, and on the clock's monotonic scale. Undefined
   * if they have not.
   */
  keptUntil (peer?: string): number | undefined {
    return peer == null ? this.keeping.keptByMinimumUntil : this.keeping.keptUntil(peer)
  }

  /** A copy beside the holders that stays where it is. */
  isSpare (peer: string): boolean {
    return this.upkeep.isSpare(peer)
  }

  /** Why `peer` did not take the current version; undefined if it did. */
  whyNot (peer: string): CopyFailure['why'] | undefined {
    return this.stores.whyNot(peer, this.keeping.version?.record.id)
  }

  connected (peer: NetworkPeer): void {
    this.upkeep.isAlone(false)
    this.copies.connected(peer)
    this.moved(peer.id)
  }

  disconnected (peer: string): void {
    this.upkeep.isAlone(this.init.network.peers().length === 0)
    this.copies.disconnected(peer)
    this.moved(peer)
  }

  /** `version` is to be sealed anew: a peer may have it with an older placement, and cannot be given the present one. */
  isOutdated (version: Version): boolean {
    return this.keeping.version === version && version.record.kind === 'data' && this.keeping.isOutdated
  }

  /** Resolves with the time of the next look; undefined if there is nothing to keep. */
  private async reconcile (): Promise<number | undefined> {
    const { init, reconciler, outcomes, keeping: { version } } = this

    if (version == null) {
      return
    }

    if (init.isInDoubt()) {
      outcomes.progress(!this.stores.isBusy)
      this.deletion.pause()
      return
    }

    if (version.record.kind === 'tombstone') {
      return this.deletion.look()
    }

    // whoever changes these wakes us again
    const looked = await this.upkeep.look(version, () => this.keeping.version === version && !reconciler.isStopped)

    if (looked != null) {
      outcomes.progress(looked.isTried)
    }

    return looked?.next
  }

  /** A tombstone has no holders: whoever may have a copy is told, however many they are. What was sent may still arrive: to be asked first would be too early. */
  private forget (version: Version, others: readonly string[] = [], older: readonly OlderCopy[] = []): void {
    const known = this.copies.views().flatMap(({ peer, unproved, record = unproved, placement = '' }) => record == null ? [] : [{ peer, record, placement }])
    this.deletion.begin(version, [...this.holders, ...others], [...known, ...older])
    this.unplace()
    this.reconciler.wake()
  }

  private unplace (): void {
    this.upkeep.preferred = undefined
    this.placements.reset()
    this.stores.clear()
    this.outcomes.end()
    this.keeping.count()
  }

  private moved (peer: string): void {
    this.upkeep.moved(peer)
    this.deletion.moved(peer)

    // who has to do with no copy matters where one is missing
    if (this.copies.get(peer) != null || !this.isWhole) {
      this.changed(peer)
    }
  }

  private changed (peer: string): void {
    this.init.onPeer(peer)
    this.keeping.look()
    this.outcomes.progress(false)
    this.reconciler.wake()
  }
}
