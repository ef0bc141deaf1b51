import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { openHeader } from '../record/header.ts'
import { openPlacement } from '../record/placement.ts'
import { underDigest, withDigest } from './digested.ts'
import type { HeldStash } from './held-stash.ts'
import type { RunningTime } from './running-clock.ts'

const VERSION: number = 1

/** An entry that is whole but was written in a form that this version does not know. Nothing of it is cleared away. */
export class EntryVersionError extends Error {
  static override readonly name = 'EntryVersionError'
  override readonly name = 'EntryVersionError'
  readonly form: number

  constructor (form: number) {
    super(`a held stash was kept in form ${form}, and this version knows form ${VERSION}: run the version that kept it, or give this one another datastore`)
    this.form = form
  }
}

interface StoredEntry {
  v: number
  /** Signed envelopes, base64. */
  record: string
  placement: string
  direct: boolean
  storedAt: number
  address?: string
  leaseRemaining: number
  liveHolders: string[]
  /** In milliseconds of running time; absent in the entries of earlier versions. */
  leaseNotedAt?: number
  heldSince?: number
  /** Absent in the entries of earlier versions, which promised what was asked. */
  leasePromised?: number
  /** Absent unless it is true. */
  mayBeDeleted?: true
}

/** A stash, or a tombstone, as it is kept. Its body lies elsewhere. */
export function encodeEntry (stash: HeldStash, time: RunningTime): Uint8Array {
  const entry: StoredEntry = {
    v: VERSION,
    record: toString(stash.record.envelope, 'base64'),
    placement: toString(stash.placement.envelope, 'base64'),
    direct: stash.direct,
    storedAt: stash.storedAt,
    address: stash.address,
    leaseRemaining: stash.leaseRemaining,
    liveHolders: [...stash.liveHolders],
    leaseNotedAt: time.ranUntil(stash.leaseNotedAt),
    heldSince: stash.heldSince == null ? undefined : time.ranUntil(stash.heldSince),
    leasePromised: stash.leasePromised,
    ...(stash.mayBeDeleted && { mayBeDeleted: true })
  }

  return withDigest(entry)
}

/**
 * What was kept, or undefined if a torn or faulty write left anything but what was encoded for this owner.
 *
 * @throws {EntryVersionError}
 */
export async function decodeEntry (owner: string, bytes: Uint8Array, time: RunningTime): Promise<HeldStash | undefined> {
  const stored = underDigest(bytes)

  if (stored == null) {
    return
  }

  // the digest matches, so these are the very bytes that were written
  const { v, leaseNotedAt, heldSince, leasePromised, mayBeDeleted = false, ...entry } = stored as StoredEntry

  if (v !== VERSION) {
    throw new EntryVersionError(v)
  }

  try {
    const record = await openHeader(fromString(entry.record, 'base64'))
    const placement = await openPlacement(fromString(entry.placement, 'base64'))

    return record.owner !== owner || placement.owner !== owner
      ? undefined
      : {
          ...entry,
          record,
          placement,
          leasePromised: leasePromised ?? placement.leaseSeconds,
          leaseNotedAt: time.whenRan(leaseNotedAt),
          restored: true,
          lastWordAt: -Infinity,
          mayBeDeleted,
          ...(heldSince == null ? {} : { heldSince: time.whenRan(heldSince) })
        }
  } catch {
    // envelopes that no receiver would accept are no stash, whoever put them there
  }
}
