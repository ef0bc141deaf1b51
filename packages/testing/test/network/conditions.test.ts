import { describe, expect, it } from 'vitest'
import { named, world } from './world.ts'
import type { World } from './world.ts'
import type { SimNetworkInit } from '../../src/index.ts'

/** Everyone is connected with everyone and holds nothing. */
function crowd (init?: Partial<SimNetworkInit>): World {
  const it = world(init)
  it.join('a', 'b', 'c').forEach(port => { port.serve(async () => ({ type: 'not-found' })) })
  it.net.connectAll()

  return it
}

/** Milliseconds that a question and its answer take. */
async function roundTrip ({ clock, net }: World, a: string, b: string): Promise<number> {
  const start = clock.now()
  await clock.outcome(net.port(a).ask(b, { type: 'fetch', whole: false }))

  return clock.now() - start
}

describe('conditions', () => {
  it('latency: drawn from the range for each message', async () => {
    const it = crowd({ latency: [5, 15] })
    const times: number[] = []

    for (let i = 0; i < 200; i++) {
      times.push(await roundTrip(it, 'a', 'b'))
    }

    expect(Math.min(...times)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...times)).toBeLessThan(30)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(10)
  })

  it('setLink: holds both ways, for one pair, and leaves the rest as it is', async () => {
    const it = crowd()
    it.net.setLink('b', 'a', { latency: [100, 100] })

    expect(await roundTrip(it, 'a', 'b')).toBe(200)
    expect(await roundTrip(it, 'b', 'a')).toBe(200)
    expect(await roundTrip(it, 'a', 'c')).toBe(20)
  })

  it('slow: everything to and from one peer, until it is as fast as ever', async () => {
    const it = crowd()
    it.net.slow('b', 7)

    expect(await roundTrip(it, 'a', 'b')).toBe(140)
    expect(await roundTrip(it, 'b', 'a')).toBe(140)
    expect(await roundTrip(it, 'a', 'c')).toBe(20)

    it.net.slow('b', 1)
    expect(await roundTrip(it, 'a', 'b')).toBe(20)
  })

  it('loss: about the share asked for, and it can change', async () => {
    const it = crowd({ loss: 0.5 })
    let answered = 0

    for (let i = 0; i < 400; i++) {
      await roundTrip(it, 'a', 'b').then(() => { answered++ }, (err: Error) => { expect(err).toMatchObject(named('TimeoutError')) })
    }

    // a quarter survives both ways: 100, give or take 9
    expect(Math.abs(answered - 100)).toBeLessThan(40)

    it.net.conditions.base.loss = 0
    expect(await roundTrip(it, 'a', 'b')).toBe(20)
  })
})

describe('stats', () => {
  it('count messages and bytes by peer and type; what is lost was sent only', async () => {
    const it = crowd()
    await roundTrip(it, 'a', 'b')
    await roundTrip(it, 'c', 'b')
    it.net.setLink('a', 'b', { loss: 1 })
    await roundTrip(it, 'a', 'b').catch(() => {})
    const { stats } = it.net

    expect([stats.sent('a', 'fetch').messages, stats.received('b', 'fetch').messages]).toEqual([2, 2])
    expect([stats.sent('b', 'not-found').messages, stats.received('a').messages]).toEqual([2, 1])
    expect([stats.sent('b', 'fetch').messages, stats.sent('nobody').messages]).toEqual([0, 0])
    expect(stats.sent(undefined, 'fetch').bytes).toBe(3 * stats.sent('a', 'fetch').bytes / 2)

    stats.reset()
    expect([stats.sent(), stats.received()]).toEqual([{ messages: 0, bytes: 0 }, { messages: 0, bytes: 0 }])
  })
})
