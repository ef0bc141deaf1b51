import { describe, expect, it } from 'vitest'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { header } from '../record/headers.ts'
import { arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import type { Held } from './arrivals.ts'
import type { Arrival } from '../../src/held/held-stashes.ts'

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

  it.each([['comes once more', v1], ['is replaced', v2]])('can be made longer by a surrogate, not shorter, when the record %s', async (_, record) => {
    const shortened = heldStashes()
    await store(shortened.held, arrivalOf(v1, lease(100)), BODY)
    shortened.clock.advance(10_000)
    await store(shortened.held, arrivalOf(record, lease(0, { direct: false })), BODY)
    expect(left(shortened)).toBe(90)

    const lengthened = heldStashes()
    await store(lengthened.held, arrivalOf(v1, lease(100)), BODY)
    await store(lengthened.held, arrivalOf(record, lease(500, { direct: false })), BODY)
    expect(left(lengthened)).toBe(500)
  })
})
