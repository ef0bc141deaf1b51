import { randomBytes } from 'node:crypto'
import { offerRequest, sealedRecord } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { holder, KEPT, otherOwner, owner, scene, self, storing } from './scene.ts'
import type { ChallengeRequest, StoreRequest } from '../../src/messages.ts'
import type { Scene } from './scene.ts'

const DAY = 24 * 60 * 60_000
const named = { placement: { holders: [holder.id, self.id] } }

let here: Scene
let stored: StoreRequest

/** A copy that its owner stored, and 15 days without anybody. */
beforeEach(async () => {
  here = scene({ capacity: { stashes: 1 } })
  stored = await storing(named)
  await here.ask(owner, stored)
  await here.clock.advance(15 * DAY)
  here.held.absent(15 * DAY)
})

const challenging = ({ record }: StoreRequest): ChallengeRequest =>
  ({ type: 'challenge', owner: record.owner, recordId: record.id, nonce: new Uint8Array(randomBytes(32)) })

describe('a copy that may have been deleted', () => {
  it('is served, with its mark, and is as direct as before', async () => {
    for (const whole of [false, true]) {
      expect(await here.ask(owner, { type: 'fetch', whole })).toMatchObject([{ type: 'found', mayBeDeleted: true, direct: true }])
    }

    for (const peer of [owner, holder]) {
      expect(await here.ask(peer, challenging(stored))).toMatchObject([{ type: 'proof', mayBeDeleted: true }])
    }
  })

  it('stays so, whatever holders say of it', async () => {
    const { record, placement, body } = stored
    await here.ask(holder, offerRequest({ record, body }, placement))
    await here.ask(holder, { ...stored, placement: (await storing({ placement: { ...named.placement, version: 2 } })).placement })

    expect(here.held.get(owner.id)).toMatchObject({ mayBeDeleted: true, placement: { version: 2 } })
  })

  it('is what it was once its owner stores it again, and its newer record is', async () => {
    await here.ask(owner, stored)
    const [found] = await here.ask(owner, { type: 'fetch', whole: false })
    expect(found).not.toHaveProperty('mayBeDeleted')
    await here.ask(owner, await storing({ ...named, seq: 2 }))
    expect(here.held.get(owner.id)).toMatchObject({ mayBeDeleted: false, record: { seq: 2 } })
  })

  it('does not make room for another', async () => {
    expect(await here.ask(otherOwner, await storing({ key: otherOwner }))).toMatchObject([{ type: 'refused', reason: 'at capacity' }])
    expect(here.held.get(owner.id)).toMatchObject({ mayBeDeleted: true })
  })

  it('ends with a tombstone, whoever shows it', async () => {
    const end = await storing({ ...named, seq: 2, body: null })
    expect(await here.ask(holder, { ...end, leaseRemaining: 60 })).toMatchObject([{ type: 'stored' }])
    expect([here.held.get(owner.id), here.held.tombstone(owner.id)?.record.seq]).toStrictEqual([undefined, 2])
    expect(await here.ask(owner, { type: 'fetch', whole: true })).toMatchObject([{ type: 'found', record: { kind: 'tombstone' } }])
  })

  it('ends with a tombstone that is merely heard of', async () => {
    const { record } = await sealedRecord({ key: owner, seq: 2, body: null })
    await here.held.hearOf(record)
    expect(here.held.get(owner.id)).toBeUndefined()
  })

  it('ends by its owner\'s word', async () => {
    await here.ask(owner, { type: 'release', owner: owner.id, recordId: stored.record.id, reason: 'trimmed' })
    expect(here.held.get(owner.id)).toBeUndefined()
  })

  it('passes its mark on with the copy', async () => {
    const there = scene()
    const { record, placement, body } = stored
    const offer = { ...offerRequest({ record, body }, placement), mayBeDeleted: true }

    expect(await there.ask(holder, offer)).toMatchObject([{ type: 'wanted' }, { type: 'stored' }])
    expect(there.held.get(owner.id)).toMatchObject({ mayBeDeleted: true, direct: false })
    // its owner knows what it has
    const anew = scene()
    expect(await anew.ask(owner, stored)).toEqual(KEPT)
    expect(anew.held.get(owner.id)).toMatchObject({ mayBeDeleted: false })
  })
})
