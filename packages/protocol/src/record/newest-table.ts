import { MAX_NEWEST_OWNERS } from '../constants.ts'
import { order } from './order.ts'
import type { RecordHeader } from './header.ts'
import type { Order } from './order.ts'

export interface NewestTableInit {
  /** @default MAX_NEWEST_OWNERS */
  maxOwners?: number
}

/**
 * Per owner the newest header that this nara has seen, held or merely heard of: proof of how new the newest is (SPEC.md,
 * "Newest table").
 *
 * It is bounded. To make room for an owner it has not met, it forgets the one it met last, so a flood of invented owners
 * displaces itself and not those known for long; tombstones go only when nothing else is left; pinned owners never. An
 * owner that is pinned has its place even beyond the bound, so there are never more entries than the bound or the pins,
 * whichever is more.
 */
export class NewestTable {
  private readonly maxOwners: number
  /** In the order in which the owners were met. */
  private readonly records = new Map<string, RecordHeader>()
  private readonly pinned = new Set<string>()

  constructor (init: NewestTableInit = {}) {
    this.maxOwners = init.maxOwners ?? MAX_NEWEST_OWNERS
  }

  get size (): number {
    return this.records.size
  }

  get (owner: string): RecordHeader | undefined {
    return this.records.get(owner)
  }

  /**
   * Takes `record` if it supersedes what is there, or if nothing is; in a conflict the present one stays.
   *
   * @returns how `record` stands to what was there; `first` if nothing was, even if there is no room to remember it
   */
  see (record: RecordHeader): Order | 'first' {
    const present = this.records.get(record.owner)

    if (present == null) {
      this.insert(record)

      return 'first'
    }

    const relation = order(record, present)

    if (relation === 'supersedes') {
      this.records.set(record.owner, record)
    }

    return relation
  }

  /** Keeps the owner's entry, present or to come, from being forgotten: its stash is held. */
  pin (owner: string): void {
    this.pinned.add(owner)
  }

  unpin (owner: string): void {
    this.pinned.delete(owner)

    if (this.records.size > this.maxOwners) {
      this.forgetOne()
    }
  }

  private insert (record: RecordHeader): void {
    const full = this.records.size >= this.maxOwners

    if (!full || this.forgetOne() || this.pinned.has(record.owner)) {
      this.records.set(record.owner, record)
    }
  }

  private forgetOne (): boolean {
    let watermark: string | undefined
    let tombstone: string | undefined

    for (const [owner, { kind }] of this.records) {
      if (this.pinned.has(owner)) {
        continue
      }

      if (kind === 'tombstone') {
        tombstone = owner
      } else {
        watermark = owner
      }
    }

    const last = watermark ?? tombstone

    return last != null && this.records.delete(last)
  }
}
