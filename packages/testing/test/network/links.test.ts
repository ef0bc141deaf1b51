import { describe, expect, it } from 'vitest'
import { eventsOf, named, world } from './world.ts'
import type { SimPort } from '../../src/index.ts'

const ids = (port: SimPort): string[] => port.peers().map(({ id }) => id)

describe('connect and disconnect', () => {
  it('show each peer to the other, with address and time, and tell both', async () => {
    const { clock, net } = world()
    const [a, b] = [net.join('a', { address: '192.0.2.1' }), net.join('b', { address: '192.0.2.2' })]
    const told = [eventsOf(a), eventsOf(b)]

    await clock.advance(5)
    const id = net.connect('a', 'b')
    expect(a.peers()).toEqual([{ id: 'b', connection: id, address: '192.0.2.2', since: 5 }])
    expect(b.peers()).toEqual([{ id: 'a', connection: id, address: '192.0.2.1', since: 5 }])

    net.disconnect('b', 'a')
    expect([a.peers(), b.peers()]).toEqual([[], []])
    expect(told).toEqual([[`+b ${id}`, '-b'], [`+a ${id}`, '-a']])
  })

  it('may connect twice: the newest connection counts, and only the end of the last one is told', () => {
    const { net, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    const told = eventsOf(a)
    const first = net.connect('a', 'b')
    const second = net.connect('b', 'a')

    expect(a.peers().map(({ connection }) => connection)).toEqual([second])
    expect(net.connections('a', 'b').map(({ connection }) => connection)).toEqual([first, second])

    net.disconnect('a', 'b')
    expect(told).toEqual([`+b ${first}`, `+b ${second}`, '-b'])
  })

  it('refuse oneself, who is down and who is cut off', () => {
    const { net, join } = world()
    join('a', 'b', 'c')
    net.crash('b')
    net.partition([['c']])

    for (const peer of ['a', 'b', 'c']) {
      expect(() => net.connect('a', peer)).toThrow(expect.objectContaining(named('UnreachableError')))
    }
  })

  it('connectAll: everyone who is up with everyone within reach, once', () => {
    const { net, join } = world()
    const [a, b, c, d] = join('a', 'b', 'c', 'd', 'e') as [SimPort, SimPort, SimPort, SimPort]
    net.connect('a', 'b')
    net.crash('e')
    net.partition([['d']])
    net.connectAll()

    expect([a, b, c, d].map(ids)).toEqual([['b', 'c'], ['a', 'c'], ['a', 'b'], []])
    expect(net.connections('a', 'b')).toHaveLength(1)
  })

  it('give everyone an address in a network of its own, and keep it over a restart', () => {
    const { net } = world()
    const addresses = Array.from({ length: 300 }, (_, i) => net.join(`peer ${i}`).address)

    expect(new Set(addresses.map(address => address.split('.').slice(0, 3).join())).size).toBe(300)

    net.crash('peer 299')
    expect(net.restart('peer 299').address).toBe(addresses[299])
  })
})

describe('crash, kill and restart', () => {
  it('crash: the others are told at once', () => {
    const { net, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    const id = net.connect('a', 'b')
    const told = [eventsOf(a), eventsOf(b)]
    net.crash('a')

    expect([a.up, a.peers(), b.peers()]).toEqual([false, [], []])
    expect(told).toEqual([[], ['-a']])
    expect(id).not.toBe(net.connect(net.restart('a'), 'b'))
  })

  it('kill: nobody is told until the connection has lingered', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    net.connect('a', 'b')
    const told = eventsOf(b)
    net.kill('a')

    await clock.advance(29_999)
    expect([ids(a), ids(b), told]).toEqual([[], ['a'], []])

    await clock.advance(1)
    expect([ids(b), told]).toEqual([[], ['-a']])
  })

  it('kill: the connections of one who was killed may linger for another time', async () => {
    const { clock, net, join } = world()
    const [, b] = join('a', 'b') as [SimPort, SimPort]
    net.connect('a', 'b')
    net.kill('a', { lingerMs: 100 })

    await clock.advance(100)
    expect(ids(b)).toEqual([])
  })

  it('restart: a new port, beside whose connection the dead one lingers', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [old, b] = join('a', 'b') as [SimPort, SimPort]
    const dead = net.connect('a', 'b')
    const told = eventsOf(b)
    net.kill('a')

    await clock.advance(1_000)
    const back = net.restart('a')
    const living = net.connect('a', 'b')

    expect(back).not.toBe(old)
    expect(net.port('a')).toBe(back)
    expect(net.connections('b', 'a').map(({ connection }) => connection)).toEqual([dead, living])
    expect(b.peers()).toMatchObject([{ id: 'a', connection: living, since: 1_000 }])

    await clock.advance(30_000)
    expect(net.connections('b', 'a').map(({ connection }) => connection)).toEqual([living])
    expect(told).toEqual([`+a ${living}`])
  })

  it('a dead port has no peers, and every call rejects', async () => {
    const { net, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    net.connect('a', 'b')
    net.kill('a')

    expect(a.peers()).toEqual([])
    await expect(a.ask('b', { type: 'fetch', whole: true })).rejects.toMatchObject(named('UnreachableError'))
    await expect(a.dial('b')).rejects.toMatchObject(named('UnreachableError'))
    await expect(a.announce(new Uint8Array(1))).rejects.toMatchObject(named('UnreachableError'))
  })

  it('the clock of a dead machine runs no more timers, and its wall clock is its own', async () => {
    const { clock, net, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    const ran: string[] = []
    a.clock.setTimer(() => { ran.push('early') }, 10)
    a.clock.setTimer(() => { ran.push('cancelled') }, 10)()
    a.clock.setTimer(() => { ran.push('late') }, 20)
    b.clock.setTimer(() => { ran.push('other') }, 20)
    a.clock.wallSkew = -clock.wallTime()

    await clock.advance(15)
    expect([a.clock.now(), a.clock.wallTime(), b.clock.wallTime()]).toEqual([15, 15, clock.wallTime()])
    net.kill('a')
    a.clock.setTimer(() => { ran.push('after death') }, 1)
    await clock.advance(15)

    expect(ran).toEqual(['early', 'other'])
  })

  it('wrong verbs say so', () => {
    const { net, join } = world()
    join('a')

    for (const verb of [
      () => net.join('a'), () => net.restart('a'), () => net.restart('nobody'), () => { net.kill('nobody') }, () => net.port('nobody')
    ]) {
      expect(verb).toThrow(expect.objectContaining(named('PeerStateError')))
    }

    net.kill('a')
    expect(() => { net.crash('a') }).toThrow(expect.objectContaining(named('PeerStateError')))
  })

  it('twins: two processes with one peer id, told apart by their ports', () => {
    const { net, join } = world()
    const [first, b] = join('a', 'b') as [SimPort, SimPort]
    const second = net.join('a', { twin: true })
    net.connect(first, 'b')
    net.connect(second, 'b')

    expect(net.connections('b', 'a')).toHaveLength(2)
    expect(() => net.connect(first, second)).toThrow(expect.objectContaining(named('UnreachableError')))

    net.crash(second)
    expect(net.port('a')).toBe(first)
    expect([ids(first), ids(b)]).toEqual([['b'], ['a']])
  })
})

describe('partition and heal', () => {
  it('close the connections across groups once they have lingered, and only those', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [a, b, c, d] = join('a', 'b', 'c', 'd') as [SimPort, SimPort, SimPort, SimPort]
    net.connectAll()
    const told = eventsOf(c)
    net.partition([['a', 'b']])

    await clock.advance(29_999)
    expect(ids(c)).toEqual(['a', 'b', 'd'])

    await clock.advance(1)
    expect([a, b, c, d].map(ids)).toEqual([['b'], ['a'], ['d'], ['c']])
    expect(told).toEqual(['-a', '-b'])

    net.heal()
    expect(ids(c)).toEqual(['d'])
    net.connectAll()
    expect(ids(c)).toEqual(['d', 'a', 'b'])
  })

  it('a cut that heals in time closes nothing, not even if another one follows', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [a] = join('a', 'b') as [SimPort]
    net.connectAll()
    net.partition([['a'], ['b']])
    await clock.advance(20_000)
    net.heal()
    await clock.advance(5_000)
    net.partition([['a'], ['b']])

    await clock.advance(29_999)
    expect(ids(a)).toEqual(['b'])
    await clock.advance(1)
    expect(ids(a)).toEqual([])
  })

  it('may last for less time before the connections close', async () => {
    const { clock, net, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    net.connectAll()
    net.partition([['a'], ['b']], { lingerMs: 0 })

    await clock.advance(0)
    expect(ids(a)).toEqual([])
  })
})

describe('a peer that is cut off', () => {
  it('reaches nobody, and its connections close once they have lingered', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [a, b, c] = join('a', 'b', 'c') as [SimPort, SimPort, SimPort]
    net.connectAll()
    net.cutOff('a')
    await expect(clock.outcome(a.dial('b'))).resolves.toBeUndefined()
    await expect(clock.outcome(b.ask('a', { type: 'fetch', whole: false }), { within: 20_000 })).rejects.toThrow('')
    expect([a, b, c].map(ids)).toEqual([['b', 'c'], ['a', 'c'], ['a', 'b']])

    await clock.advance(30_000)
    expect([a, b, c].map(ids)).toEqual([[], ['c'], ['b']])
    await expect(clock.outcome(c.dial('a'))).rejects.toThrow('a does not answer')

    net.reconnect('a')
    await clock.outcome(c.dial('a'))
    expect([a, b, c].map(ids)).toEqual([['c'], ['c'], ['b', 'a']])
  })

  it('keeps them if it is back before, also when it is cut off once more', async () => {
    const { clock, net, join } = world({ lingerMs: 30_000 })
    const [a] = join('a', 'b') as [SimPort]
    net.connectAll()
    net.cutOff('a')
    await clock.advance(20_000)
    net.reconnect('a')
    net.cutOff('a')
    await clock.advance(29_999)
    expect(ids(a)).toEqual(['b'])
    await clock.advance(1)
    expect(ids(a)).toEqual([])
  })

  it('stays so beside a partition, and after it', async () => {
    const { net, join } = world()
    join('a', 'b', 'c')
    net.cutOff('a')
    net.partition([['a', 'b']])
    net.heal()
    expect(net.conditions.reachable('a', 'b')).toBe(false)
    expect(net.conditions.reachable('b', 'c')).toBe(true)
    net.reconnect('a')
    expect(net.conditions.reachable('a', 'b')).toBe(true)
  })
})
