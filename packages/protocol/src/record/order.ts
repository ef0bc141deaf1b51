import { MAX_PAST } from '../constants.ts'
import type { BootSeq } from './header.ts'

/** What the order rule looks at: a record's id, its own boot and seq, and its past. */
export interface Ordered extends BootSeq {
  readonly id: string
  readonly past: readonly BootSeq[]
}

export type Order = 'same' | 'supersedes' | 'superseded' | 'conflict'

/**
 * How `a` stands to `b` (SPEC.md, "Order"): `a` supersedes `b` if `b`'s boot and seq are covered by `a`'s history and they
 * differ. A history is a version vector whose actors are boots, so no clock is asked. Two records of one boot and seq
 * that differ cover each other, which only a broken or doubled owner can bring about: a conflict.
 */
export function order (a: Ordered, b: Ordered): Order {
  if (a.id === b.id) {
    return 'same'
  }

  const above = covers(a, b)
  const below = covers(b, a)

  return above === below ? 'conflict' : above ? 'supersedes' : 'superseded'
}

/** True if `a` supersedes `b` or is `b`. */
export function supersedesOrIs (a: Ordered, b: Ordered): boolean {
  const relation = order(a, b)

  return relation === 'same' || relation === 'supersedes'
}

function covers (a: Ordered, b: BootSeq): boolean {
  return seqOf(a, b.boot) >= b.seq
}

function seqOf (record: Ordered, boot: string): number {
  return record.boot === boot ? record.seq : record.past.find(entry => entry.boot === boot)?.seq ?? 0
}

/**
 * The records of `list` that no other one supersedes, each once. More than one is a conflict.
 */
export function newestOf <T extends Ordered> (list: readonly T[]): T[] {
  return list.filter((record, i) =>
    !list.some((other, j) => {
      const relation = order(other, record)

      return relation === 'supersedes' || (relation === 'same' && j < i)
    }))
}

/**
 * The past of the next record of `boot`: everything in the histories of `known` but `boot` itself, lowest seq first, at
 * most 64 entries, the oldest dropped.
 */
export function pastOf (known: readonly Ordered[], boot: string): BootSeq[] {
  const highest = new Map<string, number>()

  for (const record of known) {
    for (const entry of [...record.past, record]) {
      highest.set(entry.boot, Math.max(entry.seq, highest.get(entry.boot) ?? 0))
    }
  }

  highest.delete(boot)

  return [...highest]
    .map(([boot, seq]) => ({ boot, seq }))
    .sort((a, b) => a.seq - b.seq || (a.boot < b.boot ? -1 : 1))
    .slice(-MAX_PAST)
}
