import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second

function cutOff (world: World, nara: Nara, from: readonly Nara[]): void {
  from.filter(other => other !== nara && other.up).forEach(other => { world.net.disconnect(nara.id, other.id) })
}

describe('what its owner deleted', () => {
  it('is not brought back by a holder that was away: it learns of it from the others, the owner being gone', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(8)
    await kept(world, owner, 'one')
    const [away] = holdersNow(world, owner) as [Nara]
    cutOff(world, away, world.naras)
    await world.run(second)
    expect((await world.of(owner.stash.forgetStash())).acknowledged).toBeGreaterThanOrEqual(2)
    owner.kill()
    expect(holdersNow(world, owner)).toStrictEqual([away])

    confidants.filter(nara => nara !== away).forEach(nara => { world.net.connect(away.id, nara.id) })
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toStrictEqual([])
    await world.run(60 * minute)
    expect(holdersNow(world, owner)).toStrictEqual([])
    expect(confidants.flatMap(nara => nara.events('held:repaired'))).toStrictEqual([])
  })

  it('is not what the owner goes on with that found it with one who was away: who took the tombstone brings it, however late', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(8, { gossip: false, minConnections: 0 })
    await kept(world, owner, 'one')
    const holders = holdersNow(world, owner) as [Nara, Nara]
    const [away, told] = holders
    const others = confidants.filter(nara => !holders.includes(nara))
    cutOff(world, away, world.naras)
    await world.run(second)
    await world.of(owner.stash.forgetStash())
    owner.kill()
    await owner.restart()
    cutOff(world, owner, confidants)
    cutOff(world, told, world.naras)
    ;[away, ...others].forEach(nara => { world.net.connect(owner.id, nara.id) })
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
    await world.run(60 * minute)
    expect(owner.stash.status().copies.have).toBe(3)

    world.net.connect(owner.id, told.id)
    await world.run(5 * second)
    expect(owner.state).toBe('empty')
    expect(owner.aside).toEqual(['one'])
  })

  it('goes with surrogates, too, that the owner never heard of', async () => {
    const { world, owner, holders: [a], others } = await ownerAway()
    await world.run(minute)
    a.kill()
    await world.run(2 * minute)
    const surrogate = holdersNow(world, owner).find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    cutOff(world, surrogate, world.naras)
    await comesBackTo(world, owner, others.filter(nara => nara !== surrogate))
    expect(owner.text).toBe('one')
    await world.of(owner.stash.forgetStash())
    owner.kill()
    expect(holdersNow(world, owner)).toStrictEqual([surrogate])

    world.net.connectAll()
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toStrictEqual([])
    await comesBack(world, owner)
    expect(owner.state).toBe('empty')
  })

  it('goes with a surrogate that has no newer word of the others', async () => {
    const { world, owner, holders: [a, ...rest], others } = await ownerAway()
    await world.run(minute)
    a.kill()
    await world.run(2 * minute)
    const surrogate = holdersNow(world, owner).find(nara => nara !== a && !rest.includes(nara)) as Nara
    cutOff(world, surrogate, world.naras)
    await comesBackTo(world, owner, others.filter(nara => nara !== surrogate))
    await world.of(owner.stash.forgetStash())
    owner.kill()
    // it challenges nobody: whoever has the tombstone brings it
    world.net.intercept((from, _, request, next) => from === surrogate.id && request.type !== 'offer' ? undefined : next())
    world.net.connectAll()
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toStrictEqual([])
  })
})

/** The owner comes back and meets these only. */
async function comesBackTo (world: World, owner: Nara, naras: readonly Nara[]): Promise<void> {
  await owner.restart()
  naras.filter(({ up }) => up).forEach(nara => { world.net.connect(owner.process.port, nara.id) })
  await world.settled(owner)
  await world.run(5 * second)
}

it('a tombstone is no longer brought to an owner that is known to have written since', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(8)
  await kept(world, owner, 'one')
  await world.of(owner.stash.forgetStash())
  await kept(world, owner, 'two')
  await world.run(10 * 60_000)
  const keepers = confidants.filter(nara => nara.holds(owner) == null && nara.process.parts.held.tombstone(owner.id) != null)
  const reconnect = async (): Promise<void> => {
    keepers.forEach(({ id }) => {
      world.net.disconnect(owner.id, id)
      world.net.connect(owner.id, id)
    })
    await world.run(60_000)
  }

  expect(keepers.length).toBeGreaterThan(0)
  await reconnect()
  world.net.stats.reset()
  await reconnect()
  expect(keepers.map(({ id }) => world.net.stats.sent(id, 'offer').messages)).toEqual(keepers.map(() => 0))
})
