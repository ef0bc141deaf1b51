import { order, sealPlacement } from '@nara-stash/protocol'
import { RECONCILE_INTERVAL } from '../constants.ts'
import { plan } from '../policy/plan.ts'
import { distinctCopies } from '../policy/select.ts'
import { Copies } from './copies.ts'
import { failureOf } from './failure.ts'
import { WriteWaiters } from './write-waiters.ts'
import type { WriteResult } from '../api.ts'
import type { CopyView, Plan } from '../policy/plan.ts'
import type { Candidate } from '../policy/select.ts'
import type { WaitOptions } from './write-waiters.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Clock, NetworkPeer, Placement, PlacementClaims, Random, RecordHeader, StashNetwork, StoreResponse } from '@nara-stash/protocol'

export interface ReplicationInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  random: Random
  target: number
  minCopies: number
  repairDelay: number
  leaseSeconds: number
  pinned: readonly string[]
  /** Connected peers that may be chosen. */
  candidates (): Candidate[]
  onCopies (copies: { seq: string, have: number }): void
  onHolders (change: { added: string[], removed: string[] }): void
  /** A peer's state may have changed. */
  onPeer (peer: string): void
  /** A holder answered with a record of ours that we did not send. */
  onStranger (record: RecordHeader, placement: Placement | undefined, from: string): void
}

/** A copy that is known from recovery. */
export interface KnownCopy {
  peer: string
  placement: string
}

/**
 * Keeps the current version with its confidants. Level-triggered: it looks at what is, computes a plan, carries it out; events only wake it. What is
 * wanted is one version and a placement, what is there is the table of copies.
 */
export class Replication {
  readonly copies: Copies
  placement: Placement | undefined
  /** minCopies of the placement have acknowledged the current version. */
  acknowledged = false
  pinned: readonly string[]

  private readonly init: ReplicationInit
  private preferred: string | undefined
  private chosen: readonly string[] | undefined
  /** Counts resets, so that what was begun before one ends with it. */
  private epoch = 0
  private readonly waiters: WriteWaiters
  private version: Version | undefined
  /** With which placement a peer may hold the current record: from the first byte sent until it says no. */
  private exposed = new Map<string, string>()
  private cancelTimer: () => void = () => {}
  private running: Promise<void> | undefined
  private again = false
  private stopped = true
  private lastHave = 0

  constructor (init: ReplicationInit) {
    this.init = init
    this.pinned = init.pinned
    this.copies = new Copies(init.clock)
    this.waiters = new WriteWaiters(init.clock)
  }

  start (): void {
    this.stopped = false
    this.wake()
  }

  stop (): void {
    this.stopped = true
    this.cancelTimer()
    this.reset()
  }

  /** Forgets version, placement and copies; sends nothing. */
  reset (): void {
    this.epoch++
    this.version = undefined
    this.placement = undefined
    this.acknowledged = false
    this.exposed.clear()
    this.copies.clear()
    this.waiters.end()
    this.count()
  }

  /** Replaces the holders; those of `pinned` stay even when they fail. */
  choose (holders: readonly string[], pinned: readonly string[]): void {
    this.pinned = pinned
    this.chosen = holders
    this.wake()
  }

  /** Takes over what recovery found. `confirmed` says that minCopies are known to have acknowledged it. */
  adopt (version: Version, placement: Placement, known: readonly KnownCopy[], confirmed: boolean): void {
    this.version = version
    this.placement = placement
    this.exposed = new Map(known.map(({ peer, placement }) => [peer, placement]))
    this.acknowledged = confirmed
    this.watch(placement.holders)
    known.forEach(({ peer, placement }) => { this.copies.acknowledged(peer, version.record.id, placement) })
    this.init.onHolders({ added: [...placement.holders], removed: [] })
    this.progress()
    this.wake()
  }

  /** A new version is to be kept; with `preferred`, by that peer among others. */
  replicate (version: Version, preferred?: string): void {
    this.version = version
    this.acknowledged = false
    this.exposed.clear()
    this.copies.newRecord()
    this.preferred = preferred
    this.wake()
  }

