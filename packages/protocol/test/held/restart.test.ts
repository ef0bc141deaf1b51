import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import { ManualClock } from './manual-clock.ts'
import { DAY, HOUR, MINUTE, NOVEMBER, LEASE_IN_SECONDS, holding, leftOf, loseStamps, run } from './running.ts'
import { signed } from './signed.ts'

describe('a copy that a restart finds', () => {
  it('has no say until the owner or a co-holder has answered', async () => {
    const { disk, owner, held } = await holding()
    expect(held.get(owner)?.restored).toBe(false)

    const after = await run(disk, NOVEMBER + MINUTE)
    expect(after.held.get(owner)).toMatchObject({ restored: true, direct: true })
    after.held.confirmed(owner)
    expect(after.held.get(owner)?.restored).toBe(false)
    expect((await run(disk, NOVEMBER + MINUTE)).held.get(owner)?.restored).toBe(true)
  })

  it.each([true, false])('has one again once it is brought again (by its owner: %s) or is replaced', async (direct) => {
    for (const seq of [1, 2]) {
      const { disk, owner } = await holding()
      const { held } = await run(disk, NOVEMBER)
      const { arrival, body } = await signed(1, seq, { direct })
      await store(held, arrival, body)

      expect(held.get(owner)).toMatchObject({ restored: false, record: { seq } })
    }
  })

  it('has none because its owner is merely connected', async () => {
    const { disk, owner } = await holding()
    const { held } = await run(disk, NOVEMBER)
    held.renew(owner)

    expect(held.get(owner)?.restored).toBe(true)
  })
})

describe('a lease over restarts', () => {
  it('runs on while the process runs, and not while it is down', async () => {
    const first = await holding()
    const { disk, owner } = first
    await first.clock.pass(2 * DAY)
    await first.held.stop()
    expect(leftOf(first, owner)).toBe(LEASE_IN_SECONDS - 2 * 24 * 3_600)

    const second = await run(disk, NOVEMBER + 5 * DAY)
    expect(leftOf(second, owner)).toBe(LEASE_IN_SECONDS - 2 * 24 * 3_600)
    await second.clock.pass(27 * DAY + 23 * HOUR)

    // killed, and a stamp every five minutes is all that is known
    const third = await run(disk, NOVEMBER + 33 * DAY)
    expect(leftOf(third, owner)).toBe(3_600)
    await third.clock.pass(HOUR)
    expect(third.held.lapsed().map(({ record }) => record.owner)).toStrictEqual([owner])
  })

  it('does not begin anew with every restart', async () => {
    const { disk, owner } = await holding()

    for (let day = 0; day < 32; day++) {
      const { clock } = await run(disk, NOVEMBER + day * DAY)
      await clock.pass(DAY - HOUR)
    }

    expect((await run(disk, NOVEMBER + 33 * DAY)).held.lapsed().map(({ record }) => record.owner)).toStrictEqual([owner])
  })

  it('that was renewed by no more than a contact is not lost in a crash', async () => {
    const first = await holding()

    for (let day = 0; day < 10; day++) {
      await first.clock.pass(DAY)
      first.held.renew(first.owner)
    }

    await first.clock.pass(6 * MINUTE)
    const after = await run(first.disk, NOVEMBER + 11 * DAY)
    expect(leftOf(after, first.owner)).toBe(LEASE_IN_SECONDS - 5 * 60)
  })

  it('that stood still while this nara was away is not lost in a crash', async () => {
    const first = await holding()
    await first.clock.pass(6 * DAY)
    first.held.absent(6 * DAY)
    await first.clock.pass(6 * MINUTE)

    expect(leftOf(await run(first.disk, NOVEMBER + 7 * DAY), first.owner)).toBe(LEASE_IN_SECONDS - 5 * 60)
  })

  it('is that of the owner\'s last word if no stamp came after it', async () => {
    const first = await holding()
    await first.clock.pass(6 * DAY + MINUTE)
    const { arrival, body } = await signed(1, 2)
    await store(first.held, arrival, body)
    const after = await run(first.disk, NOVEMBER + 7 * DAY)

    expect(after.held.get(first.owner)?.record.seq).toBe(2)
    expect(leftOf(after, first.owner)).toBe(LEASE_IN_SECONDS)
  })

  it('that the owner cut short since the last stamp is not made longer by it', async () => {
    const first = await holding()
    await first.clock.pass(HOUR + MINUTE)
    const { arrival, body } = await signed(1, 2, { leaseRemaining: 60 })
    await store(first.held, arrival, body)

    expect(leftOf(await run(first.disk, NOVEMBER + 2 * HOUR), first.owner)).toBe(60)
  })

  it('of an entry that knows no running time counts from the start', async () => {
    const { disk, owner } = await holding()
    await loseStamps(disk)
    const after = await run(disk, NOVEMBER)
    expect([leftOf(after, owner), after.held.count]).toStrictEqual([LEASE_IN_SECONDS, 1])
  })
})

