import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const ids = (naras: readonly Nara[]): string[] => naras.map(({ id }) => id)

describe('while the owner is away', () => {
  it('a copy that is lost is made good for, once, by the confidants', async () => {
    const { world, owner, holders: [dead, ...rest] } = await ownerAway()
    dead.kill()
    await world.run(19 * second)
    expect(holdersNow(world, owner)).toHaveLength(2)
    await world.run(16 * second)
    expect(holdersNow(world, owner)).toHaveLength(3)
    await world.run(hour)

    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(rest.flatMap(nara => nara.events('held:repaired'))).toHaveLength(1)
    expect(world.net.stats.sent(undefined, 'store').messages).toBe(4)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('below minCopies the last one does not wait for a minute', async () => {
    const { world, owner, holders } = await ownerAway()
    holders.slice(1).forEach(nara => { nara.kill() })
    await world.run(9 * second)
    expect(holdersNow(world, owner)).toHaveLength(1)
    await world.run(2 * second)
    expect(holdersNow(world, owner)).toHaveLength(2)
    await world.run(65 * second)
    expect(holdersNow(world, owner)).toHaveLength(3)
    await world.run(hour)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('a short break in the connections of one confidant moves nothing', async () => {
    const { world, owner, holders: [a], others } = await ownerAway()
    await world.run(5 * minute)
    world.net.stats.reset()
    others.filter(nara => nara !== a).forEach(nara => { world.net.disconnect(a.id, nara.id) })
    await world.run(10 * second)
    world.net.connectAll()
    await world.run(hour)

    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(['store', 'offer', 'body'].map(type => world.net.stats.sent(undefined, type as 'store').messages)).toStrictEqual([0, 0, 0])
  })

  it('nor does one right after a proof, when it may not be asked for another', async () => {
    const { world, owner, holders: [a], others } = await ownerAway()
    world.net.stats.reset()
    others.filter(nara => nara !== a).forEach(nara => { world.net.disconnect(a.id, nara.id) })
    world.net.connectAll()
    await world.run(hour)

    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(world.net.stats.sent(undefined, 'body').messages).toBe(0)
  })

  it('one whose connections come and go for minutes gives one proof a minute, is asked once a connection, and costs one copy at most', async () => {
    const { world, owner, holders: [a, b] } = await ownerAway()
    await world.run(5 * minute)
    world.net.stats.reset()

    for (let passed = 0; passed < 5 * minute; passed += 5 * second) {
      world.net.disconnect(a.id, b.id)
      world.net.connect(a.id, b.id)
      await world.run(5 * second)
    }

    for (const { id } of [a, b]) {
      // one in each of five minutes, and an hourly one to the third
      expect(world.net.stats.sent(id, 'proof').messages).toBeGreaterThanOrEqual(4)
      expect(world.net.stats.sent(id, 'proof').messages).toBeLessThanOrEqual(6)
      expect(world.net.stats.sent(id, 'challenge').messages).toBeLessThanOrEqual(62)
    }

    await world.run(hour)
    expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
    expect(holdersNow(world, owner)).toEqual(expect.arrayContaining([a, b]))
  })

  it('a confidant that came back empty is refilled itself, at once, by one of the others', async () => {
    const { world, owner, holders: [a] } = await ownerAway()
    await world.run(minute)
    a.kill()
    await world.run(5 * second)
    await a.restart()
    world.net.stats.reset()
    world.net.connectAll()
    await world.run(second)

    expect(a.holds(owner)).toBeDefined()
    await world.run(hour)
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(world.net.stats.sent(undefined, 'store').messages).toBe(0)
    expect(world.net.stats.sent(undefined, 'body').messages).toBe(1)
  })

  it.each([[15, true], [45, false], [90, false]])('the reboot of a confidant costs one body and nothing else: after %i s its own copy or another\'s', async (seconds, isItsOwn) => {
    const { world, owner, holders: [a] } = await ownerAway()
    await world.run(minute)
    a.kill()
    const died = world.clock.now()
    await world.run(seconds * second)
    await a.restart()
    world.net.connectAll()
    await world.run(hour)

    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(a.holds(owner) != null).toBe(isItsOwn)
    expect(world.naras.flatMap(nara => nara.events('held:stored')).filter(({ at }) => at >= died)).toHaveLength(1)
  })

  it('nor is one believed to have it that is there again before its dead connection is gone', async () => {
    const { world, owner, holders: [a] } = await ownerAway({ lingerMs: 10 * minute })
    await world.run(minute)
    a.cut()
    await world.run(5 * second)
    await a.restart()
    world.naras.filter(nara => nara.up && nara !== a).forEach(nara => { world.net.connect(a.process.port, nara.id) })
    await world.run(2 * second)
    expect(a.holds(owner)).toBeDefined()
  })

  it('one that comes back empty when its copy was made good for gets none', async () => {
    const { world, owner, holders: [a] } = await ownerAway()
    await world.run(minute)
    a.kill()
    await world.run(3 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
    await a.restart()
    world.net.stats.reset()
    world.net.connectAll()
    await world.run(hour)

    expect(a.holds(owner)).toBeUndefined()
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(world.net.stats.sent(undefined, 'body').messages).toBe(0)
  })

  it('costs next to nothing when nothing happens: an audit an hour', async () => {
    const { world } = await ownerAway({ gossip: false })
    await world.run(2 * minute)
    world.net.stats.reset()
    await world.run(10 * hour)

    expect(world.net.stats.sent(undefined, 'challenge').messages).toBeLessThanOrEqual(6 * 10 / 0.8)
    expect(world.net.stats.sent(undefined, 'challenge').messages).toBeGreaterThanOrEqual(6 * 10 / 1.2 - 6)
    expect(['store', 'offer', 'fetch'].map(type => world.net.stats.sent(undefined, type as 'store').messages)).toStrictEqual([0, 0, 0])
  })
})

describe('a new holder', () => {
  it('tells the others by itself', async () => {
    const { world, owner, holders: [a, b, dead] } = await ownerAway()
    const known = new Set([a, b, dead, owner].map(({ id }) => id))
    // nobody else does
    world.net.intercept((from, _, request, next) => request.type === 'offer' && (from === a.id || from === b.id) ? undefined : next())
    dead.kill()
    await world.until(() => holdersNow(world, owner).length === 3, 2 * minute)
    await world.run(2 * second)
    const fresh = holdersNow(world, owner).find(nara => !known.has(nara.id)) as Nara

    expect([a, b].map(nara => nara.events('held:audited').some(({ detail }) =>
      (detail as { peer: string, verdict: string }).peer === fresh.id && (detail as { verdict: string }).verdict === 'trusted'))).toStrictEqual([true, true])
  })

  it('that its owner let go of tells the others: they are not to count on it', async () => {
    const world = new World()
    const { owner } = await world.owned(8)
    await kept(world, owner, 'one')
    const [a, b, c] = holdersNow(world, owner) as [Nara, Nara, Nara]
    const isolate = (): void => { world.naras.filter(nara => nara !== owner && nara.up).forEach(nara => { world.net.disconnect(owner.id, nara.id) }) }
    isolate()
    await world.run(minute)
    a.kill()
    await world.run(3 * minute)
    const surrogate = holdersNow(world, owner).find(nara => nara !== b && nara !== c) as Nara
    await a.restart()
    const told: string[] = []
    world.net.intercept((from, to, request, next) => {
      if (request.type === 'release' && request.reason === 'relieved' && from === surrogate.id) {
        told.push(to)
      }

      return next()
    })
    world.net.connectAll()
    // the owner, which was only cut off, gives it back to the first
    await world.until(() => a.holds(owner) != null && surrogate.holds(owner) == null, 10 * minute)
    await world.run(second)
    expect(told).toStrictEqual(expect.arrayContaining([b.id, c.id]))
  })
})

describe('while the owner is here', () => {
  it('the confidants leave it all to the owner', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6, { repairDelay: 5 * minute })
    await kept(world, owner, 'one')
    const holders = holdersNow(world, owner)
    holders[0]?.kill()
    await world.run(4 * minute)

    expect(holdersNow(world, owner)).toHaveLength(2)
    expect(confidants.flatMap(nara => [...nara.events('held:repaired'), ...nara.events('held:audited')])).toStrictEqual([])
  })

  it('and what was too many goes', async () => {
    const { world, owner, holders: [a, b] } = await ownerAway()
    a.kill()
    await world.run(2 * minute)
    b.kill()
    await world.run(2 * minute)
    await a.restart()
    await b.restart()
    world.net.connectAll()
    await world.run(10 * minute)
    await comesBack(world, owner)
    await world.run(10 * minute)

    expect(owner.text).toBe('one')
    expect(owner.stash.status().copies.have).toBe(3)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })
})

describe('never too many', () => {
  it('after a partition in which both sides repaired', async () => {
    const { world, owner, holders, others } = await ownerAway({ peers: 12 })
    const [a, ...rest] = holders as [Nara, ...Nara[]]
    const spare = others.filter(nara => !holders.includes(nara))
    world.net.partition([[a, ...spare.slice(0, 4)], [...rest, ...spare.slice(4)]].map(ids))
    await world.run(10 * minute)
    expect(holdersNow(world, owner).length).toBeGreaterThan(4)

    world.net.heal()
    world.net.connectAll()
    await world.run(10 * minute)
    expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
    expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
    expect(await comesBack(world, owner)).toBe('one')
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('when ten notice at once', async () => {
    const { world, owner, holders } = await ownerAway({ peers: 16, owner: { target: 10, minCopies: 5 } })
    expect(holders).toHaveLength(10)
    holders[3]?.kill()
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(10)
  })

  it('when each of them is cut off from all others for a while', async () => {
    const { world, owner, holders, others } = await ownerAway({ peers: 12 })
    const spare = others.filter(nara => !holders.includes(nara))
    world.net.partition(holders.map((holder, i) => ids([holder, ...spare.slice(3 * i, 3 * i + 3)])))
    await world.run(10 * minute)
    expect(holdersNow(world, owner).length).toBe(9)
    world.net.heal()
    world.net.connectAll()
    await world.run(10 * minute)

    expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
    expect(holders.every(nara => nara.holds(owner) != null)).toBe(true)
    expect(await comesBack(world, owner)).toBe('one')
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })
})

it('a chain: each holder dies in its turn over days, none of the first is left, and the owner has everything', async () => {
  const { world, owner, holders: first } = await ownerAway({ peers: 12, gossip: false })

  for (let i = 0; i < 6; i++) {
    await world.run(8 * hour)
    const oldest = first[i] ?? holdersNow(world, owner)[0]
    oldest?.kill()
  }

  await world.run(5 * minute)
  expect(first.every(nara => !nara.up)).toBe(true)
  expect(holdersNow(world, owner)).toHaveLength(3)
  expect(await comesBack(world, owner)).toBe('one')
})
