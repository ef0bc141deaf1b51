import { testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { TroubledStore } from '../held/troubled-store.ts'
import { holder, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { ReleaseRequest, StoreRequest } from '../../src/messages.ts'
import type { Scene } from './scene.ts'

const stranger = testKey(8)
const notFound = [{ type: 'not-found' }]

function releasing ({ record }: StoreRequest, changes: Partial<ReleaseRequest> = {}): ReleaseRequest {
  return { type: 'release', owner: record.owner, recordId: record.id, reason: 'trimmed', ...changes }
}

async function kept (init: Parameters<typeof scene>[0] = {}): Promise<{ it: Scene, stored: StoreRequest }> {
  const it = scene(init)
  const stored = await storing({ placement: { holders: [self.id, holder.id] } })
  await it.ask(owner, stored)

  return { it, stored }
}

describe('RELEASE by the owner', () => {
  it('ends the copy of exactly this record', async () => {
    const { it, stored } = await kept()
    expect(await it.ask(owner, releasing(stored, { recordId: '00'.repeat(32) }))).toEqual(notFound)
    expect([it.held.count, it.told]).toEqual([1, []])

    expect(await it.ask(owner, releasing(stored))).toEqual(notFound)
    expect([it.held.count, it.told]).toEqual([0, ['let go of owner: trimmed']])
    // its header stays as a watermark: nothing older can come back
    expect(await it.ask(owner, { type: 'witness' })).toMatchObject([{ type: 'witnessed', record: { id: stored.record.id } }])

    expect(await it.ask(owner, releasing(stored))).toEqual(notFound)
    expect(it.told).toHaveLength(1)
  })

  it('does not end what it stored since', async () => {
    const { it, stored } = await kept()
    const next = await storing({ seq: 2 })
    await it.ask(owner, next)

    expect(await it.ask(owner, releasing(stored, { reason: 'relieved' }))).toEqual(notFound)
    expect(it.held.get(owner.id)?.record.id).toBe(next.record.id)
  })

  it('that the store cannot carry out is not said to be done', async () => {
    const store = new TroubledStore()
    const { it, stored } = await kept({ store })
    store.failing.add('delete')

    await expect(it.ask(owner, releasing(stored))).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect([it.held.count, it.told]).toEqual([1, []])
  })
})

describe('RELEASE by a co-holder', () => {
  it('tells that it lets go, and hears whether this very record is here', async () => {
    const { it, stored } = await kept()

    expect(await it.ask(holder, releasing(stored, { reason: 'leaving' }))).toEqual([{ type: 'have' }])
    expect(await it.ask(holder, releasing(stored, { reason: 'lease', recordId: '00'.repeat(32) }))).toEqual(notFound)
    expect(it.told).toEqual(['holder released: leaving', 'holder released: lease'])
    expect(it.held.count).toBe(1)
  })

  it('hears who leaves, too', async () => {
    const { it, stored } = await kept()
    it.leaving = true

    expect(await it.ask(holder, releasing(stored))).toEqual([{ type: 'have', leaving: true }])
    expect(await it.ask(holder, releasing(stored, { recordId: '00'.repeat(32) }))).toEqual([{ type: 'not-found', leaving: true }])
  })

  it('of a record that a tombstone ended hears that it is gone here', async () => {
    const { it, stored } = await kept()
    await it.ask(owner, await storing({ seq: 2, body: null, placement: { holders: [self.id, holder.id] } }))

    expect(await it.ask(holder, releasing(stored))).toEqual(notFound)
  })
})

describe('RELEASE by anybody else', () => {
  it('does nothing and is told nothing', async () => {
    const { it, stored } = await kept()

    for (const caller of [stranger, otherOwner]) {
      expect(await it.ask(caller, releasing(stored))).toEqual(notFound)
      expect(await it.ask(caller, releasing(stored, { owner: otherOwner.id }))).toEqual(notFound)
    }

    expect([it.held.count, it.told]).toEqual([1, []])
  })

  it('is refused to whom it does not trust', async () => {
    const { it, stored } = await kept({ deny: [stranger.id] })

    expect(await it.ask(stranger, releasing(stored))).toMatchObject([{ type: 'refused', reason: 'not trusted' }])
  })
})

describe('RELEASE of our own stash', () => {
  const own: ReleaseRequest = { type: 'release', owner: self.id, recordId: 'ab'.repeat(32), reason: 'leaving' }

  it('is for the owner\'s side to answer', async () => {
    const asked: unknown[] = []
    const it = scene({
      ownRelease: async (caller, request) => {
        asked.push(caller.peer, request)
        return { type: 'have' }
      }
    })

    expect(await it.ask(holder, own)).toEqual([{ type: 'have' }])
    expect(asked).toEqual([holder.id, own])
  })

  it('finds nothing on a host that has none', async () => {
    expect(await scene().ask(holder, own)).toEqual(notFound)
  })
})
