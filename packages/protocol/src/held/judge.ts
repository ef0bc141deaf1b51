import { newestOf, order } from '../record/order.ts'
import type { RecordHeader } from '../record/header.ts'
import type { Placement } from '../record/placement.ts'

/** What stands against a record. The placement is there if that is held, not merely heard of. */
export interface Known {
  record: RecordHeader
  placement?: Placement
}

export type Verdict = { type: 'welcome' } | { type: 'have' } | { type: 'stale' | 'conflict' } & Known

/**
 * Judges a record by the order rule (SPEC.md, "Order") against the copy held of its owner and the newest header known of it.
 * Pure. It is welcome only if it supersedes, or is, all that is known; otherwise the verdict shows what it does not know.
 */
export function judge (record: RecordHeader, held: Known | undefined, newest: RecordHeader | undefined): Verdict {
  if (held?.record.id === record.id) {
    return { type: 'have' }
  }

  const known: Known[] = []

  if (held != null) {
    known.push({ record: held.record, placement: held.placement })
  }

  if (newest != null && newest.id !== held?.record.id) {
    known.push({ record: newest })
  }

  const above = known.filter(other => order(other.record, record) === 'supersedes')
  const [highest] = newestOf(above.map(({ record }) => record))
  const stale = above.find(({ record }) => record === highest)

  if (stale != null) {
    return { type: 'stale', ...stale }
  }

  const beside = known.find(other => order(other.record, record) === 'conflict')

  return beside == null ? { type: 'welcome' } : { type: 'conflict', ...beside }
}
