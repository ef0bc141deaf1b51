import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { FETCH_BURST, FETCH_REFILL, LARGEST_MAX_STASH, MAX_INLINE_BODY, maxBodyLength, REQUEST_RATE, RETRY_AFTER } from '../../src/constants.ts'
import { fetchBudget } from '../../src/handlers/fetch.ts'
import { TroubledStore } from '../held/troubled-store.ts'
import { holder, live, otherOwner, owner, scene, storing } from './scene.ts'

const header = { type: 'fetch' as const, whole: false }
const whole = { type: 'fetch' as const, whole: true }
const day = 24 * 60 * 60

describe('handleFetch', () => {
  it('shows an owner what is held for it, with the body if it asks for that', async () => {
    const { ask } = scene()
    const { record, placement, body, ...request } = await storing()
    await ask(owner, { ...request, record, placement, body })
    const found = { type: 'found', record, placement, liveHolders: [live.id], leaseRemaining: 30 * day, direct: true }

    expect(await ask(owner, header)).toStrictEqual([found])
    expect(await ask(owner, whole)).toStrictEqual([{ ...found, body }])
  })

  it('says what is left of the lease, not what was left when the copy came', async () => {
    const { ask, clock } = scene()
    await ask(owner, await storing())
    await clock.advance(1_000 * day + 999)
    expect(await ask(owner, header)).toMatchObject([{ leaseRemaining: 29 * day }])
    expect(await ask(owner, whole)).toMatchObject([{ leaseRemaining: 29 * day }])

    await clock.advance(1_000 * 29 * day)
    expect(await ask(owner, header)).toMatchObject([{ leaseRemaining: 0 }])
  })

  it('says that a copy came from somebody else', async () => {
    const { ask } = scene()
    await ask(holder, await storing())

    expect(await ask(owner, header)).toMatchObject([{ type: 'found', direct: false }])
  })

  it('shows nothing to anybody else, not even to who brought it or holds it, too', async () => {
    const { ask } = scene()
    await ask(holder, await storing({ placement: { holders: [holder.id] } }))

    for (const caller of [holder, otherOwner]) {
      expect(await ask(caller, header)).toStrictEqual([{ type: 'not-found' }])
      expect(await ask(caller, whole)).toStrictEqual([{ type: 'not-found' }])
    }
  })

  it.each([
    ['who is denied', { deny: [owner.id] }],
    ['who is not on the allow list', { allow: [holder.id] }]
  ])('does not deal with %s', async (_, trust) => {
    const { ask, held } = scene(trust)
    const { record, placement, body } = await storing()
    // as from a datastore of a time when it was
    const verdict = await held.admit({ record, placement, direct: true, exempt: true, leaseRemaining: day, liveHolders: [] })
    expect(verdict.type === 'admitted' && await verdict.commit(body)).toMatchObject({ type: 'stored' })

    for (const request of [header, whole]) {
      expect(await ask(owner, request)).toEqual([{ type: 'refused', reason: 'not trusted', retryAfter: RETRY_AFTER }])
    }
  })

  it('answers while it leaves, and however often it is asked', async () => {
    const it = scene({ burst: 1 })
    await it.ask(owner, await storing())
    it.leaving = true

    for (const request of [header, whole, header, whole]) {
      expect(await it.ask(owner, request)).toMatchObject([{ type: 'found' }])
    }
  })

  it('sends an owner so many large bodies at once, and then as many as an honest line would take; what it holds it always says', async () => {
    const largest = maxBodyLength(50_000)
    const { ask, clock } = scene({ capacity: { maxStash: 50_000 } })
    const { body } = await storing({ body: new Uint8Array(largest).fill(7) })
    await ask(owner, await storing({ body }))
    await ask(otherOwner, await storing({ key: otherOwner, body }))

    for (let i = 0; i < FETCH_BURST; i++) {
      expect(await ask(owner, whole)).toMatchObject([{ type: 'found' }])
    }

    const retryAfter = Math.ceil(largest / REQUEST_RATE * 1_000)
    expect(await ask(owner, whole)).toEqual([{ type: 'refused', reason: 'rate limited', retryAfter }])
    expect(await ask(owner, header)).toMatchObject([{ type: 'found' }])
    expect(await ask(otherOwner, whole)).toMatchObject([{ type: 'found' }])

    await clock.advance(retryAfter)
    expect(await ask(owner, whole)).toMatchObject([{ type: 'found', body }])
    expect(await ask(owner, whole)).toMatchObject([{ type: 'refused' }])
  })

  it('counts no body that fits into the answer, and never refuses one for ever since it is larger than what is taken today', async () => {
    const small = scene()
    await small.ask(owner, await storing({ body: new Uint8Array(MAX_INLINE_BODY) }))

    for (let i = 0; i < 1_000; i++) {
      expect(await small.ask(owner, whole)).toMatchObject([{ type: 'found' }])
    }

    const { ask, held, clock } = scene({ capacity: { maxStash: 1 } })
    const { record, placement, body } = await storing({ body: new Uint8Array(100_000) })
    held.capacity.maxStash = 100_000
    await ask(owner, { type: 'store', record, placement, body, liveHolders: [], leaseRemaining: day })
    held.capacity.maxStash = 1

    for (let i = 0; i < 3; i++) {
      expect(await ask(owner, whole)).toMatchObject([{ type: 'found' }])
      await clock.advance(10_000)
    }
  })

  it('counts no body that it could not read', async () => {
    const store = new TroubledStore()
    const maxStash = 50_000
    const { ask } = scene({ store, capacity: { maxStash } })
    await ask(owner, await storing({ body: new Uint8Array(maxBodyLength(maxStash)).fill(7) }))
    store.failing.add('body')

    for (let i = 0; i < 2 * FETCH_BURST; i++) {
      await expect(ask(owner, whole)).rejects.toMatchObject({ name: 'HeldStoreError' })
    }

    store.failing.clear()

    for (let i = 0; i < FETCH_BURST; i++) {
      expect(await ask(owner, whole)).toMatchObject([{ type: 'found' }])
    }

    expect(await ask(owner, whole)).toMatchObject([{ type: 'refused' }])
  })

  it('counts bodies that are read at once', async () => {
    const { ask } = scene({ capacity: { maxStash: 50_000 } })
    await ask(owner, await storing({ body: new Uint8Array(maxBodyLength(50_000)).fill(7) }))
    const answers = await Promise.all(Array.from({ length: 64 }, async () => await ask(owner, whole)))

    expect(answers.filter(([answer]) => answer?.type === 'found')).toHaveLength(FETCH_BURST)
  })

  it('does not take a failing store for an empty one', async () => {
    const store = new TroubledStore()
    const { ask, held } = scene({ store })
    await ask(owner, await storing())
    store.failing.add('body')

    await expect(ask(owner, whole)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.count).toBe(1)

    store.failing.clear()
    expect(await ask(owner, whole)).toMatchObject([{ type: 'found' }])
  })

  it('reads no body for a header', async () => {
    const store = new TroubledStore()
    const { ask } = scene({ store })
    await ask(owner, await storing())
    store.failing.add('body')

    expect(await ask(owner, header)).toMatchObject([{ type: 'found' }])
  })

  it('never serves a damaged copy', async () => {
    const store = new TroubledStore()
    const { ask, held } = scene({ store })
    await ask(owner, await storing())
    store.lost = true

    expect(await ask(owner, whole)).toStrictEqual([{ type: 'not-found' }])
    expect(await ask(owner, header)).toStrictEqual([{ type: 'not-found' }])
    expect(held.count).toBe(0)
  })
})

describe('the budget for what an owner fetches', () => {
  it.each([[50_000, 1_000 * maxBodyLength(50_000) / REQUEST_RATE], [LARGEST_MAX_STASH, FETCH_REFILL]])(
    'has another of the largest bodies at REQUEST_RATE, but in half a minute at the latest, since a stream may break at the first frame: %i bytes', async (maxStash, wait) => {
      const clock = new VirtualClock()
      const budget = fetchBudget(clock, maxStash)
      const largest = maxBodyLength(maxStash)

      for (let i = 0; i < FETCH_BURST; i++) {
        expect(budget.take(owner.id, largest)).toEqual({ ok: true })
      }

      for (let i = 0; i < 3; i++) {
        expect(budget.take(owner.id, largest)).toEqual({ ok: false, retryAfter: expect.closeTo(wait, -1) })
        await clock.advance(wait)
        expect(budget.take(owner.id, largest)).toEqual({ ok: true })
      }
    })
})
