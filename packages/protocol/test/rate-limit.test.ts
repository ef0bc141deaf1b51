import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STORE_BURST, STORES_PER_SECOND } from '../src/constants.ts'
import { RateLimiter } from '../src/rate-limit.ts'
import { ManualClock } from './held/manual-clock.ts'

function drain (limiter: RateLimiter, peer: string): number {
  let taken = 0

  while (limiter.take(peer).ok) {
    taken++
  }

  return taken
}

describe('the rate limiter', () => {
  it('grants the burst at once, then as many as the rate brings back', () => {
    const clock = new ManualClock()
    const limiter = new RateLimiter({ clock })

    expect(drain(limiter, 'peer')).toBe(STORE_BURST)
    clock.advance(1_000)
    expect(drain(limiter, 'peer')).toBe(STORES_PER_SECOND)
    clock.advance(1_000_000)
    expect(drain(limiter, 'peer')).toBe(STORE_BURST)
  })

  it('says when to ask again', () => {
    const clock = new ManualClock()
    const limiter = new RateLimiter({ clock, perSecond: 4, burst: 1 })

    expect(limiter.take('peer')).toStrictEqual({ ok: true })
    expect(limiter.take('peer')).toStrictEqual({ ok: false, retryAfter: 250 })
    clock.advance(100)
    expect(limiter.take('peer')).toStrictEqual({ ok: false, retryAfter: 150 })
    clock.advance(149)
    expect(limiter.take('peer')).toStrictEqual({ ok: false, retryAfter: 1 })
    clock.advance(1)
    expect(limiter.take('peer')).toStrictEqual({ ok: true })
  })

  it('takes several at once, and of more than there ever are all', () => {
    const clock = new ManualClock()
    const limiter = new RateLimiter({ clock, perSecond: 4, burst: 8 })

    expect(limiter.take('peer', 6)).toStrictEqual({ ok: true })
    expect(limiter.take('peer', 4)).toStrictEqual({ ok: false, retryAfter: 500 })
    expect(limiter.take('peer', 2)).toStrictEqual({ ok: true })
    expect(limiter.take('peer', 100)).toStrictEqual({ ok: false, retryAfter: 2_000 })
    clock.advance(2_000)
    expect(limiter.take('peer', 100)).toStrictEqual({ ok: true })
  })

  it('keeps peers apart', () => {
    const limiter = new RateLimiter({ clock: new ManualClock(), burst: 3 })

    expect(drain(limiter, 'one')).toBe(3)
    expect(drain(limiter, 'other')).toBe(3)
  })

  it('counts a refusal for nothing', () => {
    const clock = new ManualClock()
    const limiter = new RateLimiter({ clock, perSecond: 10, burst: 1 })
    limiter.take('peer')

    for (let i = 0; i < 1_000; i++) {
      expect(limiter.take('peer').ok).toBe(false)
    }

    clock.advance(100)
    expect(limiter.take('peer').ok).toBe(true)
  })

  it('remembers a bounded number of peers, and forgets the one that asked longest ago', () => {
    const limiter = new RateLimiter({ clock: new ManualClock(), burst: 1, maxPeers: 3 })

    for (const peer of ['a', 'b', 'c', 'd']) {
      expect(limiter.take(peer).ok).toBe(true)
    }

    expect(['b', 'c', 'd'].map(peer => limiter.take(peer).ok)).toStrictEqual([false, false, false])
    expect(limiter.take('a').ok).toBe(true)
    expect(limiter.take('b').ok).toBe(true)
    expect(limiter.take('d').ok).toBe(false)
  })

  it('forgets by the last token taken, not by the first', () => {
    const limiter = new RateLimiter({ clock: new ManualClock(), burst: 2, maxPeers: 2 })
    limiter.take('a')
    limiter.take('b')
    limiter.take('a')
    limiter.take('c')

    expect(limiter.take('a').ok).toBe(false)
    expect(drain(limiter, 'b')).toBe(2)
  })

  it('never grants more than burst and rate allow over any stretch, and is ready when it said it would be', () => {
    const rate = fc.constantFrom(0.5, 1, 3, 7, 20, 333)
    const pauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })), { maxLength: 120 })

    fc.assert(fc.property(rate, fc.integer({ min: 1, max: 60 }), pauses, (perSecond, burst, pauses) => {
      const clock = new ManualClock()
      const limiter = new RateLimiter({ clock, perSecond, burst })
      const taken: number[] = []

      for (const pause of pauses) {
        clock.advance(pause)

        if (limiter.take('peer').ok) {
          taken.push(clock.now())
        }
      }

      taken.forEach((from, i) => {
        taken.slice(i).forEach((to, j) => {
          expect(j + 1).toBeLessThanOrEqual(burst + (to - from) / 1_000 * perSecond + 0.01)
        })
      })

      drain(limiter, 'peer')
      const refusal = limiter.take('peer')

      if (refusal.ok) {
        throw new Error('a drained bucket refuses')
      }

      clock.advance(refusal.retryAfter)
      expect(limiter.take('peer').ok).toBe(true)
    }), { numRuns: 500 })
  })
})
