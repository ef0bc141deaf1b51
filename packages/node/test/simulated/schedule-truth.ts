import { order } from '@nara-stash/protocol'
import type { Merge } from '../../src/api.ts'
import type { RecordHeader } from '@nara-stash/protocol'

interface Sealed {
  record: RecordHeader
  content: ReadonlySet<string>
}

/** What the truth says of a schedule. */
export interface Verdict {
  /** What was lost in silence; empty if nothing was. */
  lost: string[]
  /** How the schedule went, for people. */
  log: string[]
  /** Records that were taken into the past of another without being part of its content: leftovers of crashes. */
  absorbed: number
}

/** What each record's content builds on, and which records minCopies acknowledged. What is wrong by that is written into the verdict. */
export class Truth {
  private readonly sealed = new Map<string, Sealed>()
  private readonly acked = new Set<string>()
  private readonly verdict: Verdict

  constructor (verdict: Verdict) {
    this.verdict = verdict
  }

  /** How many records were acknowledged. */
  get acknowledged (): number {
    return this.acked.size
  }

  /** A record was made. Whoever holds what it supersedes will let that go. */
  seals (record: RecordHeader, data: Uint8Array): void {
    const content = contentOf(data)
    this.sealed.set(record.id, { record, content })

    for (const [id, other] of this.sealed) {
      if (order(record, other.record) === 'supersedes' && !other.content.isSubsetOf(content)) {
        if (this.acked.has(id)) {
          this.verdict.lost.push(`${[...other.content].at(-1)} was acknowledged, and is superseded by a record that does not build on it`)
        } else {
          this.verdict.absorbed++
        }
      }
    }
  }

  /** The id of a record, by what a write's result says of it. */
  idOf (boot: string | undefined, seq: string | undefined): string | undefined {
    return [...this.sealed.values()].find(({ record }) => record.boot === boot && String(record.seq) === seq)?.record.id
  }

  acknowledge (id: string): void {
    if (!this.acked.has(id)) {
      this.acked.add(id)
      this.verdict.log.push(`acknowledged ${id.slice(0, 6)}: ${[...this.sealed.get(id)?.content ?? []].at(-1)}`)
    }
  }

  /** An owner without doubts has `data`, while records of these ids are held: it must have all of them that was acknowledged. */
  judge (data: Uint8Array | undefined, heldIds: readonly string[]): void {
    const held = heldIds.flatMap(id => this.sealed.get(id) ?? [])
    const has = contentOf(data)

    for (const id of this.acked) {
      const { content: wanted } = this.sealed.get(id) as Sealed

      if (held.some(({ content }) => wanted.isSubsetOf(content)) && !wanted.isSubsetOf(has)) {
        this.verdict.lost.push(`${[...wanted].at(-1)} is held, was acknowledged, and the owner neither has it nor doubts`)
      }
    }
  }
}

export const union: Merge = (a, b) => new TextEncoder().encode(JSON.stringify([...contentOf(a).union(contentOf(b))]))

/** The writes that a content builds on: one content holds another if it is a superset. */
export function contentOf (data: Uint8Array | undefined): Set<string> {
  return new Set(data == null ? [] : JSON.parse(new TextDecoder().decode(data)) as string[])
}
