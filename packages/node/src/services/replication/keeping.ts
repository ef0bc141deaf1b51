import { countCopies, distinctCopies } from '../../policy/select.ts'
import type { WriteFailure, WriteResult } from '../../api.ts'
import type { CopyView } from '../../policy/plan.ts'
import type { Candidate, CountedCopies, Counting } from '../../policy/select.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { Version } from '../owner/own-stash.ts'
import type { Placements } from './placements.ts'
import type { Stores } from './stores.ts'
import type { RecordHeader } from '@nara-stash/protocol'

export interface KeepingInit extends Counting {
  target: number
  minCopies: number
  /** Milliseconds for which the place of a confidant that went with its copy on a disk is kept. */
  diskRepairDelay: number
  /** Whose copies outlive their processes. */
  disks: Pick<DiskEvidence, 'of'>
  /** Connected peers that may be chosen. */
  candidates (): Candidate[]
  onCopies (copies: { seq: string, have: number }): void
  /** minCopies acknowledged it under one placement. */
  onAcknowledged? (record: RecordHeader): void
}

/** How well the current version is kept: counts its copies, and knows when it is acknowledged. */
export class Keeping {
  /** minCopies acknowledged the current version under one placement. */
  acknowledged = false
  version: Version | undefined

  private readonly init: KeepingInit
  private readonly placements: Placements
  private readonly stores: Stores
  private lastHave = 0

  constructor (init: KeepingInit, placements: Placements, stores: Stores) {
    this.init = init
    this.placements = placements
    this.stores = stores
  }

  /** This is what is to be kept; undefined: nothing is. */
  begin (version: Version | undefined): void {
    this.version = version
    this.acknowledged = false
  }

  /** Living copies of the current version; one per address counts, unless each does. */
  have (): number {
    return distinctCopies(this.living(), this.init)
  }

  /** The same, and which of them count as one. */
  counted (): CountedCopies {
    return countCopies(this.living(), this.init)
  }

  /**
   * Copies that are here at `now`, and those whose holders went with them on their disks, and are
   * expected back with them, for as long as they promised; where the disk is merely said to be
   * there, no longer than their place is kept for them.
   */
  staying (now: number): number {
    const { stores: { copies }, version, init } = this
    const here = copies.views().filter(copy => this.isCurrent(copy))
    const away = version == null ? [] : copies.takenAlong.of(version.record.id).filter(({ peer, wentAt, keptUntil }) => {
      const disk = init.disks.of(peer)
      const placeUntil = wentAt + init.diskRepairDelay
      const until = disk === 'seen' ? keptUntil ?? placeUntil : Math.min(placeUntil, keptUntil ?? Infinity)

      return disk != null && now < until
    })

    return distinctCopies([...here, ...away], init)
  }

  /** Until when `peer` promised to keep the current version, on the clock's monotonic scale; undefined if it did not. */
  keptUntil (peer: string): number | undefined {
    const copy = this.stores.copies.get(peer)

    return copy != null && this.isCurrent(copy) ? copy.keptUntil : undefined
  }

  /** Until when minCopies of those who are here promised to keep it; one per address counts. */
  get keptByMinimumUntil (): number | undefined {
    const promised = this.stores.copies.views()
      .flatMap(copy => this.keptUntil(copy.peer) == null ? [] : [{ ...copy, until: this.keptUntil(copy.peer) ?? 0 }])
      .toSorted((a, b) => b.until - a.until)

    return this.isKept ? promised.find((_, i) => distinctCopies(promised.slice(0, i + 1), this.init) >= this.init.minCopies)?.until : undefined
  }

  /** minCopies acknowledged the current version, and as many are here. */
  get isKept (): boolean {
    return this.acknowledged && this.have() >= this.init.minCopies
  }

  /** As many copies as wanted are. */
  get isWhole (): boolean {
    return this.acknowledged && this.have() >= this.init.target
  }

  /** minCopies acknowledged the current version with the current placement, and are here. */
  get isPlaced (): boolean {
    return this.acknowledged && distinctCopies(this.acks(), this.init) >= this.init.minCopies
  }

  /**
   * Until a record is acknowledged, a peer that may hold it with an older placement, and cannot be given the newer one, makes that older
   * placement look as if nothing had been acknowledged after it.
   */
  get isOutdated (): boolean {
    return this.version != null && !this.acknowledged && this.stores.isOutOfReach(this.placements.current, this.version.record.id)
  }

  /** The present state as a write's result. */
  result (): WriteResult {
    const { version, init } = this
    const { have: copies, ...counted } = this.counted()

    return {
      outcome: this.isKept ? 'kept' : copies > 0 ? 'degraded' : 'unstored',
      ...(version == null ? {} : { seq: String(version.record.seq) }),
      copies,
      ...counted,
      minimum: init.minCopies,
      target: init.target,
      failures: version == null ? [] : this.failures(version)
    }
  }

  /** Something changed: is it acknowledged, and are there more copies or fewer? */
  look (): void {
    const { version, placements, stores, init } = this

    // that they have it with a placement which confirmed nothing, perhaps from one another, is no answer to us
    if (version != null && !this.acknowledged && !placements.isWorn && distinctCopies(this.acks(), init) >= init.minCopies && !stores.isExposedElsewhere(placements.current)) {
      this.acknowledge()
    }

    this.count()
  }

  /** From here on a later boot will find it, or something newer. */
  acknowledge (): void {
    if (!this.acknowledged && this.version != null) {
      this.acknowledged = true
      this.init.onAcknowledged?.(this.version.record)
    }
  }

  /** Tells when the number of copies is another one. */
  count (): void {
    const have = this.have()

    if (have !== this.lastHave) {
      this.lastHave = have
      this.init.onCopies({ seq: String(this.version?.record.seq ?? 0), have })
    }
  }

  private failures ({ record }: Version): WriteFailure[] {
    const { placements: { holders }, stores: { copies }, init } = this
    const failures: WriteFailure[] = copies.failures(holders, record.id)
    const known = new Set([...holders, ...failures.map(({ peer }) => peer)])
    const others = this.isKept ? [] : init.candidates().filter(({ id, accepting }) => accepting === false && !known.has(id) && copies.get(id)?.record !== record.id)

    return [...failures, ...others.map(({ id }) => ({ peer: id, why: 'not accepting' as const }))]
  }

  private living (): CopyView[] {
    return this.stores.copies.views().filter(copy => this.isCurrent(copy))
  }

  private acks (): CopyView[] {
    return this.living().filter(copy => copy.placement === this.placements.current?.id)
  }

  /** Who could not prove what it said it had is not believed once more before it has proved it. */
  private isCurrent (copy: CopyView): boolean {
    return copy.connected && copy.audit?.verdict !== 'failed' && copy.record != null && copy.record === this.version?.record.id && this.placements.holders.includes(copy.peer)
  }
}
