import { offerRequest, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { proofOf } from '../src/record/proof.ts'
import { confidantAt, friend, owner } from './keepers.ts'
import { keeper, neighbourhood, whole } from './neighbourhood.ts'
import type { OfferRequest } from '../src/messages.ts'
import type { SimPort } from '@nara-stash/testing'
import type { Neighbourhood } from './neighbourhood.ts'

let at: Neighbourhood

beforeEach(async () => { at = await neighbourhood() })

describe('Confidant', () => {
  describe('among those who hold the same', () => {
    const surrogate = testKey(5)

    async function offered (from: SimPort, changes: Partial<OfferRequest> = {}): Promise<unknown> {
      return await at.ask(from, offerRequest(at.sealed, at.placement, { direct: false, ...changes }))
    }

    it('tells who else holds it, also an older one, and names it among the live holders', async () => {
      const { home, events, port, confidant } = await at.kept()
      const other = at.net.join(surrogate.id)
      at.net.connect(other, port)

      expect(await offered(other)).toMatchObject({ type: 'have' })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${at.sealed.record.id.slice(0, 8)}`])
      expect(await at.ask(home, whole)).toMatchObject({ liveHolders: [keeper.id, surrogate.id] })

      const next = await sealedRecord({ key: owner, seq: 2 })
      await at.ask(home, storeRequest(next, at.placement))
      events.splice(0)
      expect(await offered(other)).toMatchObject({ type: 'newer', record: { id: next.record.id } })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${at.sealed.record.id.slice(0, 8)}`])
      expect(confidant.coHolders.list(owner.id)).toEqual([surrogate.id])
    })

    it('tells that it got its copy from one', async () => {
      const it = confidantAt(at.net.join(keeper.id))
      await it.confidant.start()
      const other = at.net.join(friend.id)
      at.net.connect(other, it.port)

      expect(await at.ask(other, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'stored' })
      expect(it.events).toEqual([`co-holder owner friend ${at.sealed.record.id.slice(0, 8)}`, 'stored owner 1 from friend'])
    })

    it('proves, and hears of those who let go', async () => {
      const { events, port, confidant } = await at.kept()
      const other = at.net.join(friend.id)
      at.net.connect(other, port)
      const nonce = new Uint8Array(32).fill(1)
      const { record: { id: recordId }, body } = at.sealed
      const challenge = { type: 'challenge' as const, owner: owner.id, recordId, nonce }
      const release = { type: 'release' as const, owner: owner.id, recordId, reason: 'leaving' as const }
      const proof = await proofOf({ nonce, prover: keeper.id, recordId, body }, at.clock)

      expect(await at.ask(other, challenge)).toEqual({ type: 'proof', proof, leaving: false })
      expect(await at.ask(other, challenge)).toMatchObject({ type: 'busy' })
      expect(await at.ask(other, release)).toMatchObject({ type: 'have' })
      confidant.drain()
      expect(await at.ask(other, release)).toEqual({ type: 'have', leaving: true })
      expect(events).toEqual(['released owner by friend: leaving', 'released owner by friend: leaving'])
    })

    it('tells nothing of what strangers say', async () => {
      const { events, port } = await at.kept()
      const stranger = at.net.join(testKey(9).id)
      at.net.connect(stranger, port)

      expect(await at.ask(stranger, { type: 'challenge', owner: owner.id, recordId: at.sealed.record.id, nonce: new Uint8Array(32) })).toEqual({ type: 'not-found' })
      expect(await at.ask(stranger, { type: 'release', owner: owner.id, recordId: at.sealed.record.id, reason: 'lease' })).toEqual({ type: 'not-found' })
      expect(await at.ask(stranger, { type: 'witness' })).toEqual({ type: 'not-found' })
      expect(events).toEqual([])
    })
  })
})
