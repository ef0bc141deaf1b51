import { expect } from 'vitest'
import { MemoryDatastore } from 'datastore-core'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { heldStashes, store } from './arrivals.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import { ManualClock } from './manual-clock.ts'
import { signed } from './signed.ts'
import type { Held, HeldInit } from './arrivals.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const NOVEMBER = Date.UTC(2026, 10, 22)
export const LEASE_IN_SECONDS = 30 * 24 * 60 * 60

export interface Running extends Held {
  datastore: FaultyDatastore
}

/** A process over what a disk keeps, at a time of day. Its monotonic clock begins anew. */
export async function run (disk: MemoryDatastore, wall: number, init: Pick<HeldInit, 'isInTouch' | 'maxLeaseSeconds'> = {}): Promise<Running> {
  const [clock, datastore] = [new ManualClock(), new FaultyDatastore(disk)]
  clock.wall = wall
  const all = heldStashes({ ...init, clock, store: new DatastoreStashStore({ datastore, clock }) })
  await all.held.start()

  return { ...all, datastore }
}

/** A copy of the first owner, of 30 days. */
export async function holding (disk = new MemoryDatastore(), wall = NOVEMBER): Promise<Running & { disk: MemoryDatastore, owner: string }> {
  const running = await run(disk, wall)
  const { arrival, body } = await signed(1, 1)
  expect(await store(running.held, arrival, body)).toStrictEqual({ type: 'stored' })

  return { ...running, disk, owner: arrival.record.owner }
}

export async function loseStamps (disk: MemoryDatastore): Promise<void> {
  for (const key of [...disk.queryKeys({ prefix: '/nara/stash/clock' }) as Iterable<Parameters<typeof disk.delete>[0]>]) {
    await disk.delete(key)
  }
}

export function leftOf ({ held, clock }: Pick<Held, 'held' | 'clock'>, owner: string): number {
  const stash = held.get(owner) ?? held.tombstone(owner)

  return stash == null ? -1 : leaseLeft(stash, clock.now())
}
