import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Leave } from '../../src/api.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second

const nothing: Leave = { kept: 0, handedOn: 0, withOwner: 0, left: [], own: null, deletion: null, waiting: 0, setAside: 0 }

/** A household: each has a stash of its own and keeps those of the others on its disk. */
async function household (size: number): Promise<{ world: World, naras: Nara[] }> {
  const world = new World()
  const naras: Nara[] = []

  for (let i = 0; i < size; i++) {
    naras.push(await world.nara({ fresh: true, datastore: new MemoryDatastore() }))
  }

  world.net.connectAll()
  await world.run(second)

  for (const nara of naras) {
    await kept(world, nara, `of ${nara.id}`, Math.min(size - 1, 3))
  }

  return { world, naras }
}

/** SIGTERM, to the end of its process. */
async function stop (world: World, nara: Nara): Promise<Leave> {
  await world.of(nara.stop())
  nara.kill()

  return nara.events('leave').at(-1)?.detail as Leave
}

describe('a holder on disk that is told to stop', () => {
  it('moves nothing, tells nobody that it leaves, and is gone at once', async () => {
    const { world, naras: [owner, ...others] } = await household(6) as { world: World, naras: [Nara, ...Nara[]] }
    const [a] = holdersAmong(others, owner) as [Nara]
    owner.kill()
    await world.run(minute)

    const began = world.clock.now()
    const sent: string[] = []
    world.net.intercept((from, _, request, next) => {
      sent.push(...from === a.id ? [request.type] : [])

      return next()
    })
    expect(await stop(world, a)).toMatchObject({ kept: a.process.parts.held.count, handedOn: 0, left: [] })
    expect(world.clock.now() - began).toBeLessThan(second)
    expect(sent).toStrictEqual([])
  })

  it.each([[2, 0], [2, 1], [3, 0], [3, 1], [3, 2]])(
    'does not keep its owner from being sure in the morning, though of those asked to help out when %i holders went %i got the copy',
    async (going, takers) => {
      const { world, naras: [owner, ...others] } = await household(8) as { world: World, naras: [Nara, ...Nara[]] }
      const holders = holdersAmong(others, owner)
      const helpers = others.filter(other => !holders.includes(other))
      const took = new Set<string>()
      world.net.intercept((from, to, request, next) => {
        if (from !== owner.id || request.type !== 'store' || !helpers.some(({ id }) => id === to)) {
          return next()
        }

        return took.has(to) || took.add(to).size <= takers ? next() : undefined
      })

      holders.slice(0, going).forEach(nara => { nara.kill() })
      await world.run(5 * second)
      // first those who got nothing: who is left is not to show a placement with them
      helpers.forEach(nara => { nara.kill() })
      await world.run(5 * second)
      owner.kill()

      for (const nara of holders.slice(going)) {
        await stop(world, nara)
      }

      for (const nara of others) {
        await nara.restart()
      }

      world.net.connectAll()
      await owner.restart()
      world.net.connectAll()
      await world.settled(owner)
      expect([owner.text, owner.stash.status().recovery.confirmed]).toStrictEqual([`of ${owner.id}`, true])
    }
  )

  it('is here again with all that it held, which its owner finds confirmed', async () => {
    const { world, naras } = await household(3)

    for (const nara of naras) {
      await world.run(10 * second)
      expect(await stop(world, nara)).toMatchObject({ kept: 2, left: [] })
    }

    await world.run(8 * 60 * minute)

    for (const nara of naras.toReversed()) {
      await nara.restart()
      world.net.connectAll()
      await world.run(second)
    }

    await world.run(minute)
    expect(naras.map(nara => [nara.state, nara.text, nara.stash.status().recovery.confirmed])).toStrictEqual(naras.map(({ id }) => ['settled', `of ${id}`, true]))
    expect(naras.map(nara => nara.stash.status().copies.have)).toStrictEqual([2, 2, 2])
  })

  it('counts what went with a disk for as long as its place is kept, and longer only if that disk was seen', async () => {
    const stopped = async (away: number, isSeen: boolean): Promise<Leave['own']> => {
      const { world, naras: [owner, ...others] } = await household(3) as { world: World, naras: [Nara, ...Nara[]] }

      if (isSeen) {
        for (const nara of others) {
          nara.kill()
          await world.run(30 * second)
          await nara.restart()
          world.net.connectAll()
          await world.run(5 * minute)
        }
      }

      for (const nara of others) {
        await stop(world, nara)
      }

      await world.run(away)

      return (await stop(world, owner)).own
    }

    expect(await stopped(minute, false)).toMatchObject({ outcome: 'kept', copies: 0, away: 2 })
    expect(await stopped(3 * 60 * minute, false)).toMatchObject({ outcome: 'unstored', copies: 0, away: 0 })
    expect(await stopped(3 * 60 * minute, true)).toMatchObject({ outcome: 'kept', copies: 0, away: 2 })
    expect(await stopped(31 * 24 * 60 * minute, true)).toMatchObject({ outcome: 'unstored', copies: 0, away: 0 })
  })

  it('hands on and lets go when it is told to leave, and is then told nothing new by a stop', async () => {
    const { world, naras: [owner, ...others] } = await household(6) as { world: World, naras: [Nara, ...Nara[]] }
    const [a] = holdersAmong(others, owner) as [Nara]
    owner.kill()
    await world.run(minute)
    const held = a.process.parts.held.count
    const left = await world.of(a.stash.leave())

    expect(left).toMatchObject({ kept: 0, handedOn: held, left: [] })
    expect(a.events('held:leaving')).toHaveLength(held)
    await stop(world, a)
    expect(a.events('leave')).toHaveLength(1)
    await a.restart()
    expect(a.process.parts.held.count).toBe(0)
  })

  it('keeps what nobody could take over as it leaves', async () => {
    const { world, naras: [owner, a, b] } = await household(3) as { world: World, naras: [Nara, Nara, Nara] }
    await stop(world, owner)
    await stop(world, b)
    expect(await world.of(a.stash.leave())).toMatchObject({ kept: 2, handedOn: 0, left: expect.arrayContaining([owner.id, b.id]) as string[] })
    await stop(world, a)
    await a.restart()
    expect(a.holds(owner)).toBeDefined()
  })
})

