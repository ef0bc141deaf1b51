import { sealedRecord, storeRequest } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { DEFAULT_MAX_STASH, LARGEST_MAX_STASH, LARGEST_STORE, maxBodyLength, STORE_BURST, STORES_PER_SECOND } from '../../src/constants.ts'
import { storeCost } from '../../src/handlers/store.ts'
import { KEPT, otherOwner, owner, scene, storing } from './scene.ts'

describe('how much one peer may store', () => {
  /** An owner that asks again and again for `seconds`, ever for another record of `bytes` of body: how many are kept. */
  async function keptOf (bytes: number, seconds: number, maxStash = DEFAULT_MAX_STASH): Promise<number> {
    const { ask, clock } = scene({ capacity: { maxStash, bytes: 64 * DEFAULT_MAX_STASH } })
    const { placement } = await storing()
    const until = clock.now() + seconds * 1_000
    let kept = 0

    for (let seq = 1; clock.now() <= until; seq++) {
      const { record, body } = await sealedRecord({ key: owner, seq, body: new Uint8Array(bytes) })
      const [answer, stored] = await ask(owner, storeRequest({ record, body }, placement))

      if (stored?.type === 'stored') {
        kept++
      } else {
        await clock.advance((answer as { retryAfter: number }).retryAfter)
      }
    }

    return kept
  }

  it.each([
    ['1 KiB, where stashes of 1 MiB are taken', 2_048, DEFAULT_MAX_STASH],
    ['1 KiB, where none above 1 KiB is taken', 2_048, 1_024],
    ['1 KiB, where stashes of 64 MiB are taken', 2_048, LARGEST_MAX_STASH]
  ])('of small stashes 750 at once and 300 a second: %s', async (_, bytes, maxStash) => {
    const seconds = 2
    const kept = await keptOf(bytes, seconds, maxStash)

    expect(kept).toBeGreaterThanOrEqual(STORE_BURST + 0.8 * seconds * STORES_PER_SECOND)
    expect(kept).toBeLessThanOrEqual(STORE_BURST + seconds * STORES_PER_SECOND + 1)
  })

  it('of the largest 50 at once and 20 a second, so many bytes and no more', async () => {
    const maxStash = 64 * 1_024
    const seconds = 3
    const kept = await keptOf(maxBodyLength(maxStash), seconds, maxStash)

    // a holder that takes small stashes alone counts in small bytes
    const most = (STORE_BURST + seconds * STORES_PER_SECOND) / storeCost(maxBodyLength(maxStash), maxStash)
    expect(kept).toBeGreaterThan(0.8 * most)
    expect(kept).toBeLessThanOrEqual(most + 1)
    expect(storeCost(maxBodyLength(DEFAULT_MAX_STASH), DEFAULT_MAX_STASH)).toBeCloseTo(LARGEST_STORE)
    expect(storeCost(maxBodyLength(LARGEST_MAX_STASH), LARGEST_MAX_STASH)).toBeCloseTo(LARGEST_STORE)
    expect([STORE_BURST, STORES_PER_SECOND].map(stores => stores / LARGEST_STORE)).toEqual([50, 20])
  })

  it('whatever one peer does, another has its own', async () => {
    const { ask } = scene({ burst: 2 })
    const flood = await storing({ key: otherOwner })

    for (let i = 0; i < 20; i++) {
      await ask(otherOwner, flood)
    }

    expect(await ask(otherOwner, flood)).toMatchObject([{ reason: 'rate limited' }])
    expect(await ask(owner, await storing())).toEqual(KEPT)
  })
})
