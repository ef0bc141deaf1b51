import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALONE_RETRY, DIALS_AT_ONCE } from '../../../src/constants.ts'
import { connects, World } from './connector-world.ts'

describe('a connector', () => {
  it('dials until there are enough connections, a few at a time, and then rests', async () => {
    const world = new World({ minConnections: 10 })
    world.know(30)
    world.connector.start()
    await world.clock.advance(60_000)

    expect(world.connected.size).toBe(10)
    expect(world.dials).toHaveLength(10)
    expect(world.mostAtOnce).toBe(DIALS_AT_ONCE)
  })

  it('never has more dials at once, nor dials itself, the denied, the connected, or who has no address', async () => {
    const peers = Array.from({ length: 12 }, (_, i) => `peer ${i}`)
    const event = fc.oneof(
      fc.record({ type: fc.constantFrom('reach' as const, 'discovered' as const, 'lost' as const), peer: fc.constantFrom('self', 'denied', 'mute', ...peers) }),
      fc.record({ type: fc.constant('look' as const) }),
      fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 1_000, 20_000) })
    )

    await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 30 }), fc.nat(), fc.integer({ min: 1, max: 12 }), async (events, seed, minConnections) => {
      const random = seededRandom(seed)
      const already: string[] = []
      const world = new World({
        seed,
        minConnections,
        admits: peer => peer !== 'denied',
        wanted: () => ['self', 'denied', 'mute', 'peer 3'],
        dial: async (peer, world) => {
          already.push(...world.connected.has(peer) ? [peer] : [])
          await world.wait(random.next() * 5_000)

          if (random.next() < 0.5) {
            throw new Error('nobody there')
          }

          world.connected.add(peer)
        }
      })

      world.know(12)
      world.directory.located('self', ['address'])
      world.directory.located('denied', ['address'])
      world.directory.located('mute', [])
      world.connector.start()

      for (const event of events) {
        if (event.type === 'wait') {
          await world.clock.advance(event.ms)
        } else if (event.type === 'look') {
          world.connector.look()
        } else if (event.type === 'lost') {
          world.connected.delete(event.peer)
          world.connector.look()
        } else {
          world.connector[event.type](event.peer)
        }
      }

      await world.clock.advance(10_000)

      expect(world.mostAtOnce).toBeLessThanOrEqual(DIALS_AT_ONCE)
      expect(world.dials.filter(({ peer }) => !peers.includes(peer))).toStrictEqual([])
      expect(already).toStrictEqual([])
    }), { numRuns: 100 })
  })

  it('dials who is wanted first, and beyond what is enough', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const wanted = ['peer 7', 'peer 19']
      const world = new World({ seed, minConnections: 2, wanted: () => wanted })
      world.know(30)
      world.connector.start()
      await world.clock.advance(1_000)

      expect(world.dials.map(({ peer }) => peer).toSorted()).toStrictEqual(['peer 19', 'peer 7'])

      // who makes it wanted says so; if nobody does, it is found out all the same
      wanted.push('peer 3')

      if (seed % 2 === 0) {
        world.connector.look()
      }

      await world.clock.advance(seed % 2 === 0 ? 1_000 : 40 * 60_000)
      expect([...world.connected].toSorted()).toStrictEqual(['peer 19', 'peer 3', 'peer 7'])
    }
  })

  it('looks less often while nothing is missing, and at once when something is lost', async () => {
    const world = new World({ minConnections: 2 })
    world.know(30)
    world.connector.start()
    await world.clock.advance(1_000)
    expect(world.connected.size).toBe(2)

    const [lost = ''] = world.connected
    const dials = world.dials.length
    world.connected.delete(lost)
    await world.clock.advance(20_000)
    expect(world.dials).toHaveLength(dials)
    world.connector.look()
    await world.clock.advance(1_000)
    expect(world.connected.size).toBe(2)
  })

  it('dials nobody if it shall keep no connections', async () => {
    const world = new World({ minConnections: 0, wanted: () => ['peer 0'] })
    world.know(3)
    world.connector.start()
    world.connector.discovered('peer 1')
    world.connector.reach('peer 2')
    await world.clock.advance(60_000)

    expect(world.dials).toStrictEqual([])
  })

  it('dials nobody before its start and after its stop', async () => {
    const world = new World()
    world.know(3)
    world.connector.look()
    world.connector.reach('peer 0')
    world.connector.discovered('peer 0')
    await world.clock.advance(60_000)
    expect(world.dials).toStrictEqual([])

    world.connector.start()
    world.connector.stop()
    const { length } = world.dials
    world.connector.reach('peer 2')
    await world.clock.advance(60_000)

    expect(world.dials).toHaveLength(length)
    expect(world.clock.pending).toBe(0)
  })
})

