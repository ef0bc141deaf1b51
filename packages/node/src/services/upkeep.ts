import { RECONCILE_INTERVAL, RENEW_SHARE } from '../constants.ts'
import { plan } from '../policy/plan.ts'
import { sameSet } from './placements.ts'
import type { Plan } from '../policy/plan.ts'
import type { Candidate } from '../policy/select.ts'
import type { Version } from './own-stash.ts'
import type { Placements } from './placements.ts'
import type { Stores } from './stores.ts'
import type { Clock, Random } from '@nara-stash/protocol'

const second = 1_000

/**
 * Between two looks when every copy that is wanted is here: what changes that is an event, and what the plan knows to be due wakes us. Milliseconds.
 */
const WHOLE_INTERVAL = 10 * RECONCILE_INTERVAL

export interface UpkeepInit {
  clock: Clock
  random: Random
  target: number
  minCopies: number
  repairDelay: number
  leaseSeconds: number
  pinned: readonly string[]
  /** Connected peers that may be chosen. */
  candidates (): Candidate[]
}

/** One look at the copies of a version: what is wanted, what is there, and what to do about it. */
export class Upkeep {
  pinned: readonly string[]
  /** A peer that shall be among the holders of the current version. */
  preferred: string | undefined
  /** Holders that somebody chose, until they have a placement. */
  chosen: readonly string[] | undefined

  private readonly init: UpkeepInit
  private readonly placements: Placements
  private readonly stores: Stores

  constructor (init: UpkeepInit, placements: Placements, stores: Stores) {
    this.init = init
    this.pinned = init.pinned
    this.placements = placements
    this.stores = stores
  }

  /** Makes a placement if one is due: for those who were chosen, for those who are planned. */
  async place (version: Version, isAcknowledged: boolean): Promise<void> {
    const { chosen } = this

    if (chosen != null && chosen.length > 0 && await this.placements.place(chosen)) {
      this.stores.keepTo(this.placements.holders)
    }

    if (this.chosen === chosen) {
      this.chosen = undefined
    }

    const { holders } = this.plan(version, isAcknowledged)

    if (this.placements.isDue(holders) && await this.placements.place(holders)) {
      this.stores.keepTo(this.placements.holders)
    }
  }

  plan (version: Version, isAcknowledged: boolean): Plan {
    const { clock, random, target, minCopies, repairDelay, leaseSeconds } = this.init
    const pinned = this.preferred == null ? this.pinned : [...new Set([this.preferred, ...this.pinned])]

    this.stores.watch(pinned)

    return plan({
      now: clock.now(),
      record: version.record.id,
      isAcknowledged,
      placement: this.placements.current,
      copies: this.stores.copies.views(),
      candidates: this.init.candidates().map(candidate => this.holds(candidate.id, version) ? { ...candidate, holds: true } : candidate),
      pinned,
      target,
      minCopies,
      repairDelay,
      renewAfter: leaseSeconds * second * RENEW_SHARE
    }, random)
  }

  private holds (peer: string, version: Version): boolean {
    return this.stores.copies.get(peer)?.record === version.record.id
  }

  /** Sends the record to those who are to have it, and, until it is acknowledged, its placement to those who have it without. */
  store (version: Version, { stores }: Plan, isAcknowledged: boolean): void {
    const placement = this.placements.current

    if (placement != null) {
      const beside = isAcknowledged ? [] : this.stores.beside(placement, version.record.id, this.init.clock.now())

      ;[...stores.filter(peer => placement.holders.includes(peer)), ...beside].forEach(peer => { void this.stores.store(peer, version, placement) })
    }
  }

  /**
   * When to look again.
   *
   * @param isWhole - every copy that is wanted is here
   */
  next (step: Plan, isWhole: boolean): number {
    const isAsPlanned = sameSet(step.holders, this.placements.holders)
    const wait = !isAsPlanned ? second : isWhole && step.stores.length === 0 ? WHOLE_INTERVAL : RECONCILE_INTERVAL

    return Math.min(step.wakeAt ?? Infinity, this.init.clock.now() + wait)
  }
}
