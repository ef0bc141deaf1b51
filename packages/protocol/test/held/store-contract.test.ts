import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { FileStashStore } from '../../src/held/files/file-store.ts'
import { leaseLeft, stashOf, tombstoneOf } from '../../src/held/held-stash.ts'
import { MemoryStashStore } from '../../src/held/memory-store.ts'
import { ManualClock } from './manual-clock.ts'
import { signed } from './signed.ts'
import type { HeldStash } from '../../src/held/held-stash.ts'
import type { StashStore } from '../../src/held/stash-store.ts'
import type { Signed } from './signed.ts'

const [first, second, other, end] = [
  await signed(1, 1), await signed(1, 2, { bytes: 70_000 }), await signed(2, 1), await signed(1, 3, { kind: 'tombstone' })
]
const { owner } = first.arrival.record

describe.each(['memory', 'datastore', 'files'] as const)('a store of held stashes in %s', kind => {
  let folder: string
  let disk: MemoryDatastore
  let clock: ManualClock
  let store: StashStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'held-contract-'))
    disk = new MemoryDatastore()
    await restart()
  })

  afterEach(async () => {
    await store.close?.()
    await rm(folder, { recursive: true })
  })

  /** Another process takes the place of this one. */
  async function restart (): Promise<HeldStash[]> {
    await store?.close?.()
    clock = new ManualClock()
    store = kind === 'memory'
      ? new MemoryStashStore()
      : kind === 'datastore' ? new DatastoreStashStore({ datastore: disk, clock }) : new FileStashStore({ path: folder, clock })
    await store.open?.()

    return (await store.load()).stashes
  }

  async function put ({ arrival, body }: Signed): Promise<HeldStash> {
    const init = { address: undefined, before: undefined, at: { now: clock.now(), wallTime: clock.wallTime() }, maxLeaseSeconds: arrival.leaseRemaining }
    const stash = arrival.record.kind === 'data' ? stashOf(arrival, init) : tombstoneOf(arrival, init)
    await store.put(stash, body.slice())

    return stash
  }

  it('says whether it outlives its process', async () => {
    await put(first)
    expect((await restart()).length).toBe(store.persistent ? 1 : 0)
    expect(store.persistent).toBe(kind !== 'memory')
  })

  it('has one body an owner: the last that was put', async () => {
    await put(first)
    await put(other)
    await put(second)

    expect(await store.body(second.arrival.record)).toStrictEqual(second.body)
    expect(await store.body(other.arrival.record)).toStrictEqual(other.body)
  })

  it('has nothing of an owner that was deleted, and of one that is unknown', async () => {
    await put(first)
    await store.delete(owner)
    await store.delete(owner)

    expect(await store.body(first.arrival.record)).toBeUndefined()
    expect(await restart()).toStrictEqual([])
  })

  it('keeps what changed about a record, and its body', async () => {
    const stash = await put(first)
    await store.update({ ...stash, direct: false })
    await store.update({ ...stash, direct: false, storedAt: 7 })
    expect(await store.body(first.arrival.record)).toStrictEqual(first.body)

    if (store.persistent) {
      expect(await restart()).toMatchObject([{ direct: false, storedAt: 7, record: { id: first.arrival.record.id } }])
      expect(await store.body(first.arrival.record)).toStrictEqual(first.body)
    }
  })

  it('has a tombstone in place of the copy that it ends, and a copy in place of a tombstone', async () => {
    await put(first)
    const tombstone = await put(end)
    await store.clear?.(owner)
    await store.update({ ...tombstone, direct: false })
    expect(await store.body(first.arrival.record)).toBeUndefined()

    if (store.persistent) {
      expect(await restart()).toMatchObject([{ direct: false, record: { kind: 'tombstone', seq: 3 } }])
      await put(second)
      expect(await restart()).toMatchObject([{ record: { kind: 'data', seq: 2 } }])
      expect(await store.body(second.arrival.record)).toStrictEqual(second.body)
    }
  })

  it('knows by its stamps for how long it ran, and what is left of the leases', async () => {
    await put(first)
    const stash = await put(other)

    if (store.stamp != null) {
      clock.advance(60_000)
      // of the first it was renewed
      await store.stamp({ wallTime: 5, leases: new Map([[owner, 10_000_000], [other.arrival.record.owner, leaseLeft(stash, clock.now())]]) })
      const left = new Map((await restart()).map(stash => [stash.record.owner, leaseLeft(stash, clock.now())]))
      expect(left).toStrictEqual(new Map([[owner, 10_000_000], [other.arrival.record.owner, stash.leaseRemaining - 60]]))
    }
  })
})
