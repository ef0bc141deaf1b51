import { MAX_BESIDE_OWNERS, MAX_NEWEST_OWNERS, MAX_TOMBSTONES } from '../constants.ts'
import { order, supersedesOrIs } from './order.ts'
import type { RecordHeader } from './header.ts'
import type { Order } from './order.ts'
import type { Placement } from './placement.ts'

/** A header in conflict with the newest. */
interface Contested {
  record: RecordHeader
  placement?: Placement
}

export interface NewestTableInit {
  /** @default MAX_NEWEST_OWNERS */
  maxOwners?: number
  /** @default MAX_BESIDE_OWNERS */
  maxBeside?: number
  /**
   * Of the entries that are not pinned.
   *
   * @default MAX_TOMBSTONES
   */
  maxTombstones?: number
}

/**
 * Per owner the newest header that this nara has seen, held or merely heard of: proof of how new the newest is (SPEC.md,
 * "Newest table").
 *
 * It is bounded. To make room for an owner it has not met, it forgets the one it met last, so a flood of invented owners
 * displaces itself and not those known for long. Tombstones go only when nothing else is left, or when they are more than
 * their share: a flood of these displaces itself, too. Pinned owners never go. An owner that is pinned has its place even
 * beyond the bound, so there are never more entries than the bound or the pins, whichever is more.
 *
 * Beside the newest it remembers a header that is in conflict with it, which only an owner that runs twice, or lost its past,
 * brings about.
 */
export class NewestTable {
  private readonly maxOwners: number
  private readonly maxBeside: number
  private readonly maxTombstones: number
  private readonly records = new Map<string, RecordHeader>()
  /** The owners of these, in the order in which they were met: who is to go is soon found from the end, however long the table is. */
  private readonly met: string[] = []
  private readonly pinned = new Set<string>()
  /** How many of the records are tombstones that are not pinned. */
  private tombstones = 0
  /** In the order in which the conflicts were met. Every owner in it has a newest record. */
  private readonly contested = new Map<string, Contested>()

  constructor (init: NewestTableInit = {}) {
    this.maxOwners = init.maxOwners ?? MAX_NEWEST_OWNERS
    this.maxBeside = init.maxBeside ?? MAX_BESIDE_OWNERS
    this.maxTombstones = init.maxTombstones ?? MAX_TOMBSTONES
  }

  get size (): number {
    return this.records.size
  }

  get (owner: string): RecordHeader | undefined {
    return this.records.get(owner)
  }

  /**
   * A header of the owner that is in conflict with the newest, until something that is known covers it. Of several the newest of
   * the branch that was met first.
   */
  beside (owner: string): RecordHeader | undefined {
    return this.contested.get(owner)?.record
  }

  /** The placement with which it came, if that was shown. */
  besidePlacement (owner: string): Placement | undefined {
    return this.contested.get(owner)?.placement
  }

  /**
   * Takes `record` if it supersedes what is there, or if nothing is; in a conflict the present one stays, and `record` is
   * remembered beside it, with the `placement` that it came with.
   *
   * @returns how `record` stands to what was there; `first` if nothing was, even if there is no room to remember it
   */
  see (record: RecordHeader, placement?: Placement): Order | 'first' {
    const present = this.records.get(record.owner)

    if (present == null) {
      this.insert(record)

      return 'first'
    }

    const relation = order(record, present)

    if (relation === 'supersedes') {
      this.counting(record.owner, () => { this.records.set(record.owner, record) })
      this.settle(record)
    } else if (relation === 'conflict') {
      this.contest({ record, ...(placement == null ? {} : { placement }) })
    }

    return relation
  }

  /** Keeps the owner's entry, present or to come, from being forgotten: its stash is held, or its tombstone kept. */
  pin (owner: string): void {
    this.counting(owner, () => { this.pinned.add(owner) })
  }

  unpin (owner: string): void {
    this.counting(owner, () => { this.pinned.delete(owner) })

    if (this.records.size > this.maxOwners) {
      this.forgetOne()
    }
  }

  private insert (record: RecordHeader): void {
    const { owner } = record
    const full = this.records.size >= this.maxOwners

    if (!full || this.forgetOne() || this.pinned.has(owner)) {
      this.met.push(owner)
      this.counting(owner, () => { this.records.set(owner, record) })
    }
  }

  private forgetOne (): boolean {
    const last = this.tombstones > this.maxTombstones ? this.lastMet('tombstone') : this.lastMet('data') ?? this.lastMet('tombstone')

    if (last == null) {
      return false
    }

    this.met.splice(this.met.lastIndexOf(last), 1)
    this.contested.delete(last)
    this.counting(last, () => { this.records.delete(last) })

    return true
  }

  /** Of those that are not pinned. */
  private lastMet (kind: RecordHeader['kind']): string | undefined {
    return this.met.findLast(owner => !this.pinned.has(owner) && this.records.get(owner)?.kind === kind)
  }

  /** Something changes about this owner's entry. */
  private counting (owner: string, change: () => void): void {
    const counts = (): number => !this.pinned.has(owner) && this.records.get(owner)?.kind === 'tombstone' ? 1 : 0

    this.tombstones -= counts()
    change()
    this.tombstones += counts()
  }

  private contest (other: Contested): void {
    const { record } = other
    const present = this.contested.get(record.owner)

    if (present == null && this.contested.size >= this.maxBeside) {
      const unpinned = [...this.contested.keys()].filter(owner => !this.pinned.has(owner))
      this.contested.delete(unpinned.at(-1) ?? [...this.contested.keys()].at(-1) ?? '')
    }

    if (present == null || order(record, present.record) === 'supersedes' || (record.id === present.record.id && other.placement != null)) {
      this.contested.set(record.owner, other)
    }
  }

  /** What `newest` covers is in conflict with nothing any more. */
  private settle (newest: RecordHeader): void {
    const beside = this.contested.get(newest.owner)

    if (beside != null && supersedesOrIs(newest, beside.record)) {
      this.contested.delete(newest.owner)
    }
  }
}
