import { randomBytes } from 'node:crypto'
import { sealedRecord, testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { proofOf } from '../../src/record/proof.ts'
import { TroubledStore } from '../held/troubled-store.ts'
import { holder, KEPT, live, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { ChallengeRequest, ChallengeResponse, StoreRequest } from '../../src/messages.ts'
import type { Scene } from './scene.ts'
import type { TestKey } from '@nara-stash/testing'

const minute = 60_000
const surrogate = testKey(7)
const stranger = testKey(8)
const notFound = [{ type: 'not-found' }]

function challenging (of: StoreRequest, changes: Partial<ChallengeRequest> = {}): ChallengeRequest {
  return { type: 'challenge', owner: of.record.owner, recordId: of.record.id, nonce: new Uint8Array(randomBytes(32)), ...changes }
}

/** A scene where the owner stored its record, with `holder` and us as confidants. */
async function kept (init: Parameters<typeof scene>[0] = {}, placement = {}): Promise<Scene & { stored: StoreRequest }> {
  const it = scene(init)
  const stored = await storing({ placement: { holders: [self.id, holder.id], ...placement } })
  expect(await it.ask(owner, stored)).toEqual(KEPT)

  return { ...it, stored }
}

async function challenged (it: Scene, caller: TestKey, request: ChallengeRequest): Promise<ChallengeResponse> {
  const asked = it.handler({ peer: caller.id }, request)

  return await it.clock.outcome(asked) as ChallengeResponse
}

describe('CHALLENGE', () => {
  it.each([['the owner', owner], ['a holder that the placement names', holder]])('proves to %s that the body is here', async (_, caller) => {
    const it = await kept()
    const request = challenging(it.stored)
    const proof = await proofOf({ nonce: request.nonce, prover: self.id, recordId: request.recordId, body: it.stored.body }, it.clock)

    expect(await challenged(it, caller, request)).toEqual({ type: 'proof', proof, leaving: false })
    expect(it.told).toEqual([])
  })

  it('proves nothing to anybody else, and tells not even that something is held', async () => {
    const it = await kept()

    for (const caller of [stranger, live, otherOwner]) {
      expect(await it.ask(caller, challenging(it.stored))).toEqual(notFound)
      expect(await it.ask(caller, challenging(it.stored, { recordId: '00'.repeat(32) }))).toEqual(notFound)
      expect(await it.ask(caller, challenging(it.stored, { owner: otherOwner.id }))).toEqual(notFound)
    }

    expect(it.told).toEqual([])
  })

  it('proves to a surrogate once it has shown its copy, but not to one that the placement does not admit', async () => {
    const it = await kept()
    expect(await it.ask(surrogate, challenging(it.stored))).toEqual(notFound)
    expect(await it.ask(surrogate, { ...it.stored, type: 'offer', direct: false })).toEqual([{ type: 'have' }])
    expect(await challenged(it, surrogate, challenging(it.stored))).toMatchObject({ type: 'proof' })

    const shut = await kept({}, { surrogates: 'none' })
    expect(await shut.ask(surrogate, { ...shut.stored, type: 'offer', direct: false })).toEqual([{ type: 'have' }])
    expect(await shut.ask(surrogate, challenging(shut.stored))).toEqual(notFound)
    expect(shut.coHolders.list(owner.id)).toEqual([])
  })

  it('proves to a surrogate that was named by who brought the copy, if the placement admits it', async () => {
    for (const [surrogates, type] of [['any', 'proof'], ['none', 'not-found']] as const) {
      const it = scene()
      const stored = await storing({ placement: { holders: [self.id, holder.id], surrogates } }, { liveHolders: [surrogate.id] })
      await it.ask(holder, stored)

      expect(await challenged(it, surrogate, challenging(stored))).toMatchObject({ type })
      expect(await it.ask(stranger, challenging(stored))).toEqual(notFound)
    }
  })

  it('does not deal with whom it does not trust', async () => {
    const it = await kept({ deny: [holder.id] })

    expect(await it.ask(holder, challenging(it.stored))).toMatchObject([{ type: 'refused', reason: 'not trusted' }])
  })

  it('shows the record that is held instead, and to the owner who else holds it', async () => {
    const it = await kept()
    const { record, placement } = it.stored
    const other = challenging(it.stored, { recordId: '00'.repeat(32) })

    expect(await it.ask(owner, other)).toEqual([{ type: 'other', record, placement, leaving: false }])
    expect(await it.ask(holder, other)).toEqual([{ type: 'other', record, leaving: false }])
    expect(it.told).toEqual(['holder of owner 00000000'])
  })

  it('tells once a minute of a co-holder that looks for another version: two that disagree do not wake each other for ever', async () => {
    const it = await kept()

    for (const recordId of ['00'.repeat(32), '11'.repeat(32)]) {
      expect(await it.ask(holder, challenging(it.stored, { recordId }))).toMatchObject([{ type: 'other' }])
    }

    expect(it.told.splice(0)).toEqual(['holder of owner 00000000'])
    await it.clock.advance(minute)
    await it.ask(holder, challenging(it.stored, { recordId: '11'.repeat(32) }))
    expect(it.told).toEqual(['holder of owner 11111111'])
  })

  it('says that it leaves', async () => {
    const it = scene()
    const stored = await storing({ placement: { holders: [self.id, holder.id] } })
    await it.ask(owner, stored)
    it.leaving = true

    expect(await challenged(it, holder, challenging(stored))).toMatchObject({ type: 'proof', leaving: true })
    expect(await it.ask(owner, challenging(stored, { recordId: '00'.repeat(32) }))).toMatchObject([{ type: 'other', leaving: true }])
  })

  it('proves a tombstone, which has no body', async () => {
    const it = await kept()
    const tombstone = await storing({ seq: 2, body: null, placement: { holders: [self.id, holder.id] } })
    expect(await it.ask(owner, tombstone)).toEqual([{ type: 'stored' }])

    const request = challenging(tombstone)
    const proof = await proofOf({ nonce: request.nonce, prover: self.id, recordId: request.recordId, body: new Uint8Array() }, it.clock)
    expect(await challenged(it, holder, request)).toEqual({ type: 'proof', proof, leaving: false })
    // who still has what it ended hears of it
    expect(await it.ask(holder, challenging(it.stored))).toMatchObject([{ type: 'other', record: { id: tombstone.record.id, kind: 'tombstone' } }])
  })
})

describe('one proof', () => {
  it('per asker and record in a minute; another asker, and another record, have their own', async () => {
    const it = await kept()
    expect(await challenged(it, holder, challenging(it.stored))).toMatchObject({ type: 'proof' })
    expect(await it.ask(holder, challenging(it.stored))).toEqual([{ type: 'busy', retryAfter: minute }])
    expect(await challenged(it, owner, challenging(it.stored))).toMatchObject({ type: 'proof' })

    await it.clock.advance(minute - 1)
    expect(await it.ask(holder, challenging(it.stored))).toEqual([{ type: 'busy', retryAfter: 1 }])
    await it.clock.advance(1)
    expect(await challenged(it, holder, challenging(it.stored))).toMatchObject({ type: 'proof' })

    const next = await storing({ seq: 2, placement: { holders: [self.id, holder.id] } })
    await it.ask(owner, next)
    expect(await challenged(it, holder, challenging(next))).toMatchObject({ type: 'proof' })
  })

  it('is at once to be had of a copy that was brought again', async () => {
    const store = new TroubledStore()
    const it = await kept({ store })
    store.lost = true
    expect(await it.ask(owner, challenging(it.stored))).toEqual(notFound)
    store.lost = false

    expect(await it.ask(owner, it.stored)).toEqual(KEPT)
    expect(await challenged(it, owner, challenging(it.stored))).toMatchObject({ type: 'proof' })
    expect(await it.ask(owner, challenging(it.stored))).toMatchObject([{ type: 'busy' }])
  })

  it('per owner, too: another may have signed the same payload', async () => {
    const it = await kept()
    const same = await storing({ key: otherOwner, placement: { holders: [self.id, holder.id] } })
    expect(same.record.id).toBe(it.stored.record.id)
    expect(await it.ask(otherOwner, same)).toEqual(KEPT)

    expect(await challenged(it, holder, challenging(it.stored))).toMatchObject({ type: 'proof' })
    expect(await challenged(it, holder, challenging(same))).toMatchObject({ type: 'proof' })
  })

  it('of a thousand challenges in a row is made, and one body read; what is not held is free to ask for', async () => {
    const store = new TroubledStore()
    const it = await kept({ store })
    let reads = 0
    const body = store.body.bind(store)
    store.body = async (...args) => {
      reads++
      return await body(...args)
    }
    const answers = await it.clock.outcome(Promise.all(Array.from({ length: 1_000 }, async () => await it.handler({ peer: holder.id }, challenging(it.stored)))))

    expect(answers.filter(({ type }) => type === 'proof')).toHaveLength(1)
    expect(answers.filter(({ type }) => type === 'busy')).toHaveLength(999)
    expect(reads).toBe(1)

    for (let i = 0; i < 1_000; i++) {
      expect(await it.ask(stranger, challenging(it.stored))).toEqual(notFound)
    }

    expect(reads).toBe(1)
  })

  it('is put off while as many bytes are being proved as may be, and costs no turn then', async () => {
    const it = await kept({ proving: 1, capacity: { maxStash: 4_000_000, bytes: 8_000_000 } })
    const large = await storing({ key: otherOwner, body: new Uint8Array(3_000_000), placement: { holders: [self.id, holder.id] } })
    expect(await it.clock.outcome(it.ask(otherOwner, large))).toEqual(KEPT)

    const first = it.handler({ peer: holder.id }, challenging(large))
    expect(await it.ask(holder, challenging(it.stored))).toEqual([{ type: 'busy', retryAfter: 5_000 }])
    expect(await it.clock.outcome(first)).toMatchObject({ type: 'proof' })
    expect(await challenged(it, holder, challenging(it.stored))).toMatchObject({ type: 'proof' })
  })

  it('is not that of another prover: what one holder proves serves no other', async () => {
    const it = await kept()
    const request = challenging(it.stored)
    const answer = await challenged(it, holder, request)
    const asOther = await proofOf({ nonce: request.nonce, prover: holder.id, recordId: request.recordId, body: it.stored.body }, it.clock)

    expect(answer).toMatchObject({ type: 'proof' })
    expect(answer).not.toMatchObject({ proof: asOther })
  })
})

describe('a copy that is not well', () => {
  it('that is damaged proves nothing', async () => {
    const store = new TroubledStore()
    const it = await kept({ store })
    store.lost = true

    expect(await it.ask(owner, challenging(it.stored))).toEqual(notFound)
    expect(it.held.count).toBe(0)
  })

  it('that cannot be read is not told as lost', async () => {
    const store = new TroubledStore()
    const it = await kept({ store })
    store.failing.add('body')

    await expect(it.ask(owner, challenging(it.stored))).rejects.toMatchObject({ name: 'HeldStoreError' })
  })

  it('that is replaced while it is read is not proved: the other one is shown', async () => {
    const store = new TroubledStore()
    const it = await kept({ store })
    const next = await storing({ seq: 2, placement: { holders: [self.id, holder.id] } })
    const gate = Promise.withResolvers<void>()
    store.gate = gate.promise
    const storingNext = it.ask(owner, next)
    expect(await store.next()).toBe('put')
    // the old one is still held, and what is read of it waits for the turn
    const asked = it.handler({ peer: holder.id }, challenging(it.stored))
    gate.resolve()
    await storingNext

    expect(await it.clock.outcome(asked)).toMatchObject({ type: 'other', record: { id: next.record.id } })
  })
})

it('a signed header without a right to ask is worth nothing: the owner\'s name is not the owner', async () => {
  const it = await kept()
  const forged = await sealedRecord({ key: stranger })

  expect(await it.ask(stranger, challenging({ ...it.stored, record: forged.record }, { owner: owner.id }))).toEqual(notFound)
})
