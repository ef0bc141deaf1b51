import { expect, it } from 'vitest'
import { holdersNow, ownerAway } from './absent-owner.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Cuts `nara` off for as long, without its connections, and lets it meet `first`, who has nothing, some seconds before the others. */
async function cutOff (world: World, nara: Nara, first: Nara, seconds: number): Promise<void> {
  world.net.cutOff(nara.id, { lingerMs: 0 })
  await world.run(seconds * second)
  world.net.reconnect(nara.id)
  world.net.connect(nara.id, first.id)
  await world.run(9 * second)
  world.net.connectAll()
  await world.run(hour)
}

/** An owner whose stash is kept, its holders, and others who are here. */
async function settled (peers: number): Promise<{ world: World, owner: Nara, mine: Nara[], strangers: Nara[] }> {
  const world = new World()
  const { owner, confidants } = await world.owned(peers)
  await kept(world, owner, 'one')
  const mine = holdersAmong(confidants, owner)
  await world.run(5 * minute)

  return { world, owner, mine, strangers: confidants.filter(nara => !mine.includes(nara)) }
}

function stored (world: World, since: number): number {
  return world.naras.flatMap(nara => nara.events('held:stored')).filter(({ at }) => at >= since).length
}

it('a holder that was itself cut off does not make good for those who were not', async () => {
  const { world, owner, holders: [a], others } = await ownerAway()
  const stranger = others.find(nara => nara.holds(owner) == null) as Nara
  await world.run(5 * minute)
  const since = world.clock.now()
  await cutOff(world, a, stranger, 5)

  expect(holdersNow(world, owner)).toHaveLength(3)
  expect(stored(world, since)).toBe(0)
})

it('nor does an owner replace its confidants', async () => {
  const { world, owner, strangers: [stranger] } = await settled(5)
  const before = owner.stash.confidants
  const since = world.clock.now()
  await cutOff(world, owner, stranger as Nara, 120)

  expect(owner.stash.confidants).toStrictEqual(before)
  expect(owner.stash.status().copies.have).toBe(3)
  expect(stored(world, since)).toBe(0)
})

it.each([['holder', 20], ['owner', 20]])('but if they are gone indeed, the %s makes good for them after %i s', async (who, seconds) => {
  const { world, owner, holders, others } = await ownerAway()
  const [a, b, c] = holders

  if (who === 'owner') {
    await owner.restart()
    world.net.connectAll()
    await world.run(minute)
  }

  const nara = who === 'owner' ? owner : a
  const stranger = others.find(nara => nara.holds(owner) == null) as Nara
  world.net.cutOff(nara.id, { lingerMs: 0 })
  await world.run(second)
  ;(who === 'owner' ? [a, b, c] : [b, c]).forEach(other => { other.kill() })
  world.net.reconnect(nara.id)
  world.net.connect(nara.id, stranger.id)
  await world.run((seconds - 1) * second)
  expect(stranger.holds(owner)).toBeUndefined()
  await world.run(2 * second)
  expect(stranger.holds(owner)).toBeDefined()
})

it('an owner whose network comes and goes keeps its copies', async () => {
  const { world, owner, mine, strangers } = await settled(8)
  world.net.cutOff(owner.id, { lingerMs: 0 })
  await world.run(5 * second)
  mine.forEach(nara => { nara.kill() })

  for (let i = 0; i < 9; i++) {
    world.net.reconnect(owner.id)
    strangers.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.run(15 * second)
    world.net.cutOff(owner.id, { lingerMs: 0 })
    await world.run(5 * second)
  }

  expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(2)
})

it('a last holder hands on its copy though all that it has comes and goes', async () => {
  const { world, owner, holders: [a, b, c], others } = await ownerAway()
  const stranger = others.find(nara => nara.holds(owner) == null) as Nara
  await world.run(5 * minute)
  ;[b, c].forEach(nara => { nara.kill() })
  others.filter(nara => ![a, stranger].includes(nara)).forEach(({ id }) => { world.net.disconnect(a.id, id) })

  for (let i = 0; i < 9; i++) {
    world.net.disconnect(a.id, stranger.id)
    await world.run(2 * second)
    world.net.connect(a.id, stranger.id)
    await world.run(18 * second)
  }

  expect(holdersNow(world, owner)).toContain(stranger)
})

it.each([0, 1])('a write right after is kept by whoever is here: %i of the confidants', async count => {
  const { world, owner, mine, strangers } = await settled(8)
  world.net.cutOff(owner.id, { lingerMs: 0 })
  await world.run(8 * hour)
  mine.slice(count).forEach(nara => { nara.kill() })
  world.net.reconnect(owner.id)
  ;[...strangers, ...mine.slice(0, count)].forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.run(3 * second)

  expect((await world.of(owner.put('two'))).outcome).toBe('kept')
})
