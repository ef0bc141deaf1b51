import { DEFAULT_LEASE } from '../../src/constants.ts'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { ManualClock } from './manual-clock.ts'
import type { Admitted, Arrival, Capacity, StoreOutcome } from '../../src/held/held-stashes.ts'
import type { StashStore } from '../../src/held/stash-store.ts'
import type { RecordHeader } from '../../src/record/header.ts'
import type { Placement } from '../../src/record/placement.ts'

/** A placement as if it had been verified. */
export function placementOf (owner: string, version = 1, leaseSeconds = DEFAULT_LEASE): Placement {
  return {
    version,
    holders: [],
    target: 3,
    minCopies: 2,
    surrogates: 'any',
    allowed: [],
    leaseSeconds,
    id: `placement ${version} of ${owner}`,
    owner,
    envelope: new Uint8Array(0)
  }
}

/** A record that its owner brings from loopback, unless `changes` say otherwise. */
export function arrivalOf (record: RecordHeader, changes: Partial<Arrival> = {}): Arrival {
  return {
    record,
    placement: placementOf(record.owner),
    direct: true,
    exempt: changes.address == null,
    leaseRemaining: DEFAULT_LEASE,
    liveHolders: [],
    ...changes
  }
}

export interface Held {
  held: HeldStashes
  newest: NewestTable
  clock: ManualClock
}

export interface HeldInit {
  capacity?: Partial<Capacity>
  store?: StashStore
  newest?: NewestTable
  clock?: ManualClock
  maxTombstones?: number
  maxLeaseSeconds?: number
  isInTouch? (): boolean
}

export function heldStashes (init: HeldInit = {}): Held {
  const clock = init.clock ?? new ManualClock()
  const newest = init.newest ?? new NewestTable()
  const capacity = { stashes: 20, bytes: 1_000_000, maxStash: 100_000, ...init.capacity }
  const held = new HeldStashes({ ...init, capacity, newest, clock })

  return { held, newest, clock }
}

/** @throws {Error} it was not admitted */
export async function admitted (held: HeldStashes, arrival: Arrival): Promise<Admitted> {
  const answer = await held.admit(arrival)

  if (answer.type !== 'admitted') {
    throw new Error(`not admitted: ${JSON.stringify(answer)}`)
  }

  return answer
}

/** Stores at once. What is not admitted comes back as it was answered. */
export async function store (
  held: HeldStashes, arrival: Arrival, body: Uint8Array
): Promise<StoreOutcome | Awaited<ReturnType<HeldStashes['admit']>>> {
  const answer = await held.admit(arrival)

  return answer.type === 'admitted' ? await answer.commit(body) : answer
}