  /**
   * What became of the current version, once `until` is so: `kept` by minCopies, tried with `all`, or acknowledged or not by one `peer`. Without a
   * timeout it ends when everybody willing was tried.
   */
  async outcome (options: WaitOptions & { until?: 'kept' | 'all' | { peer: string } } = {}): Promise<WriteResult> {
    const { until = 'kept' } = options
    const isDone = (tried: boolean): boolean => {
      if (until === 'kept' || until === 'all') {
        return (until === 'kept' && this.acknowledged) || (tried && (options.timeout ?? 0) === 0)
      }

      const copy = this.copies.get(until.peer)

      return copy != null && !copy.busy && (copy.record === this.version?.record.id || copy.why != null)
    }

    this.wake()

    return await this.waiters.wait(options, isDone, () => this.result())
  }

  /** The present state as a write's result. */
  result (): WriteResult {
    const copies = this.have()

    return {
      outcome: this.acknowledged ? 'kept' : copies > 0 ? 'degraded' : 'unstored',
      ...(this.version == null ? {} : { seq: String(this.version.record.seq) }),
      copies,
      minimum: this.init.minCopies,
      target: this.init.target,
      failures: this.version == null ? [] : this.copies.failures(this.holders, this.version.record.id)
    }
  }

  get holders (): readonly string[] {
    return this.placement?.holders ?? []
  }

  /** Those who hold or shall hold. */
  get confidants (): readonly string[] {
    return this.chosen ?? this.placement?.holders ?? this.pinned
  }

  /** Living copies of the current version; one per address counts. */
  have (): number {
    return distinctCopies(this.copies.views().filter(copy => this.holdsCurrent(copy)))
  }

