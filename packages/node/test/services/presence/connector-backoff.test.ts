import { describe, expect, it } from 'vitest'
import { ALONE_PEERS, ALONE_RETRY, CONNECT_INTERVAL, DIAL_BACKOFF } from '../../../src/constants.ts'
import { connects, fails, World } from './connector-world.ts'

describe('a connector', () => {
  it('waits ever longer before it dials again who does not answer', async () => {
    const world = new World({ dial: fails })
    world.know(1)
    world.connected.add('another')
    world.connector.start()
    await world.clock.advance(30 * 60_000)

    const times = world.timesOf('peer 0')
    const waits = times.slice(1).map((at, i) => at - (times[i] ?? 0))

    expect(waits.length).toBeGreaterThan(DIAL_BACKOFF.length + 2)

    for (const [i, wait] of waits.entries()) {
      const backoff = DIAL_BACKOFF[Math.min(i, DIAL_BACKOFF.length - 1)] ?? 0

      expect(wait).toBeGreaterThanOrEqual(backoff)
      // it is dialled at the next look
      expect(wait).toBeLessThanOrEqual(backoff + 1.2 * CONNECT_INTERVAL + 10)
    }
  })

  it('tries those that it met, or an earlier process did, again and again while it is alone, and no others', async () => {
    const world = new World({ dial: fails })
    world.know(1)
    world.directory.remember('remembered', '', ['address'])
    world.directory.located('heard of', ['address'])
    world.connector.start()
    await world.clock.advance(60 * 60_000)

    const count = (peer: string): number => world.timesOf(peer).filter(at => at > 30 * 60_000).length
    const most = 30 * 60_000 / ALONE_RETRY
    expect(['peer 0', 'remembered'].map(count).every(times => times > most / 2 && times <= most)).toBe(true)
    expect(count('heard of')).toBeLessThanOrEqual(6)
  })

  it('tries only some of many that it met while it is alone, each of them in turn, its confidants always', async () => {
    const world = new World({ dial: fails, wanted: () => ['peer 7'] })
    world.know(200)
    world.connector.start()
    await world.clock.advance(60 * 60_000)
    const since = 30 * 60_000
    const late = world.dials.filter(({ at }) => at > since)

    // each has its backoff besides
    expect(late.length).toBeLessThanOrEqual(ALONE_PEERS * since / (0.8 * ALONE_RETRY) + 200 * (since / (DIAL_BACKOFF.at(-1) ?? 0) + 1))
    expect(late.filter(({ peer }) => peer === 'peer 7').length).toBeGreaterThan(since / ALONE_RETRY / 2)
    expect(new Set(late.map(({ peer }) => peer)).size).toBe(200)
  })

  it('tries others meanwhile', async () => {
    const world = new World({ minConnections: 4, dial: async (peer, world) => { await (Number(peer.split(' ')[1]) < 20 ? fails : connects)(peer, world) } })
    world.know(24)
    world.connector.start()
    await world.clock.advance(30_000)

    expect([...world.connected].toSorted()).toStrictEqual(['peer 20', 'peer 21', 'peer 22', 'peer 23'])
  })

  it('is not held up by dials that hang, but for their places', async () => {
    const world = new World({ minConnections: 8, dial: async (peer, world) => { await (peer === 'peer 0' ? new Promise<void>(() => {}) : connects(peer, world)) } })
    world.know(9)
    world.connector.start()
    await world.clock.advance(30_000)

    expect(world.connected.size).toBeGreaterThanOrEqual(7)
  })

  it('dials at once, whatever failed before, who is discovered again', async () => {
    const world = new World({ dial: fails })
    world.know(1)
    world.connector.start()
    await world.clock.advance(10 * 60_000 + 1)

    const before = world.timesOf('peer 0').length
    world.connector.discovered('peer 0')
    await world.clock.settle()
    expect(world.timesOf('peer 0')).toHaveLength(before + 1)
  })

  it('dials at once, whatever failed before, when this machine is at other addresses', async () => {
    const world = new World({ dial: fails })
    world.know(3)
    world.connector.start()
    await world.clock.advance(10 * 60_000 + 1)

    const before = world.dials.length
    world.connector.moved()
    await world.clock.settle()
    expect(world.dials.slice(before).map(({ peer }) => peer).toSorted()).toStrictEqual(['peer 0', 'peer 1', 'peer 2'])
  })

  it('dials who failed for long as soon as it says that it is there, and only once each time', async () => {
    const world = new World({ minConnections: 4, dial: fails })
    world.know(1)
    world.connected.add('another')
    world.connector.start()
    await world.clock.advance(600_000)
    const before = world.dials.length

    world.connector.heard('peer 0')
    world.connector.heard('peer 0')
    await world.clock.advance(200)

    expect(world.dials).toHaveLength(before + 1)
  })

  it('does not dial again and again who says all the time that it is where nobody is', async () => {
    const world = new World({ minConnections: 4, dial: fails })
    world.know(1)
    world.connected.add('another')
    world.connector.start()

    for (let i = 0; i < 600; i++) {
      await world.clock.advance(1_000)
      world.connector.heard('peer 0')
    }

    // a HERE each half minute at most, and the first few
    expect(world.dials.length).toBeLessThanOrEqual(600 / 30 + DIAL_BACKOFF.length)
  })

  it('does not dial again and again who can be connected to and is not one of us', async () => {
    const world = new World({ dial: async () => {} })
    world.know(1)
    world.connector.start()
    await world.clock.advance(60_000)

    expect(world.dials.length).toBeLessThanOrEqual(60_000 / CONNECT_INTERVAL + 1)
  })

  it('connects everybody again after a partition, however long it was', async () => {
    let cut = false
    const world = new World({ minConnections: 5, dial: async (peer, world) => { await (cut ? fails : connects)(peer, world) } })
    world.know(8)
    world.connector.start()
    await world.clock.advance(10_000)
    expect(world.connected.size).toBe(5)

    cut = true
    world.connected.clear()
    world.connector.look()
    await world.clock.advance(24 * 60 * 60_000)
    expect(world.connected.size).toBe(0)

    cut = false
    await world.clock.advance((DIAL_BACKOFF.at(-1) ?? 0) + 2 * CONNECT_INTERVAL)
    expect(world.connected.size).toBeGreaterThanOrEqual(5)
  })
})

