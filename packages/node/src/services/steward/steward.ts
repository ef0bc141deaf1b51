import { leaseLeft } from '@nara-stash/protocol'
import { setMaxListeners } from 'main-event'
import { ABSENCE_TICK } from '../../constants.ts'
import { duties } from '../../policy/duties.ts'
import { Reconciler } from '../reconciler.ts'
import { Absence } from './absence.ts'
import { Acts } from './acts.ts'
import { Exchanges } from './exchanges.ts'
import { Leaving } from './leaving.ts'
import { LettingGo } from './letting-go.ts'
import { News } from './news.ts'
import { OwnerContact } from './owner-contact.ts'
import { Peers } from './peers.ts'
import { Register } from './register.ts'
import { TombstoneSpread } from './tombstone-spread.ts'
import type { Duty } from './duty.ts'
import type { LeaveOutcome } from '../../api.ts'
import type { LeaveResult } from './leaving.ts'
import type { Ending } from './letting-go.ts'
import type { Duties, HolderView } from '../../policy/duties.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { PeerDirectory } from '../presence/peer-directory.ts'
import type { Clock, Confidant, HeldStash, HeldStashes, NewestTable, Random, StashNetwork, Trust } from '@nara-stash/protocol'

export interface StewardInit {
  network: StashNetwork
  held: HeldStashes
  newest: Pick<NewestTable, 'get'>
  confidant: Pick<Confidant, 'addEventListener' | 'removeEventListener' | 'coHolders'>
  trust: Pick<Trust, 'admits'>
  disks: DiskEvidence
  directory: PeerDirectory
  clock: Clock
  random: Random
  /** Milliseconds that leaving may take. */
  leaveTimeout: number
  /** True if the copies held here outlive this process. */
  onDisk: boolean
  /** A copy was made, or brought up, with another holder. */
  onRepaired (owner: string, to: string, why: string): void
  onAudited (owner: string, peer: string, verdict: string): void
  /** Our own copy is gone. */
  onDropped (owner: string, why: string): void
  /** We leave, and this became of what we hold of an owner. */
  onLeaving (owner: string, outcome: LeaveOutcome): void
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
  private readonly register: Register
  private readonly lettingGo: LettingGo
  private readonly news: News
  private readonly absence: Absence
  private readonly reconciler: Reconciler
  private running: AbortController | undefined
  private draining = false
  private left: Promise<LeaveResult> | undefined
  private renewedAt = -Infinity

  constructor (init: StewardInit) {
    const { network, held, confidant, directory, clock, random, trust } = init
    const { self } = network
    const peers = new Peers(network, directory, trust, init.disks)
    const exchanges = new Exchanges({ network, held, clock, random, onUnreadable: owner => { this.register.get(owner)?.rest(clock.now()) } })

    this.init = init
    this.peers = peers
    this.exchanges = exchanges
    this.contact = new OwnerContact(peers.present, directory)
    this.acts = new Acts({ ...init, self, coHolders: confidant.coHolders, peers, exchanges })
    this.register = new Register({ self, held, present: peers.present })
    this.lettingGo = new LettingGo({ ...init, exchanges })
    this.absence = new Absence(clock.now())
    this.reconciler = new Reconciler(clock, async () => this.look())
    this.news = new News({
      ...init,
      register: this.register,
      peers,
      contact: this.contact,
      acts: this.acts,
      lettingGo: this.lettingGo,
      tombstones: new TombstoneSpread({ self, held, newest: init.newest, peers, exchanges }),
      wake: () => { this.reconciler.wake() }
    })
  }

  start (): void {
    if (this.running == null) {
      this.draining = false
      this.left = undefined
      this.running = new AbortController()
      setMaxListeners(Infinity, this.running.signal)
      this.peers.refresh()
      this.absence.rest(this.init.clock.now(), this.peers.isAlone)
      this.news.start(this.running.signal)
      this.reconciler.start()
    }
  }

  stop (): void {
    this.reconciler.stop()
    this.news.stop()
    this.running?.abort()
    this.running = undefined
    this.register.clear()
  }

  /** Hands on what absent owners left here and tells the others, in a bounded time. Nothing is repaired after that. Who asks twice gets one answer. */
  leave (): Promise<LeaveResult> {
    this.left ??= this.handOn()

    return this.left
  }

  private async handOn (): Promise<LeaveResult> {
    this.register.sync(this.init.clock.now())
    this.draining = true
    const { acts, exchanges, peers, contact } = this
    const leaving = new Leaving({ ...this.init, acts, exchanges, peers, contact, timeout: this.init.leaveTimeout })

    return await leaving.all(this.register.list(), this.running?.signal)
  }

  /** A peer said something in its presence: an owner may have settled, or be in doubt. */
  heard (peer: string): void {
    const duty = this.register.get(peer)

    if (duty != null && (duty.settledSince != null) !== this.contact.of(peer).settled) {
      this.news.concerns(duty)
    }
  }

  /** Holders that we want to be connected to. */
  get wanted (): string[] {
    return this.register.list().flatMap(({ reach }) => reach)
  }

