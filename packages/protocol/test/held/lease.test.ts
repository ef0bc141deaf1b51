import { describe, expect, it } from 'vitest'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { header } from '../record/headers.ts'
import { arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import type { Held } from './arrivals.ts'
import type { Arrival, HeldStash } from '../../src/held/held-stashes.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)

function left ({ held, clock }: Held): number {
  const stash = held.get('owner')

  if (stash == null) {
    throw new Error('nothing is held')
  }

  return leaseLeft(stash, clock.now())
}

function lease (seconds: number, changes: Partial<Arrival> = {}): Partial<Arrival> {
  return { leaseRemaining: seconds, ...changes }
}

describe('the lease of a held stash', () => {
  it('runs by the monotonic clock, in whole seconds, down to nothing', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(100)), BODY)

    for (const [milliseconds, seconds] of [[0, 100], [999, 100], [1, 99], [98_000, 1], [1_000, 0], [1_000, 0]] as const) {
      all.clock.advance(milliseconds)
      expect(left(all)).toBe(seconds)
    }
  })

  it('does not heed the wall clock', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(100)), BODY)
    all.clock.wall += 1e12

    expect(left(all)).toBe(100)
  })

  it('is never longer than the owner\'s placement says', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(1_000, { placement: placementOf('owner', 1, 60) })), BODY)
    expect(left(all)).toBe(60)

    await all.held.admit(arrivalOf(v1, lease(1_000, { placement: placementOf('owner', 2, 50), direct: false })))
    expect(left(all)).toBe(50)
  })

  it.each([['comes once more', v1], ['is replaced', v2]])('is what the owner says when the record %s', async (_, record) => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(100)), BODY)
    await store(all.held, arrivalOf(record, lease(30)), BODY)

    expect(left(all)).toBe(30)
  })

  it.each([[100, 50, 50], [30, 50, 30]])('is the shorter one if the owner says %s s with a placement older than the one that says %s s', async (older, kept, seconds) => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(kept, { placement: placementOf('owner', 2, kept) })), BODY)
    all.clock.advance(10_000)
    await store(all.held, arrivalOf(v1, lease(older, { placement: placementOf('owner', 1, older) })), BODY)

    expect(all.held.get('owner')?.placement.version).toBe(2)
    expect(left(all)).toBe(seconds)
  })

  it.each([['comes once more', v1, 100], ['is replaced', v2, 500]])('is made no shorter by a surrogate, and longer only with another record: it %s', async (_, record, seconds) => {
    const shortened = heldStashes()
    await store(shortened.held, arrivalOf(v1, lease(100)), BODY)
    shortened.clock.advance(10_000)
    await store(shortened.held, arrivalOf(record, lease(0, { direct: false })), BODY)
    expect(left(shortened)).toBe(90)

    const lengthened = heldStashes()
    await store(lengthened.held, arrivalOf(v1, lease(100)), BODY)
    await store(lengthened.held, arrivalOf(record, lease(500, { direct: false })), BODY)
    expect(left(lengthened)).toBe(seconds)
  })
})

describe('a lease that runs out', () => {
  it('makes its stash one of the lapsed, and ends nothing by itself', async () => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v1, lease(100)), BODY)
    await store(held, arrivalOf(header('other', 'a', 1), lease(200)), BODY)
    clock.advance(99_999)
    expect(held.lapsed()).toStrictEqual([])
    clock.advance(1)
    expect(held.lapsed()).toStrictEqual([held.get('owner')])
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('is full again once the owner is in touch', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, { direct: false, leaseRemaining: 20, placement: placementOf('owner', 1, 60) }), BODY)
    all.clock.advance(20_000)
    all.held.renew('owner')
    all.held.renew('nobody')

    expect([left(all), all.held.lapsed(), all.held.count]).toStrictEqual([60, [], 1])
  })
})