describe('what an owner that stops says of its own stash', () => {
  it('counts copies that went with their disks, and not those that went with their RAM', async () => {
    const { world, naras: [owner, a, b] } = await household(3) as { world: World, naras: [Nara, Nara, Nara] }
    await stop(world, a)
    expect((await stop(world, owner)).own).toMatchObject({ outcome: 'kept', copies: 1, away: 1 })

    await Promise.all([owner, a].map(async nara => await nara.restart()))
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 2)
    await world.of(owner.put('two'))
    // it has heard by then what they say of their disks
    await world.run(minute)
    await stop(world, a)
    await stop(world, b)
    expect((await stop(world, owner)).own).toMatchObject({ outcome: 'kept', copies: 0, away: 2 })

    const ram = new World()
    const { owner: alice, confidants: [bob] } = await ram.owned(2) as { owner: Nara, confidants: [Nara] }
    await kept(ram, alice, 'one', 2)
    await stop(ram, bob)
    expect((await stop(ram, alice)).own).toMatchObject({ outcome: 'degraded', copies: 1, away: 0 })
  })

  it('does not count a copy of an older version, nor one that its holder let go of', async () => {
    const { world, naras: [owner, a] } = await household(3) as { world: World, naras: [Nara, Nara, Nara] }
    await stop(world, a)
    await world.of(owner.put('two', { timeout: second }))
    expect((await stop(world, owner)).own).toMatchObject({ outcome: 'degraded', copies: 1, away: 0 })

    const other = await household(3) as { world: World, naras: [Nara, Nara, Nara] }
    const [alice, bob] = other.naras
    await other.world.of(bob.stash.leave())
    await stop(other.world, bob)
    expect((await stop(other.world, alice)).own).toMatchObject({ outcome: 'degraded', copies: 1, away: 0 })
  })
})

it('a holder in RAM that stops leaves, as there is nothing to come back with', async () => {
  const world = new World()
  const { owner } = await world.owned(6)
  await kept(world, owner, 'one')
  const [a] = holdersAmong(world.naras, owner) as [Nara]
  owner.kill()
  await world.run(minute)
  expect(await stop(world, a)).toStrictEqual({ ...nothing, handedOn: 1 })
})
