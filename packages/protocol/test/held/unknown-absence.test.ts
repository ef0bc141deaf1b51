import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { FileStashStore } from '../../src/held/files/file-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { FragileDisk } from './files/fragile-disk.ts'
import { ManualClock } from './manual-clock.ts'
import { DAY, MINUTE, NOVEMBER, holding, loseStamps, run } from './running.ts'
import { signed } from './signed.ts'
import type { Held } from './arrivals.ts'

async function bringAgain ({ held }: Pick<Held, 'held'>): Promise<void> {
  await held.admit((await signed(1, 1)).arrival)
}

describe('a nara that cannot know for how long it was away', () => {
  it.each([['lost', undefined], ['damaged', new Uint8Array(40)]])('because its stamp in a folder is %s, marks', async (_, bytes) => {
    const disk = new FragileDisk()
    const start = async (): Promise<Held> => {
      const clock = new ManualClock()
      clock.wall = NOVEMBER
      const all = heldStashes({ clock, store: new FileStashStore({ path: '/held', fs: disk.fs, clock, keepFree: 0, takeLock: () => ({ release: () => {} }) }) })
      await all.held.start()

      return all
    }

    const { arrival, body } = await signed(1, 1)
    const first = await start()
    await store(first.held, arrival, body)
    await first.held.stop()
    const second = await start()
    expect(second.held.get(arrival.record.owner)?.mayBeDeleted).toBe(false)
    await second.held.stop()
    disk.plant('clock', bytes)
    const third = await start()
    expect(third.held.get(arrival.record.owner)?.mayBeDeleted).toBe(true)
    await bringAgain(third)
    await third.held.stop()

    expect((await start()).held.get(arrival.record.owner)?.mayBeDeleted).toBe(false)
  })

  it.each([
    ['was in 1970, and knows the time since', 5 * MINUTE, NOVEMBER],
    ['has gone back a year', NOVEMBER, NOVEMBER - 365 * DAY]
  ])('because of a clock that %s, marks', async (_, before, after) => {
    const { disk, owner } = await holding(new MemoryDatastore(), before)
    const { held } = await run(disk, after)

    expect(held.get(owner)).toMatchObject({ restored: true, mayBeDeleted: true })
    expect((await held.read(owner))?.body.byteLength).toBe(100)
  })

  it.each([['at once', 0], ['after a while in 1970', 5 * MINUTE]])('judges rightly again after a clock was ten years ahead once (is right %s)', async (_, first) => {
    const ahead = await holding()
    ahead.clock.wall += 3_653 * DAY
    await ahead.clock.pass(5 * MINUTE)
    await ahead.held.stop()
    const later = await run(ahead.disk, NOVEMBER + 3_653 * DAY)
    await bringAgain(later)
    await later.held.stop()

    const after = await run(ahead.disk, first > 0 ? first : NOVEMBER + 60 * DAY)
    expect(after.held.get(ahead.owner)?.mayBeDeleted).toBe(first === 0)
    after.clock.wall = NOVEMBER + 60 * DAY
    await after.clock.pass(5 * MINUTE)
    expect(after.held.get(ahead.owner)?.mayBeDeleted).toBe(true)
    await bringAgain(after)
    await after.held.stop()

    const soon = await run(ahead.disk, NOVEMBER + 70 * DAY)
    expect(soon.held.get(ahead.owner)?.mayBeDeleted).toBe(false)
    await soon.held.stop()
    expect((await run(ahead.disk, NOVEMBER + 90 * DAY)).held.get(ahead.owner)?.mayBeDeleted).toBe(true)
  })

  it.each([['knows the time', NOVEMBER], ['gets to know it', 5 * MINUTE]])('because its stamps are lost, marks as soon as it %s', async (_, wall) => {
    const { disk, owner, held } = await holding()
    await held.stop()
    await loseStamps(disk)
    const after = await run(disk, wall)
    expect(after.held.get(owner)?.mayBeDeleted).toBe(wall === NOVEMBER)
    await after.clock.pass(MINUTE)
    const { arrival, body } = await signed(2, 1)
    await store(after.held, arrival, body)
    after.clock.wall = NOVEMBER
    await after.clock.pass(5 * MINUTE)

    // but not what came since
    expect([owner, arrival.record.owner].map(each => after.held.get(each)?.mayBeDeleted)).toStrictEqual([true, false])
  })
})
