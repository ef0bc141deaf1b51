import { testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { RETRY_AFTER } from '../../src/constants.ts'
import { ADDRESS, KEPT, holder, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { Surrogates } from '../../src/record/placement.ts'

const refused = (reason: string): object[] => [{ type: 'refused', reason, retryAfter: RETRY_AFTER }]
const stranger = testKey(9)

describe('whom handleStore refuses', () => {
  it.each<[string, { surrogates: Surrogates, holders?: string[], allowed?: string[] }, boolean]>([
    ['any nara may help', { surrogates: 'any' }, true],
    ['we are a confidant and nobody may help', { surrogates: 'none', holders: [holder.id, self.id] }, true],
    ['nobody may help', { surrogates: 'none', holders: [holder.id] }, false],
    ['nobody may help, whoever is listed', { surrogates: 'none', allowed: [self.id] }, false],
    ['we are listed', { surrogates: 'listed', allowed: [stranger.id, self.id] }, true],
    ['others are listed', { surrogates: 'listed', allowed: [stranger.id, holder.id] }, false],
    ['others are listed, and we are a confidant', { surrogates: 'listed', allowed: [stranger.id], holders: [self.id] }, true]
  ])('a holder brings a record whose owner says: %s', async (_, placement, admitted) => {
    const { ask, held } = scene()

    expect(await ask(holder, await storing({ placement }))).toEqual(admitted ? KEPT : refused('not trusted'))
    expect(held.count).toBe(admitted ? 1 : 0)
  })

  it('asks nobody\'s leave when the owner itself comes', async () => {
    expect(await scene().ask(owner, await storing({ placement: { surrogates: 'none' } }))).toEqual(KEPT)
  })

  it.each([
    ['an owner that is denied', { deny: [owner.id] }, owner],
    ['a holder that is denied', { deny: [holder.id] }, holder],
    ['a holder, for an owner that is denied', { deny: [owner.id] }, holder],
    ['an owner that is not on the allow list', { allow: [holder.id] }, owner],
    ['a holder that is not on the allow list', { allow: [owner.id] }, holder],
    ['a holder, for an owner that is not on the allow list', { allow: [holder.id] }, holder],
    ['whoever is on both lists', { allow: [owner.id], deny: [owner.id] }, owner]
  ])('does not deal with %s', async (_, trust, caller) => {
    const { ask, held } = scene(trust)

    expect(await ask(caller, await storing())).toEqual(refused('not trusted'))
    expect(held.count).toBe(0)
  })

  it('deals with who is on the allow list', async () => {
    const { ask } = scene({ allow: [owner.id, holder.id] })

    expect(await ask(holder, await storing({ seq: 1 }))).toEqual(KEPT)
    expect(await ask(owner, await storing({ seq: 2 }))).toEqual(KEPT)
  })

  it('is no confidant of its own', async () => {
    const { ask, held } = scene()
    const own = await storing({ key: self, placement: { holders: [self.id] } })

    expect(await ask(holder, own)).toEqual(refused('not trusted'))
    expect(held.count).toBe(0)
  })

  it('takes nothing while it leaves, not even an update', async () => {
    const it = scene()
    const first = await storing({ seq: 1 })
    await it.ask(owner, first)
    it.leaving = true

    expect(await it.ask(owner, await storing({ seq: 2 }))).toEqual(refused('draining'))
    expect(await it.ask(otherOwner, await storing({ key: otherOwner }))).toEqual(refused('draining'))
    expect(it.held.list().map(({ record }) => record)).toEqual([first.record])
  })

  it('finishes what was under way when it began to leave', async () => {
    const it = scene()
    const request = await storing()
    const waiting = await it.begin(owner, request)
    it.leaving = true

    expect(await waiting.receive(request.body)).toMatchObject({ type: 'stored' })
  })

  it('slows down who stores too often, each peer for itself, and says for how long', async () => {
    const { ask, clock } = scene({ burst: 2 })
    const request = await storing()
    await ask(owner, request)
    expect(await ask(owner, request)).toMatchObject([{ type: 'have' }])

    expect(await ask(owner, request)).toEqual([{ type: 'refused', reason: 'rate limited', retryAfter: 4 }])
    expect(await ask(holder, request)).toEqual([{ type: 'have' }])

    await clock.advance(3)
    expect(await ask(owner, request)).toEqual([{ type: 'refused', reason: 'rate limited', retryAfter: 1 }])
    await clock.advance(1)
    expect(await ask(owner, request)).toMatchObject([{ type: 'have' }])
  })

  it('slows down those it does not deal with, too', async () => {
    const { ask } = scene({ burst: 1, deny: [owner.id] })
    const request = await storing()

    expect(await ask(owner, request)).toEqual(refused('not trusted'))
    expect(await ask(owner, request)).toMatchObject([{ reason: 'rate limited' }])
  })

  it.each([
    ['too large', { maxStash: 1 }, 2_051],
    ['over quota', { bytes: 99 }, 100]
  ])('refuses a body that is %s before it moves', async (reason, capacity, bytes) => {
    const { ask } = scene({ capacity })

    expect(await ask(owner, await storing({ body: new Uint8Array(bytes) }))).toEqual(refused(reason))
    expect(await ask(owner, await storing({ body: new Uint8Array(bytes - 1) }))).toEqual(KEPT)
  })

  it('has slots, which no update needs', async () => {
    const { ask } = scene({ capacity: { stashes: 1 } })
    await ask(owner, await storing({ seq: 1 }))

    expect(await ask(otherOwner, await storing({ key: otherOwner }))).toEqual(refused('at capacity'))
    expect(await ask(owner, await storing({ seq: 2 }))).toEqual(KEPT)
  })

  it('leaves half of the slots to owners that come themselves', async () => {
    const { ask } = scene({ capacity: { stashes: 2 } })
    expect(await ask(holder, await storing({ key: testKey(20) }))).toEqual(KEPT)

    expect(await ask(holder, await storing({ key: testKey(21) }))).toEqual(refused('at capacity'))
    expect(await ask(testKey(21), await storing({ key: testKey(21) }))).toEqual(KEPT)
  })

  describe('a third owner from one address', () => {
    const owners = [testKey(20), testKey(21), testKey(22)] as const

    async function third (address: string | undefined, trust: { allow?: string[] } = {}): Promise<object | undefined> {
      const { handler } = scene({ capacity: { stashes: 5 }, ...trust })
      const answers: object[] = []

      for (const key of owners) {
        const { body, ...head } = await storing({ key })
        const answer = await handler({ peer: key.id, ...(address == null ? {} : { address }) }, head)
        answers.push('receive' in answer ? await answer.receive(body) : answer)
      }

      return answers[2]
    }

    it.each([ADDRESS, '2001:db8::1', '128.0.0.1'])('is over quota at %s', async (address) => {
      expect(await third(address)).toEqual(refused('over quota')[0])
    })

    it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', undefined])('is not at %s', async (address) => {
      expect(await third(address)).toMatchObject({ type: 'stored' })
    })

    it('is not if we vouch for it', async () => {
      expect(await third(ADDRESS, { allow: owners.map(({ id }) => id) })).toMatchObject({ type: 'stored' })
    })
  })
})
