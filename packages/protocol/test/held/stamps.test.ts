import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { header } from '../record/headers.ts'
import { heldStashes, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { DAY, HOUR, MINUTE, NOVEMBER, LEASE_IN_SECONDS, holding, leftOf, run } from './running.ts'
import { peerId, signed } from './signed.ts'
import type { Held } from './arrivals.ts'
import type { Damage } from './faulty-datastore.ts'
import type { StashDatastore } from '../../src/held/datastore-store.ts'

describe('a tombstone over restarts', () => {
  it('is kept for 44 days in which the process ran, if what it ended was promised for 30', async () => {
    const first = await holding()
    const { arrival, body } = await signed(1, 2, { kind: 'tombstone' })
    await store(first.held, arrival, body)
    await first.clock.pass(40 * DAY, HOUR)
    await first.held.stop()
    const second = await run(first.disk, NOVEMBER + 50 * DAY)
    await second.clock.pass(4 * DAY - HOUR, HOUR)
    expect(second.held.tombstone(first.owner)?.record.seq).toBe(2)
    await second.held.stop()

    const third = await run(first.disk, NOVEMBER + 60 * DAY)
    expect(third.held.tombstone(first.owner)).toBeDefined()
    await third.clock.pass(HOUR + 5 * MINUTE)
    expect(third.held.tombstone(first.owner)).toBeUndefined()
    // nothing is left of it but the stamps
    await third.held.read(first.owner)
    expect([...first.disk.queryKeys({}) as Iterable<unknown>].map(String)).toStrictEqual(['/nara/stash/clock/1', '/nara/stash/clock/0'])
  })

  it('is worth as much as before, if many want to be kept', async () => {
    const disk = new MemoryDatastore()
    const owners = [await peerId(1), await peerId(2), await peerId(3)]
    const clock = new ManualClock()
    const open = async (): Promise<Held['held']> => {
      const { held } = heldStashes({ clock, maxTombstones: 2, store: new DatastoreStashStore({ datastore: disk, clock }) })
      await held.start()

      return held
    }

    let held = await open()

    // the second was here for the longest time
    for (const [owner, age] of [[1, HOUR], [2, DAY]] as const) {
      const [data, end] = [await signed(owner, 1), await signed(owner, 2, { kind: 'tombstone' })]
      await store(held, data.arrival, data.body)
      clock.advance(age)
      await store(held, end.arrival, end.body)
    }

    await held.stop()
    held = await open()
    const [data, end] = [await signed(3, 1), await signed(3, 2, { kind: 'tombstone' })]
    await store(held, data.arrival, data.body)
    clock.advance(2 * HOUR)
    await store(held, end.arrival, end.body)

    expect(owners.map(owner => held.tombstone(owner) != null)).toStrictEqual([false, true, true])
  })
})

describe('tombstones of equal worth', () => {
  it.each([[1, 2], [2, 1]])('go in the order in which they were met, also after a restart: %i before %i', async (first, second) => {
    const [disk, clock] = [new MemoryDatastore(), new ManualClock()]
    // as most do, and unlike one in RAM, it does not remember what was written first
    const datastore: StashDatastore = {
      put: disk.put.bind(disk),
      get: disk.get.bind(disk),
      delete: disk.delete.bind(disk),
      query: query => disk.query({ ...query, orders: [(a, b) => a.key.toString() < b.key.toString() ? -1 : 1] }),
      queryKeys: disk.queryKeys.bind(disk)
    }
    const open = async (): Promise<Held['held']> => {
      const { held } = heldStashes({ clock, maxTombstones: 2, store: new DatastoreStashStore({ datastore, clock }) })
      await held.start()

      return held
    }
    const bury = async (held: Held['held'], owner: number): Promise<void> => {
      const [data, end] = [await signed(owner, 1), await signed(owner, 2, { kind: 'tombstone' })]
      await store(held, data.arrival, data.body)
      clock.advance(MINUTE)
      await store(held, end.arrival, end.body)
    }

    const before = await open()
    await bury(before, first)
    await bury(before, second)
    const after = await open()
    await bury(after, 3)

    expect([after.tombstone(await peerId(first)) != null, after.tombstone(await peerId(second)) != null]).toStrictEqual([true, false])
  })
})

describe('what is written to know this', () => {
  it('is a stamp every five minutes, however much goes on', async () => {
    const { datastore, held, clock, owner } = await holding()
    const { arrival } = await signed(1, 1)
    const before = datastore.writes

    for (let minutes = 0; minutes < 60; minutes++) {
      await clock.pass(MINUTE)

      for (let i = 0; i < 20; i++) {
        held.renew(owner)
        held.confirmed(owner)
        held.absent(1_000)
        held.lapsed()
        await held.admit(arrival)
        await held.hearOf(header('somebody', 'a', i + 1))
      }
    }

    expect(datastore.writes - before).toBe(12)
  })

  it('stops when the process stops', async () => {
    const { datastore, held, clock } = await holding()
    await held.stop()
    await held.stop()
    const before = datastore.writes
    await clock.pass(HOUR)

    expect(datastore.writes).toBe(before)
  })

  it.each<Damage>(['lost', 'half', 'empty', 'zeros', 'done'])('is whole in one of its two places, wherever a crash leaves it: %s', async (damage) => {
    for (let later = 0; later < 2; later++) {
      const first = await holding()
      await first.clock.pass(3 * DAY)
      first.datastore.add({ at: first.datastore.writes + later, damage, next: 'crash' })
      await first.clock.pass(11 * MINUTE)
      const after = await run(first.disk, NOVEMBER + 4 * DAY)

      expect(leftOf(after, first.owner)).toBeGreaterThanOrEqual(LEASE_IN_SECONDS - 3 * 24 * 3_600 - 10 * 60)
      expect(leftOf(after, first.owner)).toBeLessThanOrEqual(LEASE_IN_SECONDS - 3 * 24 * 3_600)
      expect([...first.disk.queryKeys({ prefix: '/nara/stash/clock' }) as Iterable<unknown>]).toHaveLength(2)
    }
  })

  it('is read from the newer of its two places', async () => {
    for (const stamps of [1, 2]) {
      const first = await holding()
      await first.clock.pass(stamps * 5 * MINUTE)

      expect(leftOf(await run(first.disk, NOVEMBER + HOUR), first.owner)).toBe(LEASE_IN_SECONDS - stamps * 5 * 60)
    }
  })

  it('may fail to be written: the next one is tried, and nothing else suffers', async () => {
    const first = await holding()
    const { datastore, held, clock, disk, owner } = first
    datastore.add({ at: datastore.writes, damage: 'half', next: 'go on' })
    await clock.pass(5 * MINUTE)
    expect((await held.read(owner))?.stash.record.seq).toBe(1)
    await clock.pass(5 * MINUTE)

    expect(leftOf(await run(disk, NOVEMBER + HOUR), owner)).toBe(LEASE_IN_SECONDS - 10 * 60)
  })
})