describe('a connector says why it cannot reach a peer', () => {
  it('once, however often it tries and the peer is discovered, and again when the reason is another one', async () => {
    let why = 'connection refused'
    const world = new World({ dial: async (_, world) => {
      await world.wait(10)
      throw new Error(why)
    } })
    world.know(1)
    world.connector.start()
    expect(world.connector.whyNot('peer 0')).toBeUndefined()

    for (let i = 0; i < 20; i++) {
      await world.clock.advance(10_000)
      world.connector.discovered('peer 0')
    }

    expect(world.dials.length).toBeGreaterThan(20)
    expect(world.unreachable).toStrictEqual(['peer 0 at address: connection refused'])

    why = 'another peer answers there'
    await world.clock.advance(10 * 60_000)
    expect(world.unreachable).toStrictEqual(['peer 0 at address: connection refused', 'peer 0 at address: another peer answers there'])
    expect(world.connector.whyNot('peer 0')).toBe('another peer answers there')
  })

  it('once for each reason, however they alternate, and for so many of them', async () => {
    const reasons = { dialled: 0, different: 2 }
    const world = new World({ dial: async () => { throw new Error(`reason ${reasons.dialled++ % reasons.different}`) } })
    world.know(1)
    world.connector.start()
    const fail = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        world.connector.discovered('peer 0')
        await world.clock.advance(1_000)
      }
    }

    await fail(20)
    expect(world.unreachable).toStrictEqual(['peer 0 at address: reason 0', 'peer 0 at address: reason 1'])
    expect(world.connector.whyNot('peer 0')).toBe(`reason ${(reasons.dialled - 1) % 2}`)

    reasons.different = 1_000
    await fail(50)
    expect(world.unreachable).toHaveLength(8)
    expect(world.connector.whyNot('peer 0')).toBe(`reason ${reasons.dialled - 1}`)
  })

  it('if it is wanted or was met, and not of all those that were only heard of', async () => {
    const world = new World({ dial: fails, wanted: () => ['wanted'] })
    world.directory.met('met')
    ;['wanted', 'met', ...Array.from({ length: 50 }, (_, i) => `heard of ${i}`)].forEach(peer => { world.directory.located(peer, ['address']) })
    world.connector.start()
    await world.clock.advance(10 * 60_000)

    expect(new Set(world.dials.map(({ peer }) => peer)).size).toBe(52)
    expect(world.unreachable.toSorted()).toStrictEqual(['met at address: nobody there', 'wanted at address: nobody there'])
    expect(world.connector.whyNot('heard of 0')).toBe('nobody there')

    // what was not told is, as soon as it matters
    world.directory.met('heard of 0')
    world.connector.discovered('heard of 0')
    await world.clock.advance(10 * 60_000)
    expect(world.unreachable.slice(2)).toStrictEqual(['heard of 0 at address: nobody there'])
  })

  it('anew once it was connected, by us or from the other side', async () => {
    let dial = fails
    const world = new World({ dial: async (peer, world) => { await dial(peer, world) } })
    world.know(1)
    world.connector.start()
    await world.clock.advance(1_000)
    expect(world.unreachable).toHaveLength(1)

    dial = connects
    await world.clock.advance(30_000)
    expect(world.connected.has('peer 0')).toBe(true)
    expect(world.connector.whyNot('peer 0')).toBeUndefined()

    dial = fails
    world.connected.clear()
    await world.clock.advance(10 * 60_000)
    expect(world.unreachable).toHaveLength(2)

    world.connector.connected('peer 0')
    expect(world.connector.whyNot('peer 0')).toBeUndefined()
    await world.clock.advance(10 * 60_000)
    expect(world.unreachable).toHaveLength(3)
  })

  it('not of a dial that a stop ends, nor of who came from the other side meanwhile', async () => {
    const world = new World({ minConnections: 2, dial: fails })
    world.know(2)
    world.connector.start()
    await world.clock.settle()
    expect(world.dials).toHaveLength(2)
    world.connected.add('peer 0').add('peer 1')
    await world.clock.advance(1_000)
    world.connected.clear()
    world.connector.discovered('peer 0')
    await world.clock.settle()
    world.connector.stop()
    await world.clock.advance(1_000)

    expect(world.dials.length).toBeGreaterThan(2)
    expect(world.unreachable).toStrictEqual([])
  })
})
