import { int, pick } from '@nara-stash/testing'
import { describe, expect, it, vi } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const minute = 60_000

/** Naras that each have a stash, and find and dial each other by themselves. */
async function crowd (world: World, count: number): Promise<Nara[]> {
  const naras: Nara[] = []

  for (let i = 0; i < count; i++) {
    naras.push(await world.nara({ fresh: true, minConnections: 16, repairDelay: 5_000 }))
  }

  // all know one; the others they hear of
  naras.slice(1).forEach(({ id }) => { world.net.connect(naras[0]?.id ?? '', id) })
  await world.until(() => naras.every(nara => nara.process.port.peers().length === count - 1), 10 * minute)

  return naras
}

const whole = (nara: Nara): boolean => nara.state === 'settled' && nara.stash.status().copies.have === 3

// ten naras and hours of virtual time: some real seconds, more on a busy machine
vi.setConfig({ testTimeout: 60_000 })

describe('everybody is whole again', () => {
  for (const seed of [1, 2]) {
    it(`after ten random disconnects, ten times over (seed ${seed})`, async () => {
      const world = new World({ seed })
      const naras = await crowd(world, 10)
      naras.forEach((nara, i) => { void nara.put(`stash ${i}`) })
      await world.until(() => naras.every(whole), 5 * minute)

      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 10; i++) {
          const [a, b] = [pick(world.random, naras), pick(world.random, naras)]

          if (a !== b) {
            world.net.disconnect(a.id, b.id)
          }

          await world.run(int(world.random, 0, 500))
        }
      }

      await world.until(() => naras.every(whole), 10 * minute)
      expect(naras.map(nara => nara.text)).toEqual(naras.map((_, i) => `stash ${i}`))
    })

    it(`after kills and restarts, one or two at a time (seed ${seed})`, async () => {
      const world = new World({ seed })
      const naras = await crowd(world, 10)
      naras.forEach((nara, i) => { void nara.put(`stash ${i}`) })
      await world.until(() => naras.every(whole), 5 * minute)

      for (let round = 0; round < 10; round++) {
        const victims = new Set([pick(world.random, naras), pick(world.random, naras)])
        victims.forEach(nara => { nara.kill() })
        await world.run(int(world.random, 100, 8_000))

        for (const nara of victims) {
          await nara.restart()
          // as from a bootstrap list
          naras.filter(other => !victims.has(other)).slice(0, 2).forEach(({ id }) => { world.net.connect(nara.id, id) })
        }

        await world.until(() => naras.every(whole), 10 * minute)
      }

      expect(naras.map(nara => nara.text)).toEqual(naras.map((_, i) => `stash ${i}`))
    })
  }

  it('after a partition that split the owner from its confidants', async () => {
    const world = new World({ seed: 5, lingerMs: 10_000 })
    const naras = await crowd(world, 10)
    const [owner] = naras as [Nara]
    await kept(world, owner, 'one')
    const side = [owner, ...naras.slice(1).filter(nara => !owner.stash.confidants.includes(nara.id)).slice(0, 4)]
    world.net.partition([side.map(({ id }) => id)])
    await world.until(() => whole(owner), 5 * minute)
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    const former = naras.filter(nara => !side.includes(nara) && nara.holds(owner) != null)
    expect(former).toHaveLength(3)
    world.net.heal()
    await world.until(() => former.every(nara => nara.holds(owner) == null), 10 * minute)

    expect(whole(owner)).toBe(true)
    expect(owner.text).toBe('two')
  })

  it('after the owner was on both sides of a partition, one after the other', async () => {
    const world = new World({ seed: 6 })
    const { owner, confidants } = await world.owned(6, { repairDelay: 1_000 })
    await kept(world, owner, 'one')
    const far = confidants.filter(nara => owner.stash.confidants.includes(nara.id)).slice(1)
    far.forEach(nara => { world.net.disconnect(owner.id, nara.id) })
    await world.until(() => whole(owner))
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    owner.kill()
    await owner.restart()
    // it comes back among those who know only the past
    far.forEach(nara => { world.net.connect(owner.id, nara.id) })
    await world.settled(owner)
    world.net.connectAll()
    await world.until(() => owner.text === 'two' && whole(owner), 5 * minute)
  })
})

describe('a bad network', () => {
  for (const seed of [11, 12, 13]) {
    it(`that loses a tenth of all messages (seed ${seed})`, async () => {
      const world = new World({ seed, loss: 0.1 })
      const { owner } = await world.owned(6)

      for (let round = 0; round < 5; round++) {
        await world.of(owner.put(`round ${round}`, { timeout: 30_000 }))
        await world.until(() => whole(owner), 10 * minute)
        owner.kill()
        await owner.restart()
        world.net.connectAll()
        await world.until(() => owner.state === 'settled' && owner.text === `round ${round}`, 5 * minute)
        owner.stash.getStashData()
      }

      await world.until(() => whole(owner), 10 * minute)
      expect(owner.events('stash:doubt')).toEqual([])
    })
  }

  it('with peers a hundred times slower than the others', async () => {
    const world = new World({ seed: 14, bandwidth: 10_000_000 })
    const { owner, confidants } = await world.owned(6)
    confidants.slice(0, 3).forEach(({ id }) => { world.net.slow(id, 100) })
    const data = world.random.bytes(500_000)
    await world.of(owner.stash.setStashData(data, { timeout: 60_000 }))
    await world.until(() => whole(owner), 10 * minute)
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    expect(owner.stash.getStashData()?.data).toEqual(data)
  })
})
