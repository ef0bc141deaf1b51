import { sealPlacement } from '@nara-stash/protocol'
import type { RemovalReason } from '../../policy/removal.ts'
import type { OwnStash } from '../owner/own-stash.ts'
import type { Placement, Random } from '@nara-stash/protocol'

/**
 * A placement's version goes up by 1 to 2^24, at random: what two boots make of the same placement differs then, and 2^53 still leaves room for
 * 500 million of them.
 */
const VERSION_STRIDE = 2 ** 24

export interface PlacementsInit {
  own: OwnStash
  random: Random
  target: number
  minCopies: number
  leaseSeconds: number
  /** Whom confidants may ask to keep a copy. */
  surrogates: Pick<Placement, 'surrogates' | 'allowed'>
  onHolders (change: HoldersChange): void
}

export interface HoldersChange {
  added: string[]
  removed: Array<{ peer: string, why: RemovalReason }>
}

/** The placement that goes with the current version. */
export class Placements {
  current: Placement | undefined

  private readonly init: PlacementsInit
  /** Made by this boot, for records of its own. */
  private ours = false
  private worn = false
  /** The highest version that a holder of the current record was seen to go by. */
  private shown = 0
  /** Ids of the placements that were seen and allow others to help than are allowed now. */
  private readonly otherwise = new Set<string>()
  /** Seconds of the longest lease that any of our placements gave, as far as this process knows. */
  private longest = 0
  /** Counts what makes a placement that is being sealed worthless. */
  private epoch = 0

  constructor (init: PlacementsInit) {
    this.init = init
  }

  get holders (): readonly string[] {
    return this.current?.holders ?? []
  }

  /** Nothing more may be stored with it: it is of another process, and confirmed nothing, or the record is our own. */
  get isWorn (): boolean {
    return this.worn
  }

  /** True if what is to be stored with `holders` needs another placement. */
  isDue (holders: readonly string[]): boolean {
    return holders.length > 0 && (this.current == null || this.worn || !sameSet(holders, this.holders))
  }

  /** A holder goes by this placement of the current record: another process of ours may have made it. */
  see (placement: Placement): void {
    this.shown = Math.max(this.shown, placement.version)
    this.note(placement)
  }

  /** True if whoever goes by this placement may ask others for help than are allowed to help now. */
  isOtherwise (id: string): boolean {
    return this.otherwise.has(id)
  }

  /** True if somebody goes by a later one: nobody who does heeds ours. */
  get isOvertaken (): boolean {
    return this.current != null && this.shown > this.current.version
  }

  /** True if it was made when others were allowed to help than are now, or for another lease. */
  get isDated (): boolean {
    return this.current != null && (this.allowsOthers(this.current) || this.current.leaseSeconds !== this.init.leaseSeconds)
  }

  /**
   * Takes over the placement that a version was found with.
   *
   * @param confirmed - nothing unknown was acknowledged under it, so it may go on to be used for this version
   */
  adopt (placement: Placement, confirmed: boolean): void {
    const before = this.holders

    this.epoch++
    this.current = placement
    this.note(placement)
    this.ours = false
    this.worn = !confirmed
    this.changed(before, () => 'replaced')
  }

  /** A record of our own is to be stored: it travels with a placement of our own, so that whose record came with which placement is known. */
  forOwnRecord (): void {
    this.worn ||= !this.ours
  }

  reset (): void {
    const before = this.holders

    this.epoch++
    this.current = undefined
    this.worn = false
    this.changed(before, () => 'forgotten')
  }

  /**
   * Makes a placement for `holders`. False if it came too late.
   *
   * @param since - the first seq of which no record of ours was acknowledged with another placement
   * @param why - says why somebody is not among them any longer
   */
  async place (holders: readonly string[], since: () => number, why: (peer: string) => RemovalReason): Promise<boolean> {
    const { epoch } = this
    const { leaseSeconds } = this.init
    const sinceSeq = since()
    let placement = await this.seal(holders, leaseSeconds, sinceSeq)

    if (since() !== sinceSeq) {
      // acknowledged while this was being signed
      placement = await this.seal(holders, leaseSeconds, since())
    }

    if (this.epoch !== epoch) {
      return false
    }

    const before = this.holders

    this.current = placement
    this.ours = true
    this.worn = false
    this.changed(before, why)

    return true
  }

  /** A placement that goes with a tombstone, which is to outlive every copy that was promised. */
  async sealLast (holders: readonly string[]): Promise<Placement> {
    return await this.seal(holders, Math.max(this.longest, this.init.leaseSeconds))
  }

  /** A placement that is above the current one, and is not put to use by this. */
  private async seal (holders: readonly string[], leaseSeconds: number, sinceSeq?: number): Promise<Placement> {
    const { own, random, target, minCopies, surrogates } = this.init

    return await sealPlacement({
      // a random stride: two boots that know the same placement never make the same next one
      version: Math.max(this.current?.version ?? 0, this.shown) + 1 + Math.floor(random.next() * VERSION_STRIDE),
      holders,
      target,
      minCopies,
      ...surrogates,
      leaseSeconds,
      ...(sinceSeq == null ? {} : { sinceSeq })
    }, own.privateKey)
  }

  private note (placement: Placement): void {
    this.longest = Math.max(this.longest, placement.leaseSeconds)

    if (this.allowsOthers(placement)) {
      this.otherwise.add(placement.id)
    }
  }

  private allowsOthers ({ surrogates, allowed }: Placement): boolean {
    return surrogates !== this.init.surrogates.surrogates || !sameSet(this.init.surrogates.allowed, allowed)
  }

  private changed (before: readonly string[], why: (peer: string) => RemovalReason): void {
    const added = this.holders.filter(peer => !before.includes(peer))
    const removed = before.filter(peer => !this.holders.includes(peer)).map(peer => ({ peer, why: why(peer) }))

    if (added.length + removed.length > 0) {
      this.init.onHolders({ added, removed })
    }
  }
}

/** The same peers, in any order. */
export function sameSet (a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(item => b.includes(item))
}
