import { RECONCILE_INTERVAL } from '../../constants.ts'
import { plan, renewAfter } from '../../policy/plan.ts'
import { removalOf } from '../../policy/removal.ts'
import { Reunion } from '../reunion.ts'
import { sameSet } from './placements.ts'
import { Surplus } from './surplus.ts'
import type { CopyView, Plan } from '../../policy/plan.ts'
import type { Candidate } from '../../policy/select.ts'
import type { Keeping } from './keeping.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { Placements } from './placements.ts'
import type { Stores } from './stores.ts'
import type { SurplusInit } from './surplus.ts'
import type { Clock, Random } from '@nara-stash/protocol'

const second = 1_000

/**
 * Between two looks when every copy that is wanted is here: what changes that is an event, and what the plan knows to be due wakes us. Milliseconds.
 */
const WHOLE_INTERVAL = 60 * RECONCILE_INTERVAL

export interface UpkeepInit {
  own: OwnStash
  clock: Clock
  random: Random
  target: number
  minCopies: number
  countEach?: boolean
  repairDelay: number
  diskRepairDelay: number
  leaseSeconds: number
  pinned: readonly string[]
  /** Whose copies outlive their processes. */
  disks: Pick<DiskEvidence, 'of'>
  /** Connected peers that may be chosen. */
  candidates (): Candidate[]
  /** `version` cannot be acknowledged any longer under one placement: its content is to be sealed anew and replicated. */
  onOutdated (version: Version): void
  /** Somebody chose who shall hold: they are wanted here. */
  onChosen? (): void
}

/** One look at the copies of a version: what is wanted, what is there, and what to do about it. */
export class Upkeep {
  pinned: readonly string[]
  private unpinned: readonly string[] = []
  /** A peer that shall be among the holders of the current version. */
  preferred: string | undefined
  /** Holders that somebody chose, until they have a placement. */
  chosen: readonly string[] | undefined

  private readonly reunion = new Reunion()
  private readonly init: UpkeepInit
  private readonly placements: Placements
  private readonly stores: Stores
  private readonly keeping: Keeping
  private readonly surplus: Surplus

  constructor (init: UpkeepInit & SurplusInit, placements: Placements, stores: Stores, keeping: Keeping) {
    this.init = init
    this.pinned = init.pinned
    this.placements = placements
    this.stores = stores
    this.keeping = keeping
    this.surplus = new Surplus(init, keeping, placements, stores)
  }

  /**
   * Looks, and does what is to be done.
   *
   * @returns whether everybody willing was tried (one that admits no more at the moment is yet to be), and when to look again; undefined if it is not `isDue` any longer
   */
  async look (version: Version, isDue: () => boolean): Promise<{ isTried: boolean, next: number } | undefined> {
    const { init, keeping, placements, stores, surplus } = this

    const planned = await this.place(version)

    if (!isDue()) {
      return
    }

    // a placement was sealed meanwhile, and with it more may have changed
    const step = planned ?? this.plan(version)

    if (keeping.isOutdated) {
      init.onOutdated(version)
    } else {
      this.store(version, step)
    }

    keeping.look()

    return {
      isTried: step.stores.length === 0 && !stores.isBusy && !stores.isPaced(placements.holders),
      next: Math.min(this.next(step), stores.audits.look(version, placements.holders), surplus.look())
    }
  }

  /** These shall hold, and of them the pinned also when they fail. */
  choose (holders: readonly string[], pinned: readonly string[]): void {
    this.unpinned = this.pinned
    this.pinned = pinned
    this.chosen = holders
    this.init.onChosen?.()
  }

  /** Whether all connections are lost: if so, it is us who are away, and not all the others. */
  isAlone (isAlone: boolean): void {
    this.reunion[isAlone ? 'lost' : 'met'](this.init.clock.now())
  }

  /** A copy beside the holders that stays where it is. */
  isSpare (peer: string): boolean {
    return this.surplus.isSpare(peer)
  }

  /** What `peer` has comes anew, or goes. */
  moved (peer: string): void {
    this.surplus.forget(peer)
  }

  /** Makes a placement if one is due: for those who were chosen, for those who are planned. Returns the plan if it needs none. */
  private async place (version: Version): Promise<Plan | undefined> {
    const { chosen } = this
    const { boot, seq } = version.record
    // of a record of another process it may not be known with which placements that was acknowledged
    const since = (): number => boot === this.init.own.boot && !this.keeping.acknowledged ? seq : seq + 1

    if (chosen != null && chosen.length > 0 && await this.placements.place(chosen, since, peer => this.unpinned.includes(peer) ? 'unpinned' : 'replaced')) {
      this.stores.keepTo(this.placements.holders)
    }

    if (this.chosen === chosen) {
      this.chosen = undefined
    }

    const step = this.plan(version)

    // once it is acknowledged, another placement for those who have it costs no body
    if (!this.placements.isDue(step.holders) && !(this.keeping.acknowledged && (this.placements.isDated || this.placements.isOvertaken))) {
      return step
    }

    if (await this.placements.place(step.holders, since, peer => removalOf(this.stores.copies.get(peer)))) {
      this.stores.keepTo(this.placements.holders)
    }
  }

  private plan (version: Version): Plan {
    const { clock, random, target, minCopies, countEach, repairDelay, diskRepairDelay, leaseSeconds } = this.init
    const pinned = this.preferred == null ? this.pinned : [...new Set([this.preferred, ...this.pinned])]

    this.stores.watch(pinned)

    const candidates = (): Candidate[] => this.init.candidates().map(candidate => this.holds(candidate.id, version) ? { ...candidate, holds: true } : candidate)

    return plan({
      now: clock.now(),
      record: version.record.id,
      isAcknowledged: this.keeping.acknowledged,
      placement: this.placements.current,
      copies: this.views(version),
      // looked up only if somebody is to be chosen
      get candidates () { return candidates() },
      pinned,
      target,
      minCopies,
      ...(countEach == null ? {} : { countEach }),
      repairDelay,
      diskRepairDelay,
      ...(this.reunion.at == null ? {} : { reunitedAt: this.reunion.at }),
      renewAfter: renewAfter(leaseSeconds)
    }, random)
  }

  private views ({ record }: Version): CopyView[] {
    const { copies } = this.stores
    const gone = new Set(copies.takenAlong.of(record.id).map(({ peer }) => peer))

    return copies.views().map(copy => {
      const disk = this.init.disks.of(copy.peer)
      const busy = copy.busy || this.surplus.isReleasing(copy.peer)

      return { ...copy, busy, ...(disk == null ? {} : { disk, took: gone.has(copy.peer) }) }
    })
  }

  private holds (peer: string, version: Version): boolean {
    return this.stores.copies.get(peer)?.record === version.record.id
  }

  /** Sends the record to those who are to have it, and, until it is acknowledged, its placement to those who have it without. */
  private store (version: Version, { stores }: Plan): void {
    const placement = this.placements.current

    if (placement != null) {
      const beside = this.keeping.acknowledged ? [] : this.stores.beside(placement, version.record.id, this.init.clock.now())

      ;[...stores.filter(peer => placement.holders.includes(peer)), ...beside].forEach(peer => { void this.stores.store(peer, version, placement) })
    }
  }

  private next (step: Plan): number {
    const isAsPlanned = sameSet(step.holders, this.placements.holders)
    const isIdle = this.keeping.isWhole && !this.stores.isBusy && step.stores.length === 0

    return Math.min(step.wakeAt ?? Infinity, this.init.clock.now() + (!isAsPlanned ? second : isIdle ? WHOLE_INTERVAL : RECONCILE_INTERVAL))
  }
}
