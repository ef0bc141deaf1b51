import { deadlineSignal, leaseLeft, order } from '@nara-stash/protocol'
import { setMaxListeners } from 'main-event'
import { TELLING_TIMEOUT } from '../../constants.ts'
import { duties } from '../../policy/duties.ts'
import { Reconciler } from '../reconciler.ts'
import { Absence } from './absence.ts'
import { Acts } from './acts.ts'
import { Duty } from './duty.ts'
import { Exchanges } from './exchanges.ts'
import { claims, released } from './holder.ts'
import { Leaving } from './leaving.ts'
import { OwnerContact } from './owner-contact.ts'
import { Peers } from './peers.ts'
import { TombstoneSpread } from './tombstone-spread.ts'
import type { LeaveResult } from './leaving.ts'
import type { Duties } from '../../policy/duties.ts'
import type { PeerDirectory } from '../peer-directory.ts'
import type {
  Clock, Confidant, ConfidantEvents, HeldStash, HeldStashes, NetworkEvents, NewestTable, Random, ReleaseReason, StashNetwork, Trust
} from '@nara-stash/protocol'

export interface StewardInit {
  network: StashNetwork
  held: HeldStashes
  newest: Pick<NewestTable, 'get'>
  confidant: Pick<Confidant, 'addEventListener' | 'removeEventListener' | 'coHolders'>
  trust: Pick<Trust, 'admits'>
  directory: PeerDirectory
  clock: Clock
  random: Random
  /** Milliseconds that leaving may take. */
  leaveTimeout: number
  /** A copy was made, or brought up, with another holder. */
  onRepaired (owner: string, to: string, why: string): void
  onAudited (owner: string, peer: string, verdict: string): void
  /** Our own copy is gone. */
  onDropped (owner: string, why: string): void
  /** There are holders to connect to. */
  onReach (): void
}

/**
 * Sees to what is held here while its owner is away (SPEC.md, "Repair by the holders"): audits the other holders, makes good for copies that are lost, ends its own when
 * it is one too many or its lease is over. Level-triggered: each record is looked at when something happened to it or when the last look said to.
 */
export class Steward {
  private readonly init: StewardInit
  private readonly peers: Peers
  private readonly contact: OwnerContact
  private readonly exchanges: Exchanges
  private readonly acts: Acts
  private readonly tombstones: TombstoneSpread
  private readonly absence: Absence
  private readonly reconciler: Reconciler
  private readonly duties = new Map<string, Duty>()
  /** By owner, who brought what is held. */
  private readonly bringers = new Map<string, string>()
  private running: AbortController | undefined
  private draining = false

  constructor (init: StewardInit) {
    const { network, held, confidant, directory, clock, random, trust } = init

    this.init = init
    this.peers = new Peers(network, directory, trust)
    this.contact = new OwnerContact(this.peers.present, directory)
    this.exchanges = new Exchanges({ network, held, clock, random })
    this.acts = new Acts({ ...init, self: network.self, coHolders: confidant.coHolders, peers: this.peers, exchanges: this.exchanges })
    this.tombstones = new TombstoneSpread({ self: network.self, held, peers: this.peers, exchanges: this.exchanges })
    this.absence = new Absence(clock.now())
    this.reconciler = new Reconciler(clock, async () => this.look())
  }

  start (): void {
    if (this.running != null) {
      return
    }

    const { network, confidant, clock } = this.init
    this.draining = false
    this.running = new AbortController()
    setMaxListeners(Infinity, this.running.signal)
    this.peers.refresh()
    this.absence.rest(clock.now(), this.peers.isAlone)
    network.addEventListener('peer:connect', this.onConnect)
    network.addEventListener('peer:disconnect', this.onDisconnect)
    confidant.addEventListener('held:stored', this.onStored)
    confidant.addEventListener('held:co-holder', this.onCoHolder)
    confidant.addEventListener('held:released', this.onReleased)
    confidant.addEventListener('held:dropped', this.onDropped)
    confidant.addEventListener('held:forgotten', this.onForgotten)
    confidant.addEventListener('held:pushed', this.onPushed)
    this.reconciler.start()
  }

  stop (): void {
    const { network, confidant } = this.init
    this.reconciler.stop()
    network.removeEventListener('peer:connect', this.onConnect)
    network.removeEventListener('peer:disconnect', this.onDisconnect)
    confidant.removeEventListener('held:stored', this.onStored)
    confidant.removeEventListener('held:co-holder', this.onCoHolder)
    confidant.removeEventListener('held:released', this.onReleased)
    confidant.removeEventListener('held:dropped', this.onDropped)
    confidant.removeEventListener('held:forgotten', this.onForgotten)
    confidant.removeEventListener('held:pushed', this.onPushed)
    this.running?.abort()
    this.running = undefined
    this.duties.clear()
  }