describe('one\'s own absence', () => {
  it('is not the owner\'s: no lease runs meanwhile', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(1_000)), BODY)
    all.clock.advance(100_000)
    all.clock.advance(700_000)
    all.held.absent(700_000)
    expect(left(all)).toBe(900)

    // the same once more, and some that was told before
    all.held.absent(700_000)
    all.clock.advance(50_000)
    all.held.absent(100_000)
    expect(left(all)).toBe(900)
  })

  it('gives nothing back to a lease that was renewed meanwhile', async () => {
    const all = heldStashes()
    await store(all.held, arrivalOf(v1, lease(1_000)), BODY)
    all.clock.advance(500_000)
    await all.held.admit(arrivalOf(v1, lease(1_000)))
    all.clock.advance(100_000)
    all.held.absent(600_000)

    expect(left(all)).toBe(1_000)
  })

  /** A holder's cable is pulled for 31 days; then the owner, who was there all the time, wants its stash. */
  async function afterAMonthWithoutCable (held: HeldStashes, clock: ManualClock): Promise<HeldStash | undefined> {
    await store(held, arrivalOf(v1), BODY)

    for (let day = 0; day < 31; day++) {
      clock.advance(DAY)
      held.absent(DAY)

      for (const { record } of held.lapsed()) {
        await held.drop(record.owner, record.id)
      }
    }

    return (await held.read('owner'))?.stash
  }

  it('loses no stash, as a lease that counts it would', async () => {
    class Counting extends HeldStashes {
      override absent (): void {}
    }

    const init = () => ({ capacity: { stashes: 5, bytes: 100, maxStash: 10 }, newest: new NewestTable(), clock: new ManualClock() })
    const [right, wrong] = [init(), init()]

    expect(await afterAMonthWithoutCable(new HeldStashes(right), right.clock)).toMatchObject({ record: v1 })
    expect(await afterAMonthWithoutCable(new Counting(wrong), wrong.clock)).toBeUndefined()
  })

  it('between a stop and a start of the same process is told by these', async () => {
    const all = heldStashes()
    await all.held.start()
    await store(all.held, arrivalOf(v1, lease(1_000)), BODY)
    await all.held.stop()
    all.clock.advance(900_000)
    await all.held.start()
    await all.held.start()

    expect([left(all), all.held.get('owner')?.restored]).toStrictEqual([1_000, true])
  })

  it('of ten minutes leaves it open what has become of a copy, until the owner or a co-holder answers', async () => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    const away = (milliseconds: number): boolean | undefined => {
      clock.advance(milliseconds)
      held.absent(milliseconds)

      return held.get('owner')?.restored
    }

    expect(away(10 * MINUTE - 1)).toBe(false)
    expect(away(1)).toBe(true)
    held.confirmed('nobody')
    expect(held.get('owner')?.restored).toBe(true)
    held.confirmed('owner')
    expect(held.get('owner')?.restored).toBe(false)
    // it goes on, but there was a word meanwhile; that its owner is connected is none
    expect(away(10 * MINUTE - 1)).toBe(false)
    held.renew('owner')
    expect(away(1)).toBe(true)
    await held.admit(arrivalOf(v1, { direct: false }))
    expect(held.get('owner')?.restored).toBe(false)
  })

  it('does not shed doubt on a copy that came in its last minutes', async () => {
    const { held, clock } = heldStashes()
    clock.advance(8 * MINUTE)
    await store(held, arrivalOf(v1), BODY)
    clock.advance(4 * MINUTE)
    held.absent(12 * MINUTE)

    expect(held.get('owner')?.restored).toBe(false)
  })

  it('in which the machine slept is seen by the wall clock, which went on', async () => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    held.lapsed()

    for (const [wall, running, restored] of [[9 * MINUTE, 0, false], [60 * MINUTE, 60 * MINUTE, false], [-90 * MINUTE, 0, false], [11 * MINUTE, MINUTE, true]] as const) {
      clock.wall += wall
      clock.advance(running)
      held.lapsed()
      expect(held.get('owner')?.restored).toBe(restored)
    }

    // which is no reason to drop anything
    held.confirmed('owner')
    clock.wall += 20_000 * DAY
    held.lapsed()
    // that it is not 1970 any longer says nothing
    expect(held.get('owner')).toMatchObject({ record: v1, restored: true, mayBeDeleted: false })
    clock.wall += 15 * DAY
    held.lapsed()
    expect(held.get('owner')).toMatchObject({ record: v1, restored: true, mayBeDeleted: true })
  })

  it.each([['told at once', 15 * DAY], ['told bit by bit', MINUTE]])('of more than 14 days marks all that no word was heard of meanwhile, %s', async (_, step) => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    await store(held, arrivalOf(header('other', 'a', 1)), BODY)

    for (let past = 0; past < 15 * DAY; past += step) {
      clock.advance(step)

      if (past < 8 * DAY && past + step >= 8 * DAY) {
        held.confirmed('other')
      }

      held.absent(step)
    }

    expect([held.get('owner')?.mayBeDeleted, held.get('other')?.mayBeDeleted]).toStrictEqual([true, false])
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('of 14 days does not', async () => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    clock.advance(14 * DAY)
    held.absent(14 * DAY)

    expect(held.get('owner')).toMatchObject({ restored: true, mayBeDeleted: false })
  })
})
