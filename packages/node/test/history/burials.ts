import { covers } from './covers.ts'
import type { Facts } from './facts.ts'

const day = 24 * 60 * 60_000

/** What ends the copy of somebody is kept there for 14 days longer than that was promised for; what ends none there for 14 days. */
const TOMBSTONE_LIFE = 14 * day
const LEASE = 30 * day

/** Longer than a request waits: an answer may be heard so much later than it was given. */
const UNDER_WAY = 15_000

/** What was in RAM is gone with its process. */
export function forgets (facts: Facts, nara: string): void {
  const { keeps, buried } = facts.nara(nara)

  if (!keeps) {
    buried.clear()
  }
}

/** `nara` has this of `owner` from now on, or nothing. To have a tombstone is a promise; what comes after a tombstone ends that, and promises what it promised. */
export function keepsTombstone (facts: Facts, nara: string, owner: string, record: string | undefined): void {
  const { buried } = facts.nara(nara)
  const held = facts.records.get(record ?? '')
  const tombstone = facts.records.get(buried.get(owner)?.record ?? '')

  if (held != null && held !== tombstone && tombstone != null && covers(held, tombstone)) {
    buried.delete(owner)
  }

  if (held != null) {
    promises(facts, nara, owner, held.id)
  }
}

/** `nara` was heard to say that it has this of `owner`. It may be gone, or have gone on, since it said so. */
export function saysTombstone (facts: Facts, nara: string, owner: string, record: string): void {
  const { up, upAt, keeps, holds } = facts.nara(nara)
  const [held, said] = [holds.get(owner)?.record, record].map(id => facts.records.get(id ?? ''))
  const isLater = held != null && said != null && covers(held, said)

  if (up && (keeps || facts.now - upAt > UNDER_WAY) && !isLater) {
    promises(facts, nara, owner, record)
  }
}

function promises (facts: Facts, nara: string, owner: string, record: string): void {
  const { buried } = facts.nara(nara)

  const tombstone = facts.records.get(record)
  const before = buried.get(owner)
  const held = facts.held(nara, owner)

  if (tombstone?.kind === 'tombstone' && before?.record !== record) {
    const ended = held?.kind === 'data' && covers(tombstone, held)

    buried.set(owner, { record, since: facts.now, until: Math.max(tombstone.seenAt + (ended ? LEASE : 0) + TOMBSTONE_LIFE, before?.until ?? 0) })
  }
}