  /** Hands on what absent owners left here and tells the others, in a bounded time. Nothing is repaired after that. */
  async leave (): Promise<LeaveResult> {
    const { clock, held, leaveTimeout, newest } = this.init
    this.sync(clock.now())
    this.draining = true
    const leaving = new Leaving({ held, newest, acts: this.acts, exchanges: this.exchanges, peers: this.peers, contact: this.contact, clock, timeout: leaveTimeout })

    return await leaving.all([...this.duties.values()], this.running?.signal)
  }

  /** A peer said something in its presence: an owner may have settled. */
  heard (peer: string): void {
    this.wakeFor(this.duties.get(peer))
  }

  /** Holders that we want to be connected to. */
  get wanted (): string[] {
    return [...this.duties.values()].flatMap(({ reach }) => reach)
  }

  private look (): number | undefined {
    const { clock, held } = this.init
    const now = clock.now()
    this.sync(now)

    if (this.duties.size === 0) {
      this.absence.rest(now, this.peers.isAlone)

      return
    }

    if (this.draining) {
      return
    }

    this.noteAbsence(now)
    held.lapsed().forEach(stash => { this.lapse(stash) })

    for (const duty of this.duties.values()) {
      if (duty.nextLook != null && duty.nextLook <= now && !duty.ending) {
        this.attend(duty, now)
      }
    }

    return Math.min(this.absence.due, ...[...this.duties.values()].map(({ nextLook }) => nextLook ?? Infinity))
  }

  /** One duty for each record that is held, and none for any other. */
  private sync (now: number): void {
    const { held, network } = this.init

    for (const [owner, duty] of this.duties) {
      if (held.get(owner)?.record.id !== duty.recordId) {
        this.duties.delete(owner)
      }
    }

    for (const stash of held.list()) {
      const { owner } = stash.record

      if (!this.duties.has(owner)) {
        const duty = new Duty(network.self, stash)
        const bringer = this.bringers.get(owner)
        duty.know(stash, this.peers.present, now)
        this.duties.set(owner, duty)

        if (bringer != null && bringer !== owner) {
          this.introduce(duty, [...stash.placement.holders, ...stash.liveHolders, bringer], now)
        }
      }

      this.bringers.delete(owner)
    }
  }

  private noteAbsence (now: number): void {
    const { held } = this.init
    const { absent, wasAway } = this.absence.look(now, this.peers.isAlone)

    if (absent > 0) {
      held.absent(absent)
    }

    for (const duty of this.duties.values()) {
      duty.unconfirmed ||= wasAway

      // a promise does not run while its owner is here
      if (this.peers.present.has(duty.owner)) {
        held.renew(duty.owner)
      }
    }
  }

  private lapse ({ record: { owner } }: HeldStash): void {
    const duty = this.duties.get(owner)

    if (this.peers.present.has(owner)) {
      this.init.held.renew(owner)
    } else if (duty != null && !duty.ending) {
      void this.letGo(duty, 'lease', 'its lease ran out')
    }
  }

  private attend (duty: Duty, now: number): void {
    const { held, random, network, newest, clock } = this.init
    const stash = held.get(duty.owner)

    if (stash == null) {
      return
    }

    duty.know(stash, this.peers.present, now)
    const known = newest.get(duty.owner)
    const left = leaseLeft(stash, clock.now()) * 1_000
    const made = duties({
      now,
      self: network.self,
      rank: duty.rank,
      placement: stash.placement,
      owner: this.contact.of(duty.owner),
      leaseLeft: left,
      mayRepair: !stash.restored && !duty.unconfirmed,
      isNewest: known == null || order(known, stash.record) !== 'supersedes',
      isDraining: this.draining,
      storing: duty.storing,
      since: duty.since,
      holders: duty.views(this.acts.everybody(duty)),
      candidates: () => this.peers.candidates(duty)
    }, random)

    duty.nextLook = Math.min(made.wakeAt ?? Infinity, now + left)
    this.carryOut(duty, made)
  }

  private carryOut (duty: Duty, made: Duties): void {
    const options = { signal: this.running?.signal }
    duty.since = made.since
    duty.reach = made.reach

    if (made.since.short == null) {
      duty.calm()
    }

    for (const holder of duty.present()) {
      if (made.challenge.includes(holder.peer)) {
        void this.afterwards(duty, this.acts.challenge(duty, holder, options))
      } else if (made.offer.includes(holder.peer)) {
        void this.afterwards(duty, this.acts.offer(duty, holder, options))
      }
    }

    if (made.store != null) {
      duty.storing = true
      void this.afterwards(duty, this.acts.store(duty, made.store, 'a copy was missing', options).finally(() => { duty.storing = false }))
    }

    if (made.drop) {
      void this.letGo(duty, 'trimmed', 'others hold enough')
    }

    if (made.reach.length > 0) {
      this.init.onReach()
    }
  }

  private async afterwards (duty: Duty, work: Promise<unknown>): Promise<void> {
    await work
    this.wakeFor(duty)
  }

