import { offerRequest, sealedPlacement, sealedRecord, testBoot, testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { sealHeader } from '../../src/record/header.ts'
import { building, holder, KEPT, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { StoreRequest } from '../../src/messages.ts'
import type { Scene } from './scene.ts'

const stranger = testKey(8)
const placement = { holders: [self.id, holder.id] }

async function forgotten (): Promise<{ it: Scene, stored: StoreRequest, tombstone: StoreRequest }> {
  const it = scene()
  const stored = await storing({ placement })
  expect(await it.ask(owner, stored)).toEqual(KEPT)
  const tombstone = await storing({ seq: 2, body: null, placement })

  return { it, stored, tombstone }
}

describe('a tombstone', () => {
  it('is stored at once, in place of the copy that it ends', async () => {
    const { it, stored, tombstone } = await forgotten()

    expect(await it.ask(owner, tombstone)).toEqual([{ type: 'stored' }])
    expect([it.held.count, it.held.bytes, it.held.get(owner.id)]).toEqual([0, 0, undefined])
    expect(await it.ask(owner, tombstone)).toEqual([{ type: 'have' }])
    // what it ended does not come back
    expect(await it.ask(owner, stored)).toMatchObject([{ type: 'stale', record: { id: tombstone.record.id } }])
    expect(await it.ask(holder, { ...stored, type: 'offer', direct: true })).toMatchObject([{ type: 'newer', record: { id: tombstone.record.id } }])
  })

  it('is brought by a holder as well, by STORE or OFFER', async () => {
    for (const type of ['store', 'offer'] as const) {
      const { it, tombstone } = await forgotten()
      const { record, body } = tombstone
      const brought = type === 'store' ? tombstone : offerRequest({ record, body }, tombstone.placement)

      expect(await it.ask(holder, brought)).toEqual([{ type: 'stored' }])
      expect([it.held.count, it.coHolders.has(owner.id, holder.id)]).toEqual([0, true])
    }
  })

  it('is found by FETCH, with no body', async () => {
    const { it, tombstone } = await forgotten()
    await it.ask(owner, tombstone)
    const found = { type: 'found', record: { id: tombstone.record.id }, placement: { id: tombstone.placement.id }, direct: true }

    expect(await it.ask(owner, { type: 'fetch', whole: false })).toMatchObject([found])
    expect(await it.ask(owner, { type: 'fetch', whole: true })).toMatchObject([{ ...found, body: new Uint8Array() }])
    expect(await it.ask(holder, { type: 'fetch', whole: true })).toEqual([{ type: 'not-found' }])
  })

  it('is taken also while we leave: a copy on disk would come back with us', async () => {
    const { it, tombstone } = await forgotten()
    it.leaving = true

    expect(await it.ask(owner, tombstone)).toEqual([{ type: 'stored' }])
    expect(await it.ask(owner, await storing({ seq: 3 }))).toMatchObject([{ type: 'refused', reason: 'draining' }])
  })

  it('ends nothing that it does not know: a newer record, or a twin\'s', async () => {
    const { it, tombstone } = await forgotten()
    const newer = await storing({ seq: 3, placement })
    await it.ask(owner, newer)
    expect(await it.ask(owner, tombstone)).toMatchObject([{ type: 'stale' }])

    const twin = await storing({ boot: testBoot(2), seq: 1, body: null, placement })
    expect(await it.ask(owner, twin)).toMatchObject([{ type: 'conflict' }])
    expect(it.held.get(owner.id)?.record.id).toBe(newer.record.id)
  })

  it('makes room for a life after it', async () => {
    const { it, tombstone } = await forgotten()
    await it.ask(owner, tombstone)
    const anew = await storing({ boot: testBoot(3), seq: 3, past: building(tombstone.record), placement })

    expect(await it.ask(owner, anew)).toEqual(KEPT)
    expect([it.held.count, it.held.tombstone(owner.id)]).toEqual([1, undefined])
  })

  it('is not taken from who may not store, nor without the owner\'s signature', async () => {
    const { it, stored } = await forgotten()
    const shut = await sealedPlacement(owner, { holders: [holder.id], surrogates: 'none' })
    const real = await sealedRecord({ key: owner, seq: 2, body: null })
    expect(await it.ask(holder, offerRequest(real, shut))).toMatchObject([{ type: 'refused', reason: 'not trusted' }])

    // a stranger's own tombstone says nothing of the owner, and does not come under the owner's placement
    const forged = await sealedRecord({ key: stranger, seq: 9, body: null })
    await expect(it.ask(stranger, offerRequest(forged, stored.placement))).rejects.toMatchObject({ name: 'MalformedError' })
    expect(await it.ask(stranger, offerRequest(forged, await sealedPlacement(stranger)))).toEqual([{ type: 'stored' }])
    expect(it.held.get(owner.id)?.record.id).toBe(stored.record.id)
  })

  it('has no body: one that claims to is no tombstone', async () => {
    const claims = { kind: 'tombstone' as const, boot: testBoot(1), seq: 2, past: [], bodyLength: 1, bodyDigest: '' }

    await expect(sealHeader(claims, owner.privateKey)).rejects.toMatchObject({ name: 'MalformedError' })
    await expect(sealHeader({ ...claims, bodyLength: 0, bodyDigest: 'ab'.repeat(32) }, owner.privateKey)).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('of owners that never held anything here takes no slot', async () => {
    const { it } = await forgotten()

    for (const key of [otherOwner, testKey(20), testKey(21)]) {
      expect(await it.ask(key, await storing({ key, body: null }))).toEqual([{ type: 'stored' }])
    }

    expect(it.held.count).toBe(1)
  })
})