describe('a nara that was away', () => {
  it.each([
    ['11 days', 11 * DAY, false],
    ['14 days', 14 * DAY, false],
    ['more than 14 days', 14 * DAY + 1, true],
    ['15 days', 15 * DAY, true],
    ['30 days', 30 * DAY, true],
    ['ten years', 3_653 * DAY, true]
  ])('for %s, or whose clock says so, drops nothing, and marks what nobody may remember', async (_, away, marked) => {
    const { disk, owner, held } = await holding()
    await held.stop()
    const after = await run(disk, NOVEMBER + away)

    expect(after.held.get(owner)).toMatchObject({ restored: true, mayBeDeleted: marked, direct: true })
    expect([leftOf(after, owner), (await after.held.read(owner))?.body.byteLength]).toStrictEqual([LEASE_IN_SECONDS, 100])
    await after.held.stop()
    expect((await run(disk, NOVEMBER + away + HOUR)).held.get(owner)).toMatchObject({ mayBeDeleted: marked })
    // one of the two was wrong
    expect((await run(disk, NOVEMBER)).held.get(owner)).toMatchObject({ mayBeDeleted: true, direct: true })
  })

  it('takes the mark away when its owner brings the copy again, and not for anything else', async () => {
    const { disk, owner, held } = await holding()
    await held.stop()
    const after = await run(disk, NOVEMBER + 15 * DAY)
    after.held.renew(owner)
    after.held.confirmed(owner)
    expect(after.held.get(owner)).toMatchObject({ restored: false, mayBeDeleted: true })

    for (const [direct, marked] of [[false, true], [true, false]] as const) {
      await after.held.admit((await signed(1, 1, { direct })).arrival)
      expect(after.held.get(owner)).toMatchObject({ restored: false, mayBeDeleted: marked })
    }

    await after.held.stop()
    expect((await run(disk, NOVEMBER + 15 * DAY)).held.get(owner)?.mayBeDeleted).toBe(false)
  })

  it('takes it away when a co-holder vouches for the copy, or a newer record comes', async () => {
    for (const seq of [1, 2]) {
      const { disk, owner } = await holding()
      const { held } = await run(disk, NOVEMBER + 15 * DAY)
      expect(held.get(owner)?.mayBeDeleted).toBe(true)

      if (seq === 1) {
        held.vouched(owner)
      } else {
        const { arrival, body } = await signed(1, 2)
        await store(held, arrival, body)
      }

      expect(held.get(owner)).toMatchObject({ mayBeDeleted: false, record: { seq } })
    }
  })

  it('is told by a clock that is set right while it runs', async () => {
    const { disk, owner } = await holding()
    const after = await run(disk, 5 * MINUTE)
    expect(after.held.get(owner)?.mayBeDeleted).toBe(false)
    await after.clock.pass(DAY)
    after.clock.wall = NOVEMBER + 20 * DAY
    await after.clock.pass(5 * MINUTE)

    expect(after.held.get(owner)?.mayBeDeleted).toBe(true)
  })

  it('is away until somebody is connected, over restarts', async () => {
    const { disk, owner, held } = await holding()
    await held.stop()

    for (let day = 1; day <= 15; day++) {
      const isolated = await run(disk, NOVEMBER + day * DAY, { isInTouch: () => false })
      expect(isolated.held.get(owner)?.mayBeDeleted).toBe(day > 14)
      await isolated.clock.pass(8 * HOUR)
      isolated.held.absent(8 * HOUR)
    }
  })

  it('adds up what it was off, and alone after that', async () => {
    const { disk, owner, held } = await holding()
    await held.stop()
    const after = await run(disk, NOVEMBER + 10 * DAY)
    await after.clock.pass(4 * DAY)
    after.held.absent(4 * DAY)
    expect(after.held.get(owner)?.mayBeDeleted).toBe(false)
    await after.clock.pass(MINUTE)
    after.held.absent(MINUTE)
    expect(after.held.get(owner)?.mayBeDeleted).toBe(true)
    expect(leftOf(after, owner)).toBe(LEASE_IN_SECONDS)
  })

  it('is away since its last stamp, not since what it holds was stored', async () => {
    const first = await holding()
    await first.clock.pass(6 * DAY)
    const after = await run(first.disk, NOVEMBER + 6 * DAY + 13 * DAY)

    expect(after.held.get(first.owner)?.mayBeDeleted).toBe(false)
  })

  it('is not away because it held nothing for a while', async () => {
    const first = await run(new MemoryDatastore(), NOVEMBER)
    const disk = new MemoryDatastore()
    await first.held.stop()
    await (await run(disk, NOVEMBER)).held.stop()
    // a store, and a crash before the first stamp after it
    const { owner } = await holding(disk, NOVEMBER + 30 * DAY)

    expect((await run(disk, NOVEMBER + 31 * DAY)).held.get(owner)?.mayBeDeleted).toBe(false)
  })

  it.each([
    ['wakes up in 1970', NOVEMBER, 20 * DAY],
    ['never knows the time', 5 * MINUTE, 10 * MINUTE],
    ['was saved up to an hour before the power cut', NOVEMBER, NOVEMBER - HOUR]
  ])('is not told so by a clock that %s', async (_, before, after) => {
    const { disk, owner } = await holding(new MemoryDatastore(), before)
    const { held, clock } = await run(disk, after)
    await clock.pass(DAY)

    expect(held.get(owner)).toMatchObject({ restored: true, mayBeDeleted: false })
  })

  it.each([['in 1970', 5 * MINUTE, false], ['behind by a hundred days', NOVEMBER - 100 * DAY, true]])('is told so by a clock that was %s for one run in between: %o', async (_, wrong, marked) => {
    const first = await holding()
    await first.held.stop()
    const second = await run(first.disk, wrong)
    await second.clock.pass(10 * DAY)
    await second.held.stop()

    // since NOVEMBER 20 days have gone by, but ten of them it ran
    expect((await run(first.disk, NOVEMBER + 20 * DAY)).held.get(first.owner)?.mayBeDeleted).toBe(marked)
  })

  it('is not told so by a clock that was put back while it ran', async () => {
    const first = await holding()
    await first.clock.pass(10 * MINUTE)
    first.clock.wall -= 100 * DAY
    await first.clock.pass(10 * MINUTE)

    expect((await run(first.disk, NOVEMBER + 12 * DAY)).held.get(first.owner)?.mayBeDeleted).toBe(false)
  })

  it('has no say after the machine slept, though nobody asks for leases', async () => {
    const { held, clock, owner } = await holding()
    await clock.pass(10 * MINUTE)
    expect(held.get(owner)?.restored).toBe(false)
    clock.wall += HOUR
    await clock.pass(5 * MINUTE)
    expect(held.get(owner)?.restored).toBe(true)
  })

  it('still knows at the next start what a failing disk kept it from noting', async () => {
    const { disk, owner } = await holding()
    const clock = new ManualClock()
    clock.wall = NOVEMBER + 15 * DAY
    const datastore = new FaultyDatastore(disk)
    datastore.sticky = true
    datastore.add({ at: 0, damage: 'lost', next: 'go on' })
    const { held } = heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock }) })
    await held.start()
    await clock.pass(HOUR)
    const marks = [held.get(owner)?.mayBeDeleted, (await run(disk, NOVEMBER + 15 * DAY)).held.get(owner)?.mayBeDeleted]

    expect(marks).toStrictEqual([true, true])
  })

  it('keeps the tombstones', async () => {
    const first = await run(new MemoryDatastore(), NOVEMBER)
    const disk = new MemoryDatastore()
    const second = await run(disk, NOVEMBER)
    const { arrival, body } = await signed(1, 2, { kind: 'tombstone' })
    await store(second.held, arrival, body)
    const after = await run(disk, NOVEMBER + 100 * DAY)

    expect([after.held.tombstone(arrival.record.owner)?.record.seq, first.held.count]).toStrictEqual([2, 0])
    expect(await after.held.admit((await signed(1, 1)).arrival)).toMatchObject({ type: 'stale' })
  })
})
