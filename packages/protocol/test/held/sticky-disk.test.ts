import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { keyCount, open, restarted, stateOf } from './crash-steps.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import { ManualClock } from './manual-clock.ts'
import { signed } from './signed.ts'

describe('held stashes over a datastore', () => {
  it('do not fill a disk that deletes nothing: an owner takes the room of two copies at most', async () => {
    const disk = new MemoryDatastore()
    const datastore = new FaultyDatastore(disk)
    const held = open(datastore)
    const [v1, v2, v3] = [await signed(1, 1), await signed(1, 2), await signed(1, 3)]
    await store(held, v1.arrival, v1.body)
    datastore.sticky = true
    expect(await store(held, v2.arrival, v2.body)).toStrictEqual({ type: 'stored' })

    for (let tries = 0; tries < 3; tries++) {
      await expect(store(held, v3.arrival, v3.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      expect(keyCount(disk)).toBe(4)
    }

    expect((await held.read(v2.arrival.record.owner))?.body).toStrictEqual(v2.body)
    datastore.sticky = false
    expect(await store(held, v3.arrival, v3.body)).toStrictEqual({ type: 'stored' })
    expect(keyCount(disk)).toBe(2)
  })

  it('do not bring back by a crash in the middle of a drop what a failing disk had left of an older copy', async () => {
    const [v1, v2] = [await signed(1, 1), await signed(1, 2)]
    const found = new Set<number | undefined>()

    for (let later = 0; later < 5; later++) {
      const disk = new MemoryDatastore()
      const datastore = new FaultyDatastore(disk)
      const held = open(datastore)
      await store(held, v1.arrival, v1.body)
      datastore.sticky = true
      await store(held, v2.arrival, v2.body)
      datastore.sticky = false
      datastore.add({ at: datastore.writes + later, damage: 'lost', next: 'crash' })
      await held.drop(v2.arrival.record.owner, v2.arrival.record.id).catch(() => false)

      found.add((await restarted(disk)).get(v2.arrival.record.owner)?.record.seq)
    }

    expect(found).toStrictEqual(new Set([2, undefined]))
  })

  it('say that a stash is gone once the disk has let go of it', async () => {
    const disk = new MemoryDatastore()
    const datastore = new FaultyDatastore(disk)
    const held = open(datastore)
    const [v1, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    await store(held, v1.arrival, v1.body)
    datastore.sticky = true
    await expect(held.admit(end.arrival)).rejects.toMatchObject({ name: 'HeldStoreError' })
    await expect(held.hearOf(end.arrival.record)).rejects.toMatchObject({ name: 'HeldStoreError' })
    datastore.sticky = false

    expect(await held.admit(end.arrival)).toStrictEqual({ type: 'have' })
    expect(keyCount(disk)).toBe(1)
  })

  it('do not raise the dead by a crash at the end of a tombstone\'s days, if a failing disk had left something of the copy', async () => {
    const [v1, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    const { owner } = v1.arrival.record
    const found = new Set<string | undefined>()

    for (let later = 0; later < 6; later++) {
      const disk = new MemoryDatastore()
      const [datastore, clock] = [new FaultyDatastore(disk), new ManualClock()]
      const { held } = heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock }) })
      await store(held, v1.arrival, v1.body)
      datastore.sticky = true
      // the owner is not told that all is gone, neither now nor when it asks again, but it is not served any more
      await expect(store(held, end.arrival, end.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      await expect(store(held, end.arrival, end.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      expect([await held.read(owner), held.tombstone(owner)?.record.seq]).toStrictEqual([undefined, 2])
      expect(keyCount(disk)).toBe(3)
      datastore.sticky = false
      datastore.add({ at: datastore.writes + later, damage: 'lost', next: 'crash' })
      clock.advance(44 * 24 * 60 * 60 * 1_000)
      // any tombstone has those swept away whose days are over
      await held.admit((await signed(2, 1, { kind: 'tombstone', direct: false, leaseRemaining: 0 })).arrival)
      await held.read(owner)

      found.add((await stateOf(await restarted(disk))).get(owner))
    }

    // a copy of its days counts from the last stamp, of which there is none here
    expect(found).toStrictEqual(new Set(['tombstone 2, placement 1, direct', undefined]))
  })
})