  /** Tells the other holders first: they are not to count on us any longer. */
  private async letGo (duty: Duty, reason: ReleaseReason, why: string): Promise<void> {
    const { held, clock } = this.init
    duty.ending = true
    await this.tell(duty, reason)

    const stash = held.get(duty.owner)
    // its owner may have come back while they were told
    const isDue = stash != null && (reason !== 'lease' || leaseLeft(stash, clock.now()) === 0)

    if (isDue && await held.drop(duty.owner, duty.recordId).catch(() => false)) {
      this.init.onDropped(duty.owner, why)
    }

    duty.ending = false
    this.wakeFor(duty)
  }

  private async tell (duty: Duty, reason: ReleaseReason): Promise<void> {
    const deadline = deadlineSignal(this.init.clock, TELLING_TIMEOUT, this.running?.signal)

    await Promise.all(duty.present().map(async ({ peer }) =>
      await this.exchanges.release(peer, duty.owner, duty.recordId, reason, { signal: deadline.signal })))
    deadline.clear()
  }

  /** We are new: these hold, as far as is known, and do not know of us. */
  private introduce (duty: Duty, peers: readonly string[], now: number): void {
    for (const peer of new Set(peers)) {
      const holder = duty.holder(peer, this.peers.present, now)

      if (holder != null && holder.audit.provedAt == null) {
        holder.unmet = true
        holder.offerAfter = 0
      }
    }
  }

  private wakeFor (duty: Duty | undefined): void {
    if (duty != null) {
      duty.touch()
      this.reconciler.wake()
    }
  }

  private readonly onConnect = ({ detail }: NetworkEvents['peer:connect']): void => {
    const now = this.init.clock.now()
    const wasAlone = this.peers.isAlone
    this.peers.connected(detail)
    this.tombstones.connected(detail, this.running?.signal)
    this.init.held.renew(detail.id)
    this.wakeIf([...this.duties.values()].filter(duty => duty.connected(detail, now)), wasAlone)
  }

  private readonly onDisconnect = ({ detail: { id } }: NetworkEvents['peer:disconnect']): void => {
    const now = this.init.clock.now()
    this.peers.disconnected(id)
    this.contact.left(id)
    this.init.held.renew(id)
    this.wakeIf([...this.duties.values()].filter(duty => duty.disconnected(id, now)), this.peers.isAlone)
  }

  private wakeIf (concerned: readonly Duty[], anyway: boolean): void {
    concerned.forEach(duty => { duty.touch() })

    if (anyway || concerned.length > 0) {
      this.reconciler.wake()
    }
  }

  private readonly onStored = ({ detail: { record: { owner }, from } }: ConfidantEvents['held:stored']): void => {
    this.bringers.set(owner, from)

    if (from === owner) {
      this.contact.dealt(owner)
    }

    this.reconciler.wake()
  }

  private readonly onCoHolder = ({ detail: { owner, peer, recordId } }: ConfidantEvents['held:co-holder']): void => {
    const now = this.init.clock.now()
    const duty = this.duties.get(owner)
    const holder = duty?.holder(peer, this.peers.present, now)

    if (duty == null || holder == null) {
      return
    }

    if (recordId === duty.recordId) {
      claims(holder, now)
      holder.names = this.init.held.get(owner)?.liveHolders ?? []
      this.acts.heed(duty, holder)
    } else {
      // it has another version, or looks for one: ask
      holder.audit = { ...holder.audit, due: now, challengedAt: undefined }
    }

    this.acts.confirm(duty)
    this.wakeFor(duty)
  }

  private readonly onReleased = ({ detail: { owner, recordId, from, reason } }: ConfidantEvents['held:released']): void => {
    const now = this.init.clock.now()
    const duty = this.duties.get(owner)
    const holder = duty?.holders.get(from)

    if (reason === 'leaving') {
      this.peers.leaves(from)
    }

    if (duty?.recordId === recordId && holder != null) {
      released(holder, now, reason === 'leaving')
      this.wakeFor(duty)
    }
  }

  private readonly onDropped = ({ detail: { owner } }: ConfidantEvents['held:dropped']): void => {
    const duty = this.duties.get(owner)

    if (duty != null && this.init.held.get(owner)?.record.id !== duty.recordId) {
      void this.tell(duty, 'relieved')
      this.reconciler.wake()
    }
  }

  private readonly onForgotten = ({ detail: { owner } }: ConfidantEvents['held:forgotten']): void => {
    this.tombstones.begin(owner, [...this.duties.get(owner)?.holders.keys() ?? []], this.running?.signal)
    this.reconciler.wake()
  }

  private readonly onPushed = ({ detail: { owner, outcome } }: ConfidantEvents['held:pushed']): void => {
    if (outcome !== 'failed' && outcome !== 'refused') {
      const duty = this.duties.get(owner)
      this.contact.dealt(owner)

      if (duty != null) {
        this.acts.confirm(duty)
        this.wakeFor(duty)
      }
    }
  }
}
