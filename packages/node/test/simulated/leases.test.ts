import { leaseLeft } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Left } from './absent-owner.ts'
import type { Nara } from './world.ts'
import type { HeldStash } from '@nara-stash/protocol'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const silent = { gossip: false }

function lease (nara: Nara, owner: Nara): number {
  return leaseLeft(nara.process.parts.held.get(owner.id) as HeldStash, nara.process.clock.now()) * 1_000
}

/** An owner that asks for a week, and five others that say nothing in presence: weeks pass faster. */
async function quiet (): Promise<Left> {
  const world = new World()
  const owner = await world.nara({ fresh: true, lease: 7 * day, ...silent })
  const others = await world.confidants(5, silent)
  world.net.connectAll()
  await kept(world, owner, 'one')

  return { world, owner, holders: holdersNow(world, owner) as Left['holders'], others }
}

describe('a promise', () => {
  it('ends a week after the owner left: co-holders hear it first, then it is dropped, and nobody repairs', async () => {
    const { world, owner, holders, others } = await quiet()
    await world.run(2 * day + 7 * minute)
    owner.kill()
    const told: Array<{ reason: string, held: boolean }> = []
    world.net.intercept((from, _, request, next) => {
      if (request.type === 'release') {
        told.push({ reason: request.reason, held: world.naras.find(nara => nara.id === from)?.holds(owner) != null })
      }

      return next()
    })
    await world.run(7 * day - minute)
    expect(holdersNow(world, owner)).toStrictEqual(holders)
    await world.run(hour)

    expect(holdersNow(world, owner)).toStrictEqual([])
    expect(new Set(told.map(({ reason }) => reason))).toStrictEqual(new Set(['lease']))
    expect(told.every(({ held }) => held)).toBe(true)
    expect(holders.flatMap(nara => nara.events('held:dropped').map(({ detail }) => (detail as { why: string }).why))).toStrictEqual(Array(3).fill('its lease ran out'))
    expect(others.flatMap(nara => nara.events('held:repaired'))).toStrictEqual([])
  })

  it('goes on if the owner comes back while they are told', async () => {
    const { world, owner, holders: [a, ...rest] } = await quiet()
    owner.kill()
    await world.run(7 * day - minute)
    rest.forEach(nara => { world.net.setLink(a.id, nara.id, { latency: [2_000, 2_000] }) })
    world.net.intercept(async (from, _, request, next) => {
      if (request.type === 'release' && from === a.id && !owner.up) {
        await owner.restart()
        world.net.connect(owner.process.port, a.id)
      }

      return await next()
    })
    await world.run(10 * minute)
    expect(owner.up).toBe(true)
    expect(a.events('held:dropped')).toStrictEqual([])
    expect(owner.text).toBe('one')
  })

  it('does not run while the owner is here, however little it says', async () => {
    const { world, owner, holders } = await quiet()
    owner.process.parts.owning?.replication.stop()
    await world.run(9 * day)
    expect(holdersNow(world, owner)).toStrictEqual(holders)
    expect(holders.every(nara => lease(nara, owner) > 7 * day - hour)).toBe(true)
  })

  it('does not run while it is the holder that is cut off', async () => {
    const { world, owner, holders: [cut, ...rest] } = await quiet()
    owner.kill()
    await world.run(day)
    world.naras.filter(nara => nara !== cut && nara.up).forEach(nara => { world.net.disconnect(cut.id, nara.id) })
    await world.run(9 * day)
    expect(cut.holds(owner)).toBeDefined()
    expect(lease(cut, owner)).toBeGreaterThan(6 * day - hour)
    expect(rest.every(nara => nara.holds(owner) == null)).toBe(true)
    await comesBack(world, owner)
    expect(owner.text).toBe('one')
  })

  it('does not run while the holder sleeps', async () => {
    const { world, owner, holders: [sleeper] } = await quiet()
    owner.kill()
    await world.run(hour)
    sleeper.process.port.clock.jump(8 * day)
    await world.run(hour)
    expect(sleeper.holds(owner)).toBeDefined()
    expect(lease(sleeper, owner)).toBeGreaterThan(7 * day - 3 * hour)
  })

  it.each([[6 * day + 22 * hour, 3], [6 * day + 23 * hour + 5 * minute, 1]])('is kept to its last hour: after %i ms %i copies', async (absence, copies) => {
    const { world, owner, holders } = await quiet()
    owner.kill()
    await world.run(absence)
    holders[0]?.kill()
    holders[1]?.kill()
    await world.run(30 * minute)
    expect(holdersNow(world, owner)).toHaveLength(copies)
  })

  it('is passed on as it is: a surrogate keeps it no longer', async () => {
    const { world, owner, holders, others } = await quiet()
    owner.kill()
    await world.run(5 * day)
    holders[0]?.kill()
    await world.run(5 * minute)
    const surrogate = others.find(nara => nara.up && !holders.includes(nara) && nara.holds(owner) != null) as Nara
    expect(lease(surrogate, owner)).toBeLessThanOrEqual(2 * day)
    await world.run(2 * day + hour)
    expect(holdersNow(world, owner)).toStrictEqual([])
  })
})

describe('a holder that was away for more than ten minutes', () => {
  it('serves, and makes no copies until somebody who would know has answered', async () => {
    const { world, owner, holders: [a, b, c], others } = await ownerAway()
    await world.run(minute)
    others.filter(nara => nara !== a).forEach(nara => { world.net.disconnect(a.id, nara.id) })
    await world.run(20 * minute)
    b.kill()
    c.kill()
    holdersNow(world, owner).filter(nara => nara !== a).forEach(nara => { nara.kill() })
    const strangers = others.filter(nara => nara.up && nara !== a)
    strangers.forEach(nara => { world.net.connect(a.process.port, nara.id) })
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toStrictEqual([a])

    await b.restart()
    world.net.connectAll()
    await world.run(minute)
    expect(b.holds(owner)).toBeDefined()
    await world.run(3 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })
})