  /** `peer` told, other than by STORE, that it holds the current record. */
  confirm (peer: string, placement: string): void {
    if (this.version != null && this.copies.get(peer) != null) {
      this.copies.acknowledged(peer, this.version.record.id, placement)
      this.exposed.set(peer, placement)
      this.progress()
      this.wake()
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

  /** Something changed: look again soon. Any number of calls lead to one look. */
  wake (): void {
    if (this.stopped) {
      return
    }

    if (this.running != null) {
      this.again = true
      return
    }

    this.running = this.reconcile().finally(() => {
      this.running = undefined

      if (this.again) {
        this.again = false
        this.wake()
      }
    })
  }

  private async reconcile (): Promise<void> {
    this.cancelTimer()
    await Promise.resolve()

    const { chosen, version } = this

    if (chosen != null) {
      await this.place(chosen)
      this.chosen = undefined
    }

    if (version == null || this.stopped) {
      return
    }

    let step = this.plan(version)

    if (!sameSet(step.holders, this.holders) || this.placement == null) {
      if (step.holders.length > 0) {
        await this.place(step.holders)
      }
    }

    if (this.version === version && this.mustReseal()) {
      // under the old placement it can no longer be acknowledged: see ARCHITECTURE.md, "Acknowledged under one placement"
      this.version = await this.init.own.seal(version.data)
      this.exposed.clear()
      this.copies.newRecord()
    }

    if (this.version == null || this.stopped) {
      return
    }

    step = this.plan(this.version)
    step.stores.forEach(peer => { void this.store(peer) })
    this.progress(step)

    const { clock } = this.init
    const next = Math.min(step.wakeAt ?? Infinity, clock.now() + RECONCILE_INTERVAL)
    this.cancelTimer = clock.setTimer(() => { this.wake() }, Math.max(next - clock.now(), 1))
  }

  private plan (version: Version): Plan {
    const { clock, random, target, minCopies, repairDelay } = this.init
    const { preferred } = this

    this.watch([...this.pinned, ...(preferred == null ? [] : [preferred])])

    return plan({
      now: clock.now(),
      record: version.record.id,
      placement: this.placement,
      copies: this.copies.views(),
      candidates: this.init.candidates(),
      pinned: preferred == null ? this.pinned : [...new Set([preferred, ...this.pinned])],
      target,
      minCopies,
      repairDelay
    }, random)
  }

  /** A new placement for these holders. */
  private async place (holders: readonly string[]): Promise<void> {
    const { own, target, minCopies, leaseSeconds } = this.init
    const before = this.holders
    const claims: PlacementClaims = {
      version: (this.placement?.version ?? 0) + 1,
      holders,
      target,
      minCopies,
      surrogates: 'any',
      allowed: [],
      leaseSeconds
    }

    const { epoch } = this
    const placement = await sealPlacement(claims, own.privateKey)

    if (this.epoch !== epoch) {
      return
    }

    this.placement = placement
    this.watch(holders)
    this.copies.keepOnly(holders)

    const added = holders.filter(peer => !before.includes(peer))
    const removed = before.filter(peer => !holders.includes(peer))

    if (added.length + removed.length > 0) {
      this.init.onHolders({ added, removed })
    }
  }

  /**
   * Until a record is acknowledged, a peer that may hold it with an older placement, and cannot be given the newer one, would make that older
   * placement look as if nothing had been acknowledged after it.
   */
  private mustReseal (): boolean {
    const present = this.placement?.id

    return !this.acknowledged && [...this.exposed].some(([peer, placement]) =>
      placement !== present && (!this.holders.includes(peer) || this.copies.get(peer)?.connected !== true))
  }

  private async store (peer: string): Promise<void> {
    const { version, placement } = this

    if (version == null || placement == null) {
      return
    }

    const signal = this.copies.begin(peer)
    const before = this.exposed.get(peer)
    this.exposed.set(peer, before ?? placement.id)

    try {
      const answer = await this.init.network.ask(peer, {
        type: 'store',
        record: version.record,
        placement,
        liveHolders: this.holders.filter(holder => this.copies.get(holder)?.record === version.record.id),
        leaseRemaining: placement.leaseSeconds,
        body: version.body
      }, { signal })

      if (this.copies.end(peer, signal)) {
        this.answered(peer, answer, version, placement)

        if (before == null && answer.type !== 'stored' && answer.type !== 'have') {
          this.exposed.delete(peer)
        }
      }
    } catch (err) {
      if (this.copies.end(peer, signal)) {
        this.copies.failed(peer, failureOf(err))
      }
    }

    this.changed(peer)
  }

  private answered (peer: string, answer: StoreResponse, version: Version, placement: Placement): void {
    switch (answer.type) {
      case 'stored':
      case 'have':
        this.copies.acknowledged(peer, version.record.id, placement.id)
        this.exposed.set(peer, placement.id)
        break
      case 'refused':
        this.copies.refused(peer, answer.reason, answer.retryAfter)
        break
      case 'stale':
      case 'conflict': {
        const relation = order(answer.record, version.record)

        this.copies.failed(peer, relation === (answer.type === 'stale' ? 'supersedes' : 'conflict') ? answer.type : 'protocol violation')

        if (answer.record.owner === version.record.owner) {
          this.init.onStranger(answer.record, answer.placement, peer)
        }
      }
    }
  }

  private changed (peer: string): void {
    this.init.onPeer(peer)
    this.progress()
    this.wake()
  }

  /** Counts, and tells those who wait for a write. */
  private progress (step?: Plan): void {
    const acks = this.copies.views().filter(copy => this.holdsCurrent(copy) && copy.placement === this.placement?.id)

    if (!this.acknowledged && distinctCopies(acks) >= this.init.minCopies && !this.exposedElsewhere()) {
      this.acknowledged = true
    }

    this.count()
    const busy = this.copies.views().some(({ busy }) => busy)

    this.waiters.progress(step != null && !busy && step.stores.length === 0)
  }

  private exposedElsewhere (): boolean {
    return [...this.exposed.values()].some(placement => placement !== this.placement?.id)
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

  private watch (peers: readonly string[]): void {
    const connected = new Map(this.init.network.peers().map(peer => [peer.id, peer]))

    peers.forEach(peer => { this.copies.watch(peer, connected.get(peer)) })
  }
}

function sameSet (a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(item => b.includes(item))
}
