import { describe, expect, it } from 'vitest'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { header } from '../record/headers.ts'
import { arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { TroubledStore } from './troubled-store.ts'
import type { Held } from './arrivals.ts'
import type { Admitted, StoreOutcome } from '../../src/held/held-stashes.ts'
import type { Refused } from '../../src/messages.ts'

const DAY = 24 * 60 * 60 * 1_000
const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)

/** A copy that was not spoken of for 31 days, and a word of its owner's that the disk takes its time over. */
async function lateWord (): Promise<Held & { arrives (): Promise<() => Promise<Admitted | StoreOutcome | Refused>> }> {
  const disk = new TroubledStore()
  const all = heldStashes({ store: disk })
  await store(all.held, arrivalOf(v1), BODY)
  all.clock.advance(31 * DAY)

  return {
    ...all,
    arrives: async () => {
      const gate = Promise.withResolvers<void>()
      disk.gate = gate.promise
      const answer = all.held.admit(arrivalOf(v1, { placement: placementOf('owner', 2) }))
      expect(await disk.next()).toBe('update')

      return async () => {
        gate.resolve()
        return await answer
      }
    }
  }
}

describe('a copy that is to go', () => {
  it('stays if its owner has its word before its turn has come', async () => {
    const { held, clock, arrives } = await lateWord()
    const [lapsed] = held.lapsed()
    const written = await arrives()
    const dropped = held.drop('owner', v1.id, { isDue: stash => leaseLeft(stash, clock.now()) === 0 })

    expect(lapsed?.record).toBe(v1)
    expect([await written(), await dropped]).toStrictEqual([{ type: 'have' }, false])
    expect(await held.read('owner')).toMatchObject({ body: BODY, stash: { placement: { version: 2 } } })
  })

  it('goes if nobody had', async () => {
    const { held, clock } = await lateWord()

    expect(await held.drop('owner', v1.id, { isDue: stash => leaseLeft(stash, clock.now()) === 0 })).toBe(true)
    expect(held.count).toBe(0)
  })
})
