import { offerRequest, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { proofOf } from '../src/record/proof.ts'
import { confidantAt, friend, owner } from './keepers.ts'
import { keeper, neighbourhood, whole } from './neighbourhood.ts'
import type { OfferRequest } from '../src/messages.ts'
import type { SimPort } from '@nara-stash/testing'
import type { Neighbourhood } from './neighbourhood.ts'

let clock: Neighbourhood['clock']
let net: Neighbourhood['net']
let sealed: Neighbourhood['sealed']
let placement: Neighbourhood['placement']
let ask: Neighbourhood['ask']
let kept: Neighbourhood['kept']

beforeEach(async () => {
  ({ clock, net, sealed, placement, ask, kept } = await neighbourhood())
})

describe('Confidant', () => {
  describe('among those who hold the same', () => {
    const surrogate = testKey(5)

    async function offered (from: SimPort, changes: Partial<OfferRequest> = {}): Promise<unknown> {
      return await ask(from, offerRequest(sealed, placement, { direct: false, ...changes }))
    }

    it('tells who else holds it, also an older one, and names it among the live holders', async () => {
      const { home, events, port, confidant } = await kept()
      const other = net.join(surrogate.id)
      net.connect(other, port)

      expect(await offered(other)).toEqual({ type: 'have' })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${sealed.record.id.slice(0, 8)}`])
      expect(await ask(home, whole)).toMatchObject({ liveHolders: [keeper.id, surrogate.id] })

      const next = await sealedRecord({ key: owner, seq: 2 })
      await ask(home, storeRequest(next, placement))
      events.splice(0)
      expect(await offered(other)).toMatchObject({ type: 'newer', record: { id: next.record.id } })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${sealed.record.id.slice(0, 8)}`])
      expect(confidant.coHolders.list(owner.id)).toEqual([surrogate.id])
    })

    it('tells that it got its copy from one', async () => {
      const it = confidantAt(net.join(keeper.id))
      await it.confidant.start()
      const other = net.join(friend.id)
      net.connect(other, it.port)

      expect(await ask(other, storeRequest(sealed, placement))).toEqual({ type: 'stored' })
      expect(it.events).toEqual([`co-holder owner friend ${sealed.record.id.slice(0, 8)}`, 'stored owner 1 from friend'])
    })

    it('proves, and hears of those who let go', async () => {
      const { events, port, confidant } = await kept()
      const other = net.join(friend.id)
      net.connect(other, port)
      const nonce = new Uint8Array(32).fill(1)
      const { record: { id: recordId }, body } = sealed
      const challenge = { type: 'challenge' as const, owner: owner.id, recordId, nonce }
      const release = { type: 'release' as const, owner: owner.id, recordId, reason: 'leaving' as const }
      const proof = await proofOf({ nonce, prover: keeper.id, recordId, body }, clock)

      expect(await ask(other, challenge)).toEqual({ type: 'proof', proof, leaving: false })
      expect(await ask(other, challenge)).toMatchObject({ type: 'busy' })
      expect(await ask(other, release)).toEqual({ type: 'have' })
      confidant.drain()
      expect(await ask(other, release)).toEqual({ type: 'have', leaving: true })
      expect(events).toEqual(['released owner by friend: leaving', 'released owner by friend: leaving'])
    })

    it('tells nothing of what strangers say', async () => {
      const { events, port } = await kept()
      const stranger = net.join(testKey(9).id)
      net.connect(stranger, port)

      expect(await ask(stranger, { type: 'challenge', owner: owner.id, recordId: sealed.record.id, nonce: new Uint8Array(32) })).toEqual({ type: 'not-found' })
      expect(await ask(stranger, { type: 'release', owner: owner.id, recordId: sealed.record.id, reason: 'lease' })).toEqual({ type: 'not-found' })
      expect(await ask(stranger, { type: 'witness' })).toEqual({ type: 'not-found' })
      expect(events).toEqual([])
    })
  })
})
