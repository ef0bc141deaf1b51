import { describe, expect, it } from 'vitest'
import { world } from './world.ts'
import type { World } from './world.ts'
import type { PresenceVerdict, SimNetworkInit, SimPort } from '../../src/index.ts'

const HELLO = new Uint8Array([1, 2, 3])

interface Crowd extends World {
  ports: SimPort[]
  /** What was heard: who heard it, from whom and when. */
  heard: string[]
  verdicts: Map<string, PresenceVerdict>
}

function crowd (peers: string, init?: Partial<SimNetworkInit>, seed?: number): Crowd {
  const it = world(init, seed)
  const heard: string[] = []
  const verdicts = new Map<string, PresenceVerdict>()
  const ports = it.join(...peers.split(''))

  for (const port of ports) {
    port.onPresence((from, presence) => {
      expect(presence).toEqual(HELLO)
      heard.push(`${port.self} from ${from} at ${it.clock.now()}`)

      return verdicts.get(port.self) ?? 'accept'
    })
  }

  return { ...it, ports, heard, verdicts }
}

const first = ({ ports }: Crowd): SimPort => ports[0] as SimPort

describe('presence', () => {
  it('reaches everyone once, hop by hop', async () => {
    const it = crowd('abcde')
    it.net.connect('a', 'b')
    it.net.connect('b', 'c')
    it.net.connect('a', 'd')
    it.net.connect('d', 'c')
    await first(it).announce(HELLO)
    await it.clock.advance(1_000)

    expect(it.heard).toEqual(['b from a at 10', 'd from a at 10', 'c from a at 20'])
  })

  it('costs one message per peer in a full mesh', async () => {
    const it = crowd('abcdefgh')
    it.net.connectAll()
    await first(it).announce(HELLO)
    await it.clock.advance(1_000)

    expect(it.heard).toHaveLength(7)
    expect(it.net.stats.sent(undefined, 'presence')).toEqual({ messages: 7, bytes: 21 })
  })

  it.each<PresenceVerdict>(['reject', 'ignore'])('what is met with %s travels no further', async (verdict) => {
    const it = crowd('abc')
    it.net.connect('a', 'b')
    it.net.connect('b', 'c')
    it.verdicts.set('b', verdict)
    await first(it).announce(HELLO)
    await it.clock.advance(1_000)

    expect(it.heard).toEqual(['b from a at 10'])
  })

  it('passes nobody who does not listen', async () => {
    const it = crowd('abc')
    it.net.join('deaf')
    it.net.connect('a', 'deaf')
    it.net.connect('deaf', 'b')
    await first(it).announce(HELLO)
    await it.clock.advance(1_000)

    expect(it.heard).toEqual([])
  })

  it('stays within the partition and reaches no dead peer', async () => {
    const it = crowd('abcd')
    it.net.connectAll()
    it.net.kill('d')
    it.net.partition([['a', 'b', 'd']])
    await first(it).announce(HELLO)
    await it.clock.advance(1_000)

    expect(it.heard).toEqual(['b from a at 10'])
  })

  it('gets lost, and what is lost on one way may come on another', async () => {
    const alone = crowd('ab', { loss: 0.3 })
    alone.net.connectAll()
    const dense = crowd('abcdefgh', { loss: 0.3 })
    dense.net.connectAll()

    for (const it of [alone, dense]) {
      for (let i = 0; i < 300; i++) {
        const before = it.heard.length
        await first(it).announce(HELLO)
        await it.clock.advance(1_000)

        const hearers = it.heard.slice(before).map(line => line[0])
        expect(new Set(hearers).size).toBe(hearers.length)
      }
    }

    // 70 % are expected, give or take 2.6
    expect(alone.heard.length / 300).toBeGreaterThan(0.6)
    expect(alone.heard.length / 300).toBeLessThan(0.8)
    expect(dense.heard.length / 2_100).toBeGreaterThan(0.99)
  })

  it('shares no memory', async () => {
    const it = world()
    const [a, b, c] = it.join('a', 'b', 'c') as [SimPort, SimPort, SimPort]
    const heard: Uint8Array[] = []

    for (const port of [b, c]) {
      port.onPresence((from, presence) => {
        heard.push(presence.slice())
        presence.fill(0)

        return 'accept'
      })
    }

    it.net.connect('a', 'b')
    it.net.connect('b', 'c')
    const mine = HELLO.slice()
    await a.announce(mine)
    mine.fill(9)
    await it.clock.advance(100)

    expect(heard).toEqual([HELLO, HELLO])
  })

  it('crosses a connection once the mesh has formed, and its subscriber is announced then', async () => {
    const it = crowd('ab', { meshDelay: 30 })
    const told: number[] = []
    first(it).onSubscriber(() => {
      told.push(it.clock.now())
      void first(it).announce(HELLO)
    })
    it.net.connect('a', 'b')
    await first(it).announce(HELLO)
    await it.clock.advance(100)

    expect(told).toEqual([30])
    expect(it.heard).toEqual(['b from a at 40'])
  })

  it('tells of those who begin to listen later, and of no one else', async () => {
    const it = world()
    const [a, b, c] = it.join('a', 'b', 'c') as [SimPort, SimPort, SimPort]
    let told = 0
    a.onSubscriber(() => { told++ })
    it.net.connectAll()
    await it.clock.advance(100)
    expect(told).toBe(0)

    b.onPresence(() => 'accept')
    await it.clock.advance(100)
    expect(told).toBe(1)

    c.onPresence(() => 'accept')
    it.net.disconnect('a', 'c')
    await it.clock.advance(100)
    expect(told).toBe(1)
  })
})
