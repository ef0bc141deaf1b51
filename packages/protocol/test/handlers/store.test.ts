import { sealedPlacement, storeRequest, testBoot } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { MAX_LEASE, RETRY_AFTER } from '../../src/constants.ts'
import { TroubledStore } from '../held/troubled-store.ts'
import { ADDRESS, KEPT, building, holder, live, otherOwner, owner, scene, self, storing } from './scene.ts'

const refused = (reason: string): object[] => [{ type: 'refused', reason, retryAfter: RETRY_AFTER }]
const day = 24 * 60 * 60

describe('handleStore', () => {
  it('keeps what an owner brings, for as long as its placement says', async () => {
    const { ask, held } = scene()
    const request = await storing({}, { liveHolders: [live.id], leaseRemaining: 1 })

    expect(await ask(owner, request)).toEqual(KEPT)
    expect(held.get(owner.id)).toMatchObject({
      record: request.record, placement: request.placement, direct: true, address: ADDRESS, leaseRemaining: 30 * day, liveHolders: [live.id]
    })
    expect((await held.read(owner.id))?.body).toEqual(request.body)
  })

  it.each([
    ['what is left of the promise', 3 * day, 3 * day],
    ['never more than the owner promised', 31 * day, 30 * day]
  ])('keeps what a holder brings for %s', async (_, left, kept) => {
    const { ask, held } = scene()

    expect(await ask(holder, await storing({}, { leaseRemaining: left }))).toEqual(KEPT)
    expect(held.get(owner.id)).toMatchObject({ direct: false, leaseRemaining: kept })
  })

  it.each([
    ['as long as asked', 30 * day, 400 * day, 30 * day],
    ['for no longer than it promises anybody', 400 * day, 30 * day, 30 * day],
    ['for no longer than the longest promise there is, whatever is asked', 2 ** 32 - 1, undefined, MAX_LEASE],
    ['for no time, if none is asked', 0, undefined, 0]
  ])('promises %s, and tells the owner', async (_, leaseSeconds, maxLeaseSeconds, promised) => {
    const { ask, held, clock } = scene(maxLeaseSeconds == null ? {} : { maxLeaseSeconds })
    const placement = { leaseSeconds, holders: [self.id] }
    const request = await storing({ placement })

    expect(await ask(owner, request)).toEqual([{ type: 'send' }, { type: 'stored', promised }])
    await clock.advance(1_000)
    expect(await ask(owner, request)).toEqual([{ type: 'have', promised }])
    expect(held.get(owner.id)).toMatchObject({ leasePromised: promised, leaseRemaining: promised })
    // of others it is no business
    expect(await ask(holder, request)).toEqual([{ type: 'have' }])
    expect(await ask(holder, await storing({ seq: 2, placement }, { leaseRemaining: 2 ** 32 - 1 }))).toEqual([{ type: 'send' }, { type: 'stored' }])
    expect(held.get(owner.id)).toMatchObject({ leasePromised: promised, leaseRemaining: promised })
    held.renew(owner.id)
    expect(held.get(owner.id)).toMatchObject({ leaseRemaining: promised })
  })

  it('has an unchanged copy on a full disk, too, where no longer promise can be noted: the one that is noted is told', async () => {
    const store = Object.assign(new TroubledStore(), { code: 'ENOSPC' })
    const { ask, held, clock } = scene({ store })
    const request = await storing()
    await ask(owner, request)
    await clock.advance(1_000 * day)
    store.failing.add('update')

    expect(await ask(owner, request)).toEqual([{ type: 'have', promised: 29 * day }])
    store.code = 'EIO'
    await expect(ask(owner, request)).rejects.toMatchObject({ name: 'HeldStoreError' })
    store.failing.clear()
    expect(await ask(owner, request)).toEqual([{ type: 'have', promised: 30 * day }])
    expect((await held.read(owner.id))?.body).toEqual(request.body)
  })

  it('does not let a holder prolong a promise that it knows already', async () => {
    const { ask, held, clock } = scene()
    const request = await storing()
    await ask(owner, request)
    await clock.advance(1_000 * 2 * day)

    expect(await ask(holder, { ...request, leaseRemaining: 2 ** 32 - 1 })).toEqual([{ type: 'have' }])
    await clock.advance(1_000 * 27 * day)
    await ask(holder, { ...request, leaseRemaining: 30 * day })
    const { leaseRemaining, leaseNotedAt } = held.get(owner.id) ?? { leaseRemaining: 0, leaseNotedAt: 0 }
    expect(leaseRemaining - (clock.now() - leaseNotedAt) / 1_000).toBe(day)
  })

  it('takes nothing from a holder whose owner\'s promise is over, unless it has a promise of its own', async () => {
    const { ask, held } = scene()
    const first = await storing()

    expect(await ask(holder, { ...first, leaseRemaining: 0 })).toEqual(refused('unsupported'))
    expect(held.count).toBe(0)
    await ask(owner, first)
    expect(await ask(holder, await storing({ seq: 2 }, { leaseRemaining: 0 }))).toEqual(KEPT)
    expect(held.get(owner.id)).toMatchObject({ leaseRemaining: 30 * day })
  })

  it('takes a newer placement with a record that it has, and the owner\'s word for the lease and the origin', async () => {
    const { ask, held, clock } = scene()
    const request = await storing()
    await ask(holder, { ...request, leaseRemaining: 2 * day })
    await clock.advance(1_000 * day)
    const placement = await sealedPlacement(owner, { version: 2, holders: [holder.id], leaseSeconds: 5 * day })

    expect(await ask(owner, { ...request, placement })).toMatchObject([{ type: 'have' }])
    expect(held.get(owner.id)).toMatchObject({ placement, direct: true, leaseRemaining: 5 * day })
  })

  it('replaces a copy by a record that supersedes it, and by no other', async () => {
    const { ask, held } = scene()
    const first = await storing({ seq: 1 })
    const second = await storing({ seq: 2 })
    const newborn = await storing({ boot: testBoot(2), seq: 1 })
    await ask(owner, second)

    expect(await ask(owner, first)).toEqual([{ type: 'stale', record: second.record, placement: second.placement }])
    expect(await ask(owner, newborn)).toEqual([{ type: 'conflict', record: second.record, placement: second.placement }])
    expect((await held.read(owner.id))?.body).toEqual(second.body)

    const third = await storing({ boot: testBoot(2), seq: 3, past: building(second.record) })
    expect(await ask(owner, third)).toEqual(KEPT)
    expect((await held.read(owner.id))?.body).toEqual(third.body)
  })

  it('shows who holds what to the owner alone', async () => {
    const { ask } = scene()
    const second = await storing({ seq: 2 })
    await ask(owner, second)

    expect(await ask(holder, await storing({ seq: 1 }))).toStrictEqual([{ type: 'stale', record: second.record }])
    expect(await ask(holder, await storing({ boot: testBoot(2), seq: 1 }))).toStrictEqual([{ type: 'conflict', record: second.record }])
  })

  it('shows a header that it only heard of: there is no placement', async () => {
    const { ask, newest, held } = scene()
    const [first, second, twin] = await Promise.all([storing({ seq: 1 }), storing({ seq: 2 }), storing({ boot: testBoot(2), seq: 2 })])
    newest.see(second.record)

    expect(await ask(owner, first)).toStrictEqual([{ type: 'stale', record: second.record }])
    expect(await ask(owner, twin)).toStrictEqual([{ type: 'conflict', record: second.record }])
    expect(held.count).toBe(0)
  })

  it('asks the order rule again when the body is there', async () => {
    const { ask, begin, held } = scene()
    const [first, second, twin] = await Promise.all([storing({ seq: 1 }), storing({ seq: 2 }), storing({ boot: testBoot(2), seq: 2 })])
    const waiting = await Promise.all([begin(owner, first), begin(holder, first), begin(owner, twin), begin(owner, second)])
    await ask(owner, second)

    const [byOwner, byHolder, conflicting, again] = waiting
    expect(await byOwner.receive(first.body)).toEqual({ type: 'stale', record: second.record, placement: second.placement })
    expect(await byHolder.receive(first.body)).toStrictEqual({ type: 'stale', record: second.record })
    expect(await conflicting.receive(twin.body)).toEqual({ type: 'conflict', record: second.record, placement: second.placement })
    expect(await again.receive(second.body)).toMatchObject({ type: 'have' })
    expect(held.get(owner.id)?.record).toBe(second.record)
  })

  it('keeps nothing of a body that is not the promised one, and gives its room back', async () => {
    const { ask, begin, held } = scene({ capacity: { stashes: 1 } })
    const request = await storing()

    for (const body of [request.body.slice(1), request.body.map(byte => byte ^ 1)]) {
      await expect((await begin(owner, request)).receive(body)).rejects.toMatchObject({ name: 'BodyMismatchError' })
      expect(held.count).toBe(0)
    }

    expect(await ask(otherOwner, await storing({ key: otherOwner }))).toEqual(KEPT)
  })

  it('gives the room of a body that does not come back', async () => {
    const { ask, begin } = scene({ capacity: { stashes: 1 } })
    const waiting = await begin(owner, await storing())
    expect(await ask(otherOwner, await storing({ key: otherOwner }))).toEqual(refused('at capacity'))

    waiting.abandon()
    expect(await ask(otherOwner, await storing({ key: otherOwner }))).toEqual(KEPT)
  })

  it('fails, instead of saying STORED, when the store does; what was there stays', async () => {
    const store = new TroubledStore()
    const { ask, held } = scene({ store })
    const first = await storing({ seq: 1 })
    await ask(owner, first)
    store.failing.add('put')

    await expect(ask(owner, await storing({ seq: 2 }))).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.get(owner.id)?.record).toBe(first.record)
  })

  it('takes no record under the placement of another owner', async () => {
    const { ask, held } = scene()
    const { record, body } = await storing()
    const placement = await sealedPlacement(otherOwner)

    for (const caller of [owner, otherOwner, holder]) {
      await expect(ask(caller, storeRequest({ record, body }, placement))).rejects.toMatchObject({ name: 'MalformedError' })
    }

    expect(held.count).toBe(0)
  })

  it('keeps each owner\'s copy apart from the others\'', async () => {
    const { ask, held } = scene()
    const mine = await storing({ seq: 5 })
    // the very boot of another owner's record, and a lower seq
    const theirs = await storing({ key: otherOwner, seq: 1 })
    await ask(owner, mine)

    expect(await ask(otherOwner, theirs)).toStrictEqual(KEPT)
    expect(held.get(owner.id)?.record).toBe(mine.record)
    expect(held.get(otherOwner.id)?.record).toBe(theirs.record)
  })
})