  private look (): number | undefined {
    const { clock, held } = this.init
    const now = clock.now()
    this.register.sync(now)

    if (this.register.size === 0) {
      this.absence.rest(now, this.peers.isAlone)

      return
    }

    if (this.draining) {
      return
    }

    const all = this.register.list()
    this.noteAbsence(all, now)
    held.lapsed().forEach(({ record: { owner } }) => { this.lapse(owner) })
    all.filter(({ nextLook, ending }) => nextLook != null && nextLook <= now && !ending).forEach(duty => { this.attend(duty, now) })

    return Math.min(this.absence.due, ...all.filter(({ ending }) => !ending).map(({ nextLook }) => nextLook ?? Infinity))
  }

  private noteAbsence (all: readonly Duty[], now: number): void {
    const { held } = this.init
    const { absent, wasAway } = this.absence.look(now, this.peers.isAlone)

    if (absent > 0) {
      held.absent(absent)
    }

    all.forEach(duty => { duty.unconfirmed ||= wasAway })

    // a promise does not run while its owner is here
    if (now - this.renewedAt >= ABSENCE_TICK) {
      this.renewedAt = now
      all.filter(({ owner }) => this.peers.present.has(owner)).forEach(({ owner }) => { held.renew(owner) })
    }
  }

  private lapse (owner: string): void {
    const duty = this.register.get(owner)

    if (this.peers.present.has(owner)) {
      this.init.held.renew(owner)
    } else if (duty != null) {
      this.letGo(duty, { reason: 'lease', why: 'its lease ran out', isDue: stash => leaseLeft(stash, this.init.clock.now()) === 0 })
    }
  }

  private attend (duty: Duty, now: number): void {
    const stash = this.init.held.get(duty.owner)

    if (stash == null) {
      return
    }

    // without our own copy there is nothing to hold another's against, and none to give
    if (duty.blindUntil > now) {
      duty.nextLook = duty.blindUntil
      return
    }

    const left = leaseLeft(stash, now) * 1_000
    duty.know(stash, this.peers.present, now, peer => this.init.disks.of(peer) != null)
    const made = this.decide(duty, stash, now)
    const outdatedUntil = duty.outdatedUntil(this.init.newest.get(duty.owner), stash, now)

    // a lease that is over is seen to at every look
    duty.nextLook = Math.min(made.wakeAt ?? Infinity, left > 0 ? now + left : Infinity, outdatedUntil > now ? outdatedUntil : Infinity)
    this.carryOut(duty, made)
  }

  private decide (duty: Duty, stash: HeldStash, now: number): Duties {
    const { random, network, newest } = this.init
    const owner = { peer: duty.owner, ...this.contact.of(duty.owner) }
    const { reunitedAt } = this.peers
    duty.settledSince = owner.settled ? duty.settledSince ?? now : undefined
    const views = (): HolderView[] => duty.views(this.acts.everybody(duty)).map(view => {
      const disk = this.init.disks.of(view.peer)

      return disk == null ? view : { ...view, disk }
    })
    let holders: HolderView[] | undefined

    return duties({
      now,
      self: network.self,
      rank: duty.rank,
      placement: stash.placement,
      owner,
      ...(duty.settledSince == null ? {} : { settledSince: duty.settledSince }),
      leaseLeft: leaseLeft(stash, now) * 1_000,
      mayRepair: !stash.restored && !stash.mayBeDeleted && !duty.unconfirmed,
      isNewest: duty.outdatedUntil(newest.get(duty.owner), stash, now) <= now,
      isDraining: this.draining,
      onDisk: this.init.onDisk,
      ...(reunitedAt == null ? {} : { reunitedAt }),
      storing: duty.storing,
      since: duty.since,
      // looked up only if there is anything to decide
      get holders () { return holders ??= views() },
      candidates: () => this.peers.candidates(duty)
    }, random)
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
        this.afterwards(duty, this.acts.challenge(duty, holder, options))
      } else if (made.offer.includes(holder.peer)) {
        this.afterwards(duty, this.acts.offer(duty, holder, options))
      }
    }

    if (made.store != null) {
      duty.storing = true
      this.afterwards(duty, this.acts.store(duty, made.store, 'a copy was missing', options).finally(() => { duty.storing = false }))
    }

    if (made.drop) {
      this.letGo(duty, { reason: 'trimmed', why: 'others hold enough', isDue: stash => this.decide(duty, stash, this.init.clock.now()).drop })
    }

    if (made.reach.length > 0) {
      this.init.onReach()
    }
  }

  private letGo (duty: Duty, ending: Ending): void {
    if (!duty.ending && duty.endAfter <= this.init.clock.now()) {
      this.afterwards(duty, this.lettingGo.end(duty, ending, this.running?.signal))
    }
  }

  /** What was done may have changed what there is to do. */
  private afterwards (duty: Duty, work: Promise<unknown>): void {
    void work.then(() => { this.news.concerns(duty) })
  }
}
