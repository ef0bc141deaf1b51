import { sealedRecord, testBoot, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { ownersAtHand } from './owners-at-hand.ts'
import type { OwnersAtHand } from './owners-at-hand.ts'
import type { OfferResponse } from '../src/messages.ts'

const owner = testKey(1)
const other = testKey(2)
const day = 24 * 60 * 60 * 1_000
const have: OfferResponse = { type: 'have' }

let at: OwnersAtHand

beforeEach(() => {
  at = ownersAtHand()
  at.react(have)
  at.pusher.start()
})

/** Wakes the pusher for the owner and lets time pass. */
async function wake (boot?: string, ms = 0): Promise<void> {
  at.pusher.wake(owner.id, boot)
  await at.clock.advance(ms)
}

const connectionsAsked = (): string[] => at.asked.map(({ connection }) => connection)

describe('Pusher', () => {
  it('offers an owner what is held for it, and what is left of its lease', async () => {
    const { record, placement, body } = await at.hold({ key: owner })
    await at.clock.advance(day)
    at.connect(owner)
    await wake()

    expect(at.asked.map(({ owner, offer }) => [owner, offer])).toStrictEqual([[owner.id, {
      type: 'offer', record, placement, liveHolders: [owner.id], leaseRemaining: 29 * day / 1_000, direct: true, body
    }]])
    expect(at.told).toEqual(['1 have'])
  })

  it('has nothing to offer to a stranger, and none to ask who is away', async () => {
    at.connect(other)
    await at.hold({ key: owner })
    at.pusher.wake(other.id)
    await wake()

    expect(at.asked).toEqual([])
    expect(at.told).toEqual([])
  })

  it('offers nothing to whom we do not deal with', async () => {
    at = ownersAtHand({ deny: [owner.id] })
    at.pusher.start()
    await at.hold({ key: owner })
    at.connect(owner)
    await wake()

    expect(at.asked).toEqual([])
  })

  it('begins with the owners that are here', async () => {
    at = ownersAtHand()
    at.react(have)
    await at.hold({ key: owner })
    at.connect(owner)
    at.connect(other)
    await wake()
    expect(at.asked).toEqual([])

    at.pusher.start()
    await at.clock.settle()
    expect(at.asked.map(({ owner }) => owner)).toEqual([owner.id])
  })

  describe('once per owner, boot and connection', () => {
    beforeEach(async () => {
      await at.hold({ key: owner })
      at.connect(owner)
      await wake()
      expect(connectionsAsked()).toEqual(['first'])
    })

    it('is not moved by anything that it knows', async () => {
      await wake()
      await wake(testBoot(1))
      await wake(testBoot(1))
      await wake()

      expect(connectionsAsked()).toEqual(['first'])
    })

    it('offers anew over another connection', async () => {
      at.connect(owner, 'second')
      await wake(testBoot(1))
      await wake(testBoot(1))

      expect(connectionsAsked()).toEqual(['first', 'second'])
    })

    it('offers anew to another boot', async () => {
      await wake(testBoot(1))
      await wake(testBoot(2))
      await wake(testBoot(2))
      await wake()

      expect(connectionsAsked()).toEqual(['first', 'first'])
    })

    it('offers anew to an owner that left and returned', async () => {
      at.disconnect(owner)
      await wake()
      expect(connectionsAsked()).toEqual(['first'])

      at.connect(owner)
      await wake()
      expect(connectionsAsked()).toEqual(['first', 'first'])
    })

    it('keeps owners apart', async () => {
      await at.hold({ key: other })
      at.connect(other)
      at.pusher.wake(other.id)
      await wake()

      expect(at.asked.map(({ owner }) => owner)).toEqual([owner.id, other.id])
    })
  })

  it('offers to an owner that is here what came from somebody else meanwhile', async () => {
    at.connect(owner)
    await wake(testBoot(1))
    await at.hold({ key: owner })
    await wake(testBoot(1))

    expect(at.asked).toHaveLength(1)
  })

  it('makes one offer of many wakes at once', async () => {
    await at.hold({ key: owner })
    at.connect(owner)

    for (const boot of [undefined, testBoot(1), undefined, testBoot(1)]) {
      at.pusher.wake(owner.id, boot)
    }

    await at.clock.settle()
    expect(at.asked).toHaveLength(1)
  })
})

describe('Pusher, answered', () => {
  beforeEach(() => { at.connect(owner) })

  it('drops what the owner relieves it of', async () => {
    const { record } = await at.hold({ key: owner })
    at.react({ type: 'relieved' })
    await wake()

    expect(at.held.count).toBe(0)
    expect(at.told).toEqual(['1 relieved', 'relieved'])
    // as a watermark it stays known
    expect(at.newest.get(owner.id)).toBe(record)
  })

  it('keeps what the owner stored while it relieved it of an older record', async () => {
    await at.hold({ key: owner, seq: 1 })
    at.react(async () => {
      await at.hold({ key: owner, seq: 2 })
      return { type: 'relieved' }
    })
    await wake()

    expect(at.held.get(owner.id)?.record.seq).toBe(2)
    expect(at.told).toEqual(['1 relieved'])
  })

  it.each(['newer', 'conflict'] as const)('remembers the header of %s and keeps its copy', async (type) => {
    const { record: held } = await at.hold({ key: owner, seq: 1 })
    const { record } = await sealedRecord({ key: owner, seq: 2 })
    at.react({ type, record })
    await wake()

    expect(at.newest.get(owner.id)).toBe(record)
    expect(at.held.get(owner.id)?.record).toBe(held)
    expect(at.told).toEqual([`1 ${type}`])

    await expect(at.hold({ key: owner, seq: 1, boot: testBoot(2) })).rejects.toThrow('not admitted: conflict')
    expect((await at.hold({ key: owner, seq: 2 })).record.id).toBe(record.id)
  })

  it.each(['newer', 'conflict'] as const)('remembers nothing of somebody else that comes with %s', async (type) => {
    await at.hold({ key: owner })
    at.react({ type, record: (await sealedRecord({ key: other, seq: 2 })).record })
    await wake()

    expect(at.newest.get(other.id)).toBeUndefined()
  })

  it.each(['have', 'stored'] as const)('keeps its copy after %s', async (type) => {
    await at.hold({ key: owner })
    at.react({ type })
    await wake(undefined, day)

    expect(at.held.count).toBe(1)
    expect(at.asked).toHaveLength(1)
  })

  it('ends what it holds when the owner shows that it has deleted its stash', async () => {
    const at = ownersAtHand()
    const { record } = await at.hold({ key: owner })
    const tombstone = await sealedRecord({ key: owner, seq: record.seq + 1, body: null })
    at.connect(owner)
    at.react({ type: 'newer', record: tombstone.record })
    await at.pusher.push(owner.id)

    expect([at.held.get(owner.id), at.held.tombstone(owner.id)?.record]).toEqual([undefined, tombstone.record])
  })

  it('stays a holder, and tries again, if the store fails to drop', async () => {
    await at.hold({ key: owner })
    at.react({ type: 'relieved' })
    at.store.failing.add('delete')
    await wake()
    expect(at.told).toEqual(['1 failed'])
    expect(at.held.count).toBe(1)

    at.store.failing.clear()
    await at.clock.advance(2_000)
    expect(at.told).toEqual(['1 failed', '1 relieved', 'relieved'])
    expect(at.held.count).toBe(0)
  })
})

describe('Pusher.push', () => {
  it('answers what the owner did, as often as it is called', async () => {
    await at.hold({ key: owner })
    at.connect(owner)

    expect(await at.pusher.push(owner.id)).toEqual(have)
    expect(await at.pusher.push(owner.id)).toEqual(have)
    expect(at.told).toEqual(['1 have', '1 have'])
  })

  it('holds nothing for a stranger', async () => {
    await at.hold({ key: owner })
    at.connect(other)

    await expect(at.pusher.push(other.id)).rejects.toMatchObject({ name: 'NotHeldError' })
  })

  it('does not reach an owner that is away, and tells its caller alone', async () => {
    await at.hold({ key: owner })

    await expect(at.pusher.push(owner.id)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(at.told).toEqual([])
    expect(at.clock.pending).toBe(0)
  })

  it('says that the store failed', async () => {
    await at.hold({ key: owner })
    at.connect(owner)
    at.store.failing.add('body')

    await expect(at.pusher.push(owner.id)).rejects.toMatchObject({ name: 'HeldStoreError' })
  })

  it('says that a copy was damaged: it is held no more', async () => {
    await at.hold({ key: owner })
    at.connect(owner)
    at.store.lost = true

    await expect(at.pusher.push(owner.id)).rejects.toMatchObject({ name: 'NotHeldError' })
  })

  it('ends when its caller no longer waits', async () => {
    await at.hold({ key: owner })
    at.connect(owner)

    await expect(at.pusher.push(owner.id, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    expect(at.asked).toEqual([])
  })
})
