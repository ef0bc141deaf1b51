import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second

/** Three hold "one", and one of them missed "two". */
async function oneLags (): Promise<{ world: World, owner: Nara, lagging: Nara, others: Nara[] }> {
  const world = new World()
  const { owner } = await world.owned(3, { repairDelay: 3_600_000 })
  await kept(world, owner, 'one')
  const [lagging, ...others] = holdersNow(world, owner) as [Nara, Nara, Nara]
  ;[owner, ...others].forEach(nara => { world.net.disconnect(lagging.id, nara.id) })
  await kept(world, owner, 'two', 2)

  return { world, owner, lagging, others }
}

describe('a holder that lags', () => {
  it('is brought up by the others while the owner is away', async () => {
    const { world, owner, lagging, others } = await oneLags()
    owner.kill()
    world.net.connectAll()
    await world.run(2 * second)
    expect(lagging.holds(owner)).toBe(others[0]?.holds(owner))
    expect(world.net.stats.sent(lagging.id, 'store').messages).toBe(0)
    expect(await comesBack(world, owner)).toBe('two')
  })

  it('does not repair with what is old, once it has heard of the newer', async () => {
    const { world, owner, lagging, others } = await oneLags()
    owner.kill()
    // it hears of it, and then nobody brings it
    world.net.intercept((_, to, request, next) => to === lagging.id && (request.type === 'offer' || request.type === 'store') ? undefined : next())
    world.net.connectAll()
    await world.run(5 * second)
    others.forEach(nara => { nara.kill() })
    const spare = await world.confidants(4)
    world.net.connectAll()
    await world.run(10 * minute)
    expect(spare.map(nara => nara.holds(owner))).toStrictEqual([undefined, undefined, undefined, undefined])
    expect(lagging.holds(owner)).toBeDefined()
  })

  it('sees to what it has, if all who had the newer are gone and it is the best there is', async () => {
    const { world, owner, lagging, others } = await oneLags()
    owner.kill()
    let isLost = true
    world.net.intercept((_, to, request, next) => isLost && to === lagging.id && (request.type === 'offer' || request.type === 'store') ? undefined : next())
    world.net.connectAll()
    await world.run(5 * second)
    others.forEach(nara => { nara.kill() })
    isLost = false
    const spare = await world.confidants(4)
    world.net.connectAll()
    await world.run(70 * minute)
    expect(spare.filter(nara => nara.holds(owner) === lagging.holds(owner))).toHaveLength(2)
    lagging.kill()
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('makes no copies of what is old as long as somebody shows the newer', async () => {
    const { world, owner, lagging } = await oneLags()
    owner.kill()
    const spare = await world.confidants(4)
    world.net.intercept((_, to, request, next) => to === lagging.id && (request.type === 'offer' || request.type === 'store') ? undefined : next())
    world.net.connectAll()
    await world.run(6 * 60 * minute)
    const old = lagging.holds(owner)
    expect(old).toBeDefined()
    expect(spare.filter(nara => nara.holds(owner) === old)).toHaveLength(0)
  })

  it('and was replaced hears the owner\'s watermark, offers what it has, and is relieved', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    await kept(world, owner, 'one')
    const [former, ...others] = holdersNow(world, owner) as [Nara, Nara, Nara]
    const spare = confidants.find(nara => nara.holds(owner) == null) as Nara
    // nobody tells it
    world.net.intercept((from, _, request, next) => from === owner.id && request.type === 'release' ? undefined : next())
    owner.stash.setConfidants([...others, spare].map(({ id }) => id))
    await kept(world, owner, 'two')
    expect(former.holds(owner)).toBeDefined()
    await world.run(40 * second)
    expect(former.holds(owner)).toBeUndefined()
    expect(former.events('held:dropped')).toMatchObject([{ detail: { why: 'relieved by its owner' } }])
    expect(holdersNow(world, owner)).toHaveLength(3)
  })
})

it('a surrogate that nobody trimmed is relieved once the owner is back and tells its watermark', async () => {
  const { world, owner, holders: [a] } = await ownerAway()
  await world.run(minute)
  a.kill()
  await world.run(2 * minute)
  await a.restart()
  world.net.connectAll()
  // the owner's own trimming does not arrive
  world.net.intercept((from, _, request, next) => from === owner.id && request.type === 'release' ? undefined : next())
  await comesBack(world, owner)
  await world.run(15 * minute)
  expect(holdersNow(world, owner)).toHaveLength(3)
  expect(holdersNow(world, owner).every(nara => owner.stash.confidants.includes(nara.id))).toBe(true)
})

describe('a holder that comes back with its datastore', () => {
  it.each([[15, 0], [45, 1]])('counts at once, after a proof: when it was away for %i s %i bodies move', async (seconds, bodies) => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const [keeper] = [await world.nara({ fresh: true, datastore: new MemoryDatastore() })]
    await world.confidants(2)
    world.net.connectAll()
    await kept(world, owner, 'one')
    const spare = await world.confidants(3)
    world.net.connectAll()
    owner.kill()
    await world.run(minute)
    keeper?.kill()
    await world.run(seconds * second)
    await keeper?.restart()
    world.net.connectAll()
    await world.run(10 * minute)
    expect(keeper?.holds(owner)).toBeDefined()
    expect(spare.filter(nara => nara.holds(owner) != null)).toHaveLength(bodies)
    expect(spare.flatMap(nara => nara.events('held:stored'))).toHaveLength(bodies)
    await comesBack(world, owner)
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('makes no copies before somebody who would know has answered', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const keeper = await world.nara({ fresh: true, datastore: new MemoryDatastore() })
    const others = await world.confidants(2)
    world.net.connectAll()
    await kept(world, owner, 'one')
    ;[owner, keeper, ...others].forEach(nara => { nara.kill() })
    await keeper.restart()
    const spare = await world.confidants(3)
    world.net.connectAll()
    await world.run(10 * minute)
    expect(keeper.holds(owner)).toBeDefined()
    expect(holdersNow(world, owner)).toStrictEqual([keeper])

    await others[0]?.restart()
    world.net.connectAll()
    await world.run(5 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(spare.filter(nara => nara.holds(owner) != null)).toHaveLength(1)
    expect(await comesBack(world, owner)).toBe('one')
  })
})
