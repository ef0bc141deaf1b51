import fc from 'fast-check'
import { TOMBSTONE_LIFE } from '../../src/constants.ts'
import { headerOf } from '../record/headers.ts'
import { histories } from '../record/histories.ts'
import type { Admitted } from '../../src/held/held-stashes.ts'
import type { RecordHeader } from '../../src/record/header.ts'

export const OWNERS = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6']

/** Seconds; of every placement. */
export const LEASE = 1_000

const second = 1_000
const minute = 60 * second

/** A record with its body, which a tombstone has not, and the ids of those that it really builds on. */
export interface Stash {
  record: RecordHeader
  body: Uint8Array
  ancestors: ReadonlySet<string>
}

/** For each owner all that it ever wrote, in some order, of bodies from 1 to 25 bytes, and now and then a tombstone. */
export const worlds: fc.Arbitrary<Stash[][]> = fc.tuple(...OWNERS.map(owner =>
  fc.tuple(histories(3, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(30), { minLength: 8, maxLength: 8 }))
    .map(([history, sizes]) => {
      const stashes = history.map((written, i): Stash => {
        const size = Math.max(0, (sizes[i] ?? 0) - 5)
        const body = new Uint8Array(size).fill(i + 1)
        const record = headerOf(owner, written, written.past, body)

        return { record: size === 0 ? { ...record, kind: 'tombstone', bodyDigest: '' } : record, body, ancestors: new Set() }
      })

      return stashes.map((stash, i): Stash => ({
        ...stash,
        ancestors: new Set(stashes.filter((_, j) => history[i]?.ancestors.has(history[j]?.id ?? '')).map(({ record }) => record.id))
      }))
    })))

/** What is kept of an owner: a copy, or a tombstone. */
interface Kept {
  stash: Stash
  direct: boolean
  version: number
  /** Milliseconds left of the lease, or of the tombstone's days. */
  left: number
  restored: boolean
  mayBeDeleted: boolean
  lastWordAt: number
}

export interface Brought {
  stash: Stash
  direct: boolean
  version: number
  /** Seconds. */
  lease: number
}

/** What must be true of held stashes, said as simply as can be. */
export class Model {
  readonly kept = new Map<string, Kept>()
  readonly newest = new Map<string, Stash>()
  readonly beside = new Map<string, Stash>()
  readonly open: Array<Brought & { admission: Admitted }> = []
  forgotten = 0
  private now = 0
  private absence = { since: -Infinity, until: -Infinity }

  held (owner: string): Kept | undefined {
    const kept = this.kept.get(owner)

    return kept?.stash.record.kind === 'data' ? kept : undefined
  }

  get allHeld (): Array<[string, Kept]> {
    return [...this.kept].filter(([owner]) => this.held(owner) != null)
  }

  verdict (stash: Stash): 'have' | 'stale' | 'conflict' | 'welcome' {
    const { owner, id } = stash.record
    const present = this.kept.get(owner)?.stash
    const known = [present, this.newest.get(owner)].filter(other => other != null && other.record.id !== id) as Stash[]

    return present?.record.id === id
      ? 'have'
      : known.some(other => other.ancestors.has(id))
        ? 'stale'
        : known.every(other => stash.ancestors.has(other.record.id)) ? 'welcome' : 'conflict'
  }

  /** @returns how it stands to the newest before */
  see (stash: Stash): string {
    const { owner, id } = stash.record
    const [newest, beside] = [this.newest.get(owner), this.beside.get(owner)]

    if (newest == null || stash.ancestors.has(newest.record.id)) {
      this.newest.set(owner, stash)

      if (beside != null && (beside === stash || stash.ancestors.has(beside.record.id))) {
        this.beside.delete(owner)
      }

      return newest == null ? 'first' : 'supersedes'
    }

    if (newest.record.id === id || newest.ancestors.has(id)) {
      return newest.record.id === id ? 'same' : 'superseded'
    }

    if (beside == null || stash.ancestors.has(beside.record.id)) {
      this.beside.set(owner, stash)
    }

    return 'conflict'
  }

  /** It is stored, or had. */
  keep ({ stash, direct, version, lease }: Brought): void {
    const { owner, id, kind } = stash.record
    const before = this.kept.get(owner)
    const same = before?.stash.record.id === id
    const ends = kind === 'tombstone' && this.held(owner) != null
    const known = direct ? 0 : this.held(owner)?.left ?? 0
    const left = kind === 'data'
      ? Math.min(LEASE * second, same && !direct ? known : Math.max(lease * second, known))
      : same ? before.left : second * (ends ? LEASE + TOMBSTONE_LIFE : Math.max(direct ? TOMBSTONE_LIFE : Math.min(lease, TOMBSTONE_LIFE), (before?.left ?? 0) / second))
    this.forgotten += ends ? 1 : 0
    this.see(stash)

    if (left > 0 || kind === 'data') {
      this.kept.set(owner, {
        stash,
        direct: direct || (same && before.direct),
        version: Math.max(version, same ? before.version : 0),
        left,
        restored: false,
        mayBeDeleted: same && before.mayBeDeleted && !direct,
        lastWordAt: this.now
      })
    }
  }

  /** A header was shown. */
  hear (stash: Stash): void {
    const { owner, id, kind } = stash.record
    const before = this.kept.get(owner)

    if (kind === 'tombstone' && before != null && before.stash.record.id !== id && this.verdict(stash) === 'welcome') {
      this.keep({ stash, direct: false, version: before.version, lease: TOMBSTONE_LIFE })
    }
  }

  pass (milliseconds: number, absent: boolean): void {
    const before = this.now
    this.now += milliseconds

    if (absent) {
      this.absence = { since: before > this.absence.until + 2 * minute ? before : this.absence.since, until: this.now }
    }

    for (const [owner, kept] of this.kept) {
      const isHeld = kept.stash.record.kind === 'data'
      kept.left = Math.max(0, kept.left - (absent && isHeld ? 0 : milliseconds))

      if (absent) {
        const away = this.now - Math.max(this.absence.since, kept.lastWordAt)
        kept.restored ||= away >= 10 * minute
        kept.mayBeDeleted ||= away > 14 * 24 * 60 * minute
      }

      if (!isHeld && kept.left === 0) {
        this.kept.delete(owner)
      }
    }
  }

  renew (owner: string): void {
    Object.assign(this.held(owner) ?? {}, { left: LEASE * second })
  }

  confirm (owner: string): void {
    Object.assign(this.held(owner) ?? {}, { restored: false, lastWordAt: this.now })
  }

  vouch (owner: string): void {
    Object.assign(this.held(owner) ?? {}, { mayBeDeleted: false })
  }

  /** The owners that take a slot, and the bytes that will be taken at most. */
  taken (): { owners: Set<string>, bytes: number } {
    const owners = new Set([...this.allHeld.map(([owner]) => owner), ...this.open.map(({ stash }) => stash.record.owner)])
    const bytes = [...owners].reduce((sum, owner) => sum + Math.max(
      this.held(owner)?.stash.body.byteLength ?? 0,
      ...this.open.filter(({ stash }) => stash.record.owner === owner).map(({ stash }) => stash.body.byteLength)
    ), 0)

    return { owners, bytes }
  }
}
