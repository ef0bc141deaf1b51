import { testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { ownersAtHand } from './owners-at-hand.ts'
import type { OwnersAtHand } from './owners-at-hand.ts'
import type { OfferResponse } from '../src/messages.ts'

const owner = testKey(1)
const day = 24 * 60 * 60 * 1_000
const have: OfferResponse = { type: 'have' }

let at: OwnersAtHand

beforeEach(async () => {
  at = ownersAtHand()
  at.pusher.start()
  await at.hold({ key: owner })
  at.connect(owner)
})

/** Wakes the pusher for the owner and lets time pass. */
async function wake (ms = 0): Promise<void> {
  at.pusher.wake(owner.id)
  await at.clock.advance(ms)
}

const times = (): number[] => at.asked.map(({ at }) => at)
const connectionsAsked = (): string[] => at.asked.map(({ connection }) => connection)

describe('Pusher, trying again', () => {
  beforeEach(() => { at.react('broken') })

  it('does so after 2, 5 and 15 seconds, and leaves it at that', async () => {
    await wake(day)

    expect(times()).toEqual([0, 2_000, 7_000, 22_000])
    expect(at.told).toEqual(['1 failed', '1 failed', '1 failed', '1 failed'])
    expect(at.clock.pending).toBe(0)
  })

  it('stops when the owner has answered', async () => {
    at.react('broken', have)
    await wake(day)

    expect(times()).toEqual([0, 2_000])
    expect(at.told).toEqual(['1 failed', '1 have'])
  })

  it('does not when the owner has left', async () => {
    await wake(1_000)
    at.disconnect(owner)
    expect(at.clock.pending).toBe(0)

    await at.clock.advance(day)
    expect(times()).toEqual([0])
  })

  it('does not for an offer that was lost with the connection', async () => {
    const lost = Promise.withResolvers<OfferResponse>()
    at.react(async () => await lost.promise)
    await wake()
    at.disconnect(owner)
    lost.reject(new Error('the connection closed'))
    await at.clock.advance(day)

    expect(times()).toEqual([0])
    expect(at.told).toEqual([])
  })

  it('begins anew over a new connection, in place of what it had planned', async () => {
    await wake(1_000)
    at.connect(owner, 'second')
    await wake(day)

    expect(at.asked.map(({ connection, at }) => [connection, at]))
      .toEqual([['first', 0], ['second', 1_000], ['second', 3_000], ['second', 8_000], ['second', 23_000]])
  })

  it('lets an offer that is under way go on when there is a new connection, whose failure then means nothing', async () => {
    const [slow, lost] = [Promise.withResolvers<OfferResponse>(), Promise.withResolvers<OfferResponse>()]
    const signals: Array<AbortSignal | undefined> = []
    at.react(
      async (_, signal) => {
        signals.push(signal)
        return await lost.promise
      },
      async (_, signal) => {
        signals.push(signal)
        return await slow.promise
      },
      have
    )

    for (const connection of ['first', 'second', 'third']) {
      at.connect(owner, connection)
      await wake()
    }

    expect(signals.map(signal => signal?.aborted)).toEqual([false, false])
    lost.reject(new Error('the connection closed'))
    slow.resolve({ type: 'stored' })
    await at.clock.advance(day)

    expect(connectionsAsked()).toEqual(['first', 'second', 'third'])
    expect(at.told).toEqual(['1 have', '1 stored'])
  })

  it('does not for a stash that is no longer held', async () => {
    await wake(1_000)
    await at.held.drop(owner.id, at.held.get(owner.id)?.record.id ?? '')
    await at.clock.advance(day)

    expect(times()).toEqual([0])
    expect(at.told).toEqual(['1 failed'])
  })

  it('offers what is held by then', async () => {
    await wake(1_000)
    await at.hold({ key: owner, seq: 2 })
    at.react(have)
    await at.clock.advance(day)

    expect(at.asked.map(({ offer }) => offer.record.seq)).toEqual([1, 2])
    expect(at.told).toEqual(['1 failed', '2 have'])
  })

  it('does so when the store fails, too', async () => {
    at.store.failing.add('body')
    at.react(have)
    await wake(1_000)
    expect(at.told).toEqual(['1 failed'])

    at.store.failing.clear()
    await at.clock.advance(1_000)
    expect(times()).toEqual([2_000])
  })

  it('does not for a copy that turns out to be damaged', async () => {
    at.store.lost = true
    await wake(day)

    expect(at.asked).toEqual([])
    expect(at.told).toEqual([])
    expect(at.held.count).toBe(0)
  })
})

describe('Pusher, refused', () => {
  it.each([
    ['when a busy owner says', 30_000, [0, 30_000, 60_000, 90_000]],
    ['not sooner than after a failure', 1, [0, 2_000, 7_000, 22_000]]
  ])('offers again %s, three times', async (_, retryAfter, expected) => {
    at.react({ type: 'refused', reason: 'rate limited', retryAfter })
    await wake(day)

    expect(times()).toEqual(expected)
    expect(at.told).toEqual(expected.map(() => '1 refused'))
  })

  it('does not come back to a busy owner that has left', async () => {
    at.react({ type: 'refused', reason: 'rate limited', retryAfter: 30_000 })
    await wake(1_000)
    at.disconnect(owner)
    await at.clock.advance(day)

    expect(at.asked).toHaveLength(1)
  })

  it('does not come back to one that left before its answer came', async () => {
    const answer = Promise.withResolvers<OfferResponse>()
    at.react(async () => await answer.promise)
    await wake()
    at.disconnect(owner)
    answer.resolve({ type: 'refused', reason: 'rate limited', retryAfter: 1 })
    await at.clock.advance(0)

    expect(at.told).toEqual(['1 refused'])
    expect(at.clock.pending).toBe(0)
  })

  it.each(['at capacity', 'too large', 'not trusted', 'draining', 'over quota', 'unsupported'] as const)('takes "%s" for an answer', async (reason) => {
    at.react({ type: 'refused', reason, retryAfter: 1 })
    await wake(day)

    expect(at.asked).toHaveLength(1)
    expect(at.told).toEqual(['1 refused'])
    expect(at.held.count).toBe(1)
  })
})

describe('Pusher, stopped', () => {
  it('leaves no timer behind and does not wake', async () => {
    at.react('broken')
    await wake(1_000)
    at.pusher.stop()
    expect(at.clock.pending).toBe(0)

    at.connect(owner, 'second')
    await wake(day)
    expect(at.asked).toHaveLength(1)
  })

  it('ends an offer that is under way', async () => {
    at.react(async (_, signal) => await new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => { reject(signal.reason as Error) })
    }))
    await wake()
    at.pusher.stop()
    await at.clock.advance(day)

    expect(at.told).toEqual([])
    expect(at.asked).toHaveLength(1)
  })

  it('ends one that still reads its body', async () => {
    const gate = Promise.withResolvers<void>()
    at.store.gate = gate.promise
    await wake()
    at.pusher.stop()
    gate.resolve()
    await at.clock.advance(day)

    expect(at.asked).toEqual([])
  })

  it('starts afresh', async () => {
    at.react(have)
    await wake()
    at.pusher.stop()
    at.pusher.start()
    await at.clock.settle()

    expect(connectionsAsked()).toEqual(['first', 'first'])
  })
})