describe('reach', () => {
  it('dials a peer at once, although there are enough connections and it failed before', async () => {
    const world = new World({ minConnections: 2 })
    world.know(3)
    world.connected.add('peer 1').add('peer 2')
    world.connector.start()
    await world.clock.advance(1_000)
    expect(world.dials).toStrictEqual([])

    world.connector.reach('peer 0')
    await world.clock.advance(1_000)
    expect(world.timesOf('peer 0')).toStrictEqual([1_000])
    expect(world.connected.has('peer 0')).toBe(true)
  })

  it('takes turns when many are called, and leaves none out', async () => {
    const world = new World({ minConnections: 1 })
    world.know(50)
    world.connected.add('peer 0')
    world.connector.start()

    for (let i = 0; i < 50; i++) {
      world.connector.reach(`peer ${i}`)
    }

    await world.clock.advance(60_000)
    expect(world.mostAtOnce).toBe(DIALS_AT_ONCE)
    expect(world.connected.size).toBe(50)
    expect(world.dials).toHaveLength(49)
  })

  it('does not dial who is connected, unknown, ourselves or denied', async () => {
    const world = new World({ minConnections: 1, admits: peer => peer !== 'denied' })
    world.directory.located('self', ['address'])
    world.directory.located('denied', ['address'])
    world.directory.located('connected', ['address'])
    world.connected.add('connected')
    world.connector.start()
    ;['self', 'denied', 'connected', 'unknown'].forEach(peer => { world.connector.reach(peer) })
    await world.clock.advance(60_000)

    expect(world.dials).toStrictEqual([])
  })
})

describe('the first connection', () => {
  const nobody = async (_: string, world: World): Promise<void> => {
    await world.wait(10)
    throw new Error('nobody there')
  }

  it('has others tried again that could not be reached, soon', async () => {
    let isCutOff = true
    const world = new World({ minConnections: 4, dial: async (peer, world) => { await (isCutOff ? nobody : connects)(peer, world) } })
    world.know(20)
    world.connector.start()
    await world.clock.advance(30 * 60_000)
    isCutOff = false
    world.connected.add('somebody')
    world.connector.connected('somebody')
    await world.clock.advance(10_000)

    expect(world.connected.size).toBe(4)
  })

  it('of one that closes at once does not have it dialled again and again', async () => {
    const world = new World({
      minConnections: 4,
      dial: async (peer, world) => {
        if (peer !== 'peer 0') {
          await nobody(peer, world)
        }

        // libp2p tells once it knows who it is, and that is after the dial
        world.clock.setTimer(() => {
          world.connected.add(peer)
          world.connector.connected(peer)
          world.clock.setTimer(() => {
            world.connected.delete(peer)
            world.connector.look()
          }, 20)
        }, 5)
      }
    })
    world.know(20)
    world.connector.start()
    await world.clock.advance(60_000)

    expect(world.timesOf('peer 0').length).toBeLessThanOrEqual(14)
  })

  it('of one that comes and goes has nobody dialled without end', async () => {
    const world = new World({ minConnections: 4, dial: nobody })
    world.know(20)
    world.connector.start()
    await world.clock.advance(30 * 60_000)
    const before = world.dials.length

    for (let i = 0; i < 300; i++) {
      world.connected.add('somebody')
      world.connector.connected('somebody')
      await world.clock.advance(100)
      world.connected.delete('somebody')
      world.connector.look()
      await world.clock.advance(100)
    }

    // no oftener than by one that is alone, and each once more in a minute
    expect(world.dials.length - before).toBeLessThanOrEqual(20 * (60_000 / ALONE_RETRY + 1))
  })
})
