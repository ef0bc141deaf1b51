import { offerRequest, sealedPlacement, testBoot } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { RETRY_AFTER } from '../../src/constants.ts'
import { ADDRESS, building, holder, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { OwnerOfferHandler } from '../../src/handlers/index.ts'
import type { OfferRequest, WantsBody } from '../../src/messages.ts'

const refused = (reason: string): object[] => [{ type: 'refused', reason, retryAfter: RETRY_AFTER }]
const day = 24 * 60 * 60

async function offering (init?: Parameters<typeof storing>[0], changes?: Partial<OfferRequest>): Promise<OfferRequest> {
  const { record, body, placement } = await storing(init)

  return offerRequest({ record, body }, placement, changes)
}

describe('handleOffer, to the owner', () => {
  it('passes on who offers what, and the owner\'s answer', async () => {
    const offered: Array<Parameters<OwnerOfferHandler>> = []
    const { ask, held } = scene({
      ownOffer: async (...args) => {
        offered.push(args)
        return { type: 'relieved' }
      }
    })
    const { body, ...head } = await offering({ key: self })

    expect(await ask(holder, { ...head, body })).toEqual([{ type: 'relieved' }])
    expect(offered).toStrictEqual([[{ peer: holder.id, address: ADDRESS }, head]])
    expect(held.count).toBe(0)
  })

  it('leaves it to the owner to take the body', async () => {
    const wants: WantsBody = { type: 'wanted', receive: async () => ({ type: 'stored' }), abandon: () => {} }

    expect(await scene({ ownOffer: async () => wants }).begin(holder, await offering({ key: self }))).toBe(wants)
  })

  it('is of no use where there is no owner', async () => {
    const { ask, held } = scene()

    expect(await ask(holder, await offering({ key: self }))).toEqual(refused('unsupported'))
    expect(held.count).toBe(0)
  })

  it('is welcome from all at once, and while it leaves', async () => {
    const it = scene({ burst: 1, ownOffer: async () => ({ type: 'have' }) })
    const offer = await offering({ key: self })
    it.leaving = true

    for (let i = 0; i < 3; i++) {
      expect(await it.ask(holder, offer)).toEqual([{ type: 'have' }])
    }
  })

  it('does not listen to whom it does not deal with', async () => {
    const offered: string[] = []
    const ownOffer: OwnerOfferHandler = async ({ peer }) => {
      offered.push(peer)
      return { type: 'have' }
    }

    expect(await scene({ ownOffer, deny: [holder.id] }).ask(holder, await offering({ key: self }))).toEqual(refused('not trusted'))
    expect(await scene({ ownOffer, allow: [otherOwner.id] }).ask(holder, await offering({ key: self }))).toEqual(refused('not trusted'))
    expect(offered).toEqual([])
  })
})

describe('handleOffer, to another holder', () => {
  it('takes a copy that it does not have, as one that its owner did not bring', async () => {
    const { ask, held } = scene()
    const offer = await offering({}, { direct: true, leaseRemaining: 2 * day })

    expect(await ask(holder, offer)).toEqual([{ type: 'wanted' }, { type: 'stored' }])
    expect(held.get(owner.id)).toMatchObject({ record: offer.record, direct: false, leaseRemaining: 2 * day, address: ADDRESS })
    expect((await held.read(owner.id))?.body).toEqual(offer.body)
  })

  it('has it, and takes the newer placement', async () => {
    const { ask, held } = scene()
    const offer = await offering()
    await ask(holder, offer)
    const placement = await sealedPlacement(owner, { version: 2 })

    expect(await ask(holder, { ...offer, placement })).toEqual([{ type: 'have' }])
    expect(held.get(owner.id)).toMatchObject({ placement, direct: false })
  })

  it('does not make direct by offering what the owner brought, nor the other way round', async () => {
    const { ask, held } = scene()
    const request = await storing()
    await ask(owner, request)
    await ask(holder, await offering())

    expect(held.get(owner.id)?.direct).toBe(true)
  })

  it('shows a newer header, or one in conflict, and not who holds it', async () => {
    const { ask } = scene()
    const second = await storing({ seq: 2 })
    await ask(owner, second)

    expect(await ask(holder, await offering({ seq: 1 }))).toStrictEqual([{ type: 'newer', record: second.record }])
    expect(await ask(holder, await offering({ boot: testBoot(2), seq: 1 }))).toStrictEqual([{ type: 'conflict', record: second.record }])
  })

  it('takes a newer record over', async () => {
    const { ask, held } = scene()
    const first = await storing({ seq: 1 })
    await ask(owner, first)
    const newer = await offering({ boot: testBoot(2), seq: 2, past: building(first.record) })

    expect(await ask(holder, newer)).toEqual([{ type: 'wanted' }, { type: 'stored' }])
    expect(held.get(owner.id)?.record).toBe(newer.record)
  })

  it('says what came of it after the body in the words of an offer', async () => {
    const { ask, begin } = scene()
    const [first, twin, second] = await Promise.all([offering({ seq: 1 }), offering({ boot: testBoot(2), seq: 2 }), storing({ seq: 2 })])
    const [older, beside] = [await begin(holder, first), await begin(holder, twin)]
    await ask(owner, second)

    expect(await older.receive(first.body)).toStrictEqual({ type: 'newer', record: second.record })
    expect(await beside.receive(twin.body)).toStrictEqual({ type: 'conflict', record: second.record })
  })

  it('gives the room back if the body does not come', async () => {
    const { ask, begin } = scene({ capacity: { stashes: 2 } })
    const waiting = await begin(holder, await offering())
    expect(await ask(holder, await offering({ key: otherOwner }))).toEqual(refused('at capacity'))

    waiting.abandon()
    expect(await ask(holder, await offering({ key: otherOwner }))).toEqual([{ type: 'wanted' }, { type: 'stored' }])
  })

  it.each([
    ['not trusted', {}, { surrogates: 'none' as const }],
    ['not trusted', { deny: [holder.id] }, {}],
    ['not trusted', { deny: [owner.id] }, {}],
    ['at capacity', { capacity: { stashes: 0 } }, {}],
    ['over quota', { capacity: { bytes: 0 } }, {}]
  ])('is refused as a store is: %s, %j, %j', async (reason, init, placement) => {
    const { ask, held } = scene(init)

    expect(await ask(holder, await offering({ placement }))).toEqual(refused(reason))
    expect(held.count).toBe(0)
  })

  it('is refused while it leaves', async () => {
    const it = scene()
    it.leaving = true

    expect(await it.ask(holder, await offering())).toEqual(refused('draining'))
  })

  it('counts as a store for who asks too often', async () => {
    const { ask } = scene({ burst: 1 })
    await ask(holder, await storing())

    expect(await ask(holder, await offering())).toEqual([{ type: 'refused', reason: 'rate limited', retryAfter: 4 }])
  })

  it('takes no record under the placement of another owner', async () => {
    const { ask, held } = scene()
    const { record, body } = await storing()
    const offer = offerRequest({ record, body }, await sealedPlacement(otherOwner))

    for (const caller of [holder, otherOwner]) {
      await expect(ask(caller, offer)).rejects.toMatchObject({ name: 'MalformedError' })
    }

    expect(held.count).toBe(0)
  })
})
