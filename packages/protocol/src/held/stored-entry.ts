import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { createSha256 } from '#sha256'
import { openHeader } from '../record/header.ts'
import { openPlacement } from '../record/placement.ts'
import type { HeldStash } from './held-stash.ts'

const VERSION: number = 1
const DIGEST_BYTES = 32

/** An entry that is whole but was written in a form that this version does not know. Nothing of it is cleared away. */
export class EntryVersionError extends Error {
  static override readonly name = 'EntryVersionError'
  override readonly name = 'EntryVersionError'
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
}

/** A stash as it is kept beside its body: the SHA-256 of what follows, then JSON. */
export function encodeEntry (stash: HeldStash): Uint8Array {
  const entry: StoredEntry = {
    v: VERSION,
    record: toString(stash.record.envelope, 'base64'),
    placement: toString(stash.placement.envelope, 'base64'),
    direct: stash.direct,
    storedAt: stash.storedAt,
    address: stash.address,
    leaseRemaining: stash.leaseRemaining,
    liveHolders: [...stash.liveHolders]
  }
  const json = fromString(JSON.stringify(entry))

  return concat([createSha256().update(json).digest(), json])
}

/**
 * The stash that was kept, with the lease counted on from `now`, or undefined if a torn or faulty write left anything but
 * what was encoded for this owner.
 *
 * @throws {EntryVersionError}
 */
export async function decodeEntry (owner: string, bytes: Uint8Array, now: number): Promise<HeldStash | undefined> {
  const json = bytes.subarray(DIGEST_BYTES)

  if (!equals(bytes.subarray(0, DIGEST_BYTES), createSha256().update(json).digest())) {
    return
  }

  // the digest matches, so these are the very bytes that were written
  const { v, ...entry } = JSON.parse(toString(json)) as StoredEntry

  if (v !== VERSION) {
    throw new EntryVersionError(`a held stash was kept in form ${v}, and this version knows form ${VERSION}: run the version that kept it, or give this one another datastore`)
  }

  try {
    const record = await openHeader(fromString(entry.record, 'base64'))
    const placement = await openPlacement(fromString(entry.placement, 'base64'))

    return record.owner === owner && placement.owner === owner ? { ...entry, record, placement, leaseNotedAt: now, restored: true, heldSince: now } : undefined
  } catch {
    // envelopes that no receiver would accept are no stash, whoever put them there
  }
}
