import { leaseLeft } from '@nara-stash/protocol'
import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { HeldStash } from '@nara-stash/protocol'

const hour = 3_600
const day = 24 * hour

/** Seconds that each holder's promise still lasts. */
function leases (holders: readonly Nara[], owner: Nara): number[] {
  return holders.map(nara => leaseLeft(nara.process.parts.held.get(owner.id) as HeldStash, nara.process.clock.now()))
}

it('an owner that is there and writes nothing keeps the promises of its confidants fresh, and seldom has to', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { lease: 7 * day * 1_000 })
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)
  const [record] = holders.map(nara => nara.process.parts.held.get(owner.id)?.record.id)
  world.net.stats.reset()
  await world.run(2 * day * 1_000)

  expect(holders).toHaveLength(3)
  expect(Math.min(...leases(holders, owner))).toBeGreaterThan(6 * day)
  // twice each, answered HAVE
  expect(world.net.stats.sent(owner.id, 'store').messages).toBe(6)
  expect(holders.map(nara => nara.holds(owner))).toEqual([record, record, record])
})

it('it renews them when they are due, not when it looks the next time', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { lease: 7 * day * 1_000 })
  const renewed: number[] = []
  await kept(world, owner, 'one')
  await world.run(10_000)
  const holders = holdersAmong(confidants, owner)
  const promised = holders.map(({ id }) => owner.process.parts.owning?.replication.copies.get(id)?.promisedAt ?? NaN)
  world.net.intercept((_, __, request, next) => {
    if (request.type === 'store') {
      renewed.push(owner.process.clock.now())
    }

    return next()
  })
  await world.run(day * 1_000)

  expect(renewed).toHaveLength(3)
  // an eighth of a week
  expect(Math.max(...renewed) - Math.min(...promised) - 21 * hour * 1_000).toBeLessThan(5_000)
})

it('what a holder promises is what it tells, what its owner goes by, and until when it is said to be kept', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true, gossip: false, lease: 400 * day * 1_000 })
  const limits = [400, 30, 8]
  const holders = await Promise.all(limits.map(async days => await world.nara({ owns: false, gossip: false, maxLease: days * day * 1_000 })))
  world.net.connectAll()
  await kept(world, owner, 'one')
  const start = world.clock.wallTime()
  await world.run(3_000)

  const until = (id: string): number => Date.parse(owner.stash.status().confidants.find(({ peerId }) => peerId === id)?.keptUntil ?? '')
  holders.forEach(({ id }, i) => { expect(Math.abs(until(id) - start - (limits[i] ?? 0) * day * 1_000)).toBeLessThan(5_000) })
  // as many as two keep it until the second of them may let go
  expect(Math.abs(Date.parse(owner.stash.status().copies.keptUntil ?? '') - start - 30 * day * 1_000)).toBeLessThan(5_000)

  const stored: string[] = []
  world.net.intercept((_, to, request, next) => {
    if (request.type === 'store') {
      stored.push(to)
    }

    return next()
  })
  // an eighth of 8 days, of 30, of 400
  await world.run((4 * day - hour) * 1_000)
  expect(limits.map((_, i) => stored.filter(id => id === holders[i]?.id).length)).toEqual([0, 1, 3])
  expect(Math.min(...leases(holders, owner).map((left, i) => left - (limits[i] ?? 0) * day))).toBeGreaterThan(-hour)

  // it is no longer said of one that is gone
  holders[1]?.kill()
  await world.run(1_000)
  expect(until(holders[1]?.id ?? '')).toBeNaN()
})

it('a holder that promises hardly anything is not asked again and again, and none is held to more than was asked', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { lease: 30 * day * 1_000 })
  world.net.intercept(async (_, to, request, next) => {
    const answer = await next()

    return request.type === 'store' && (answer.type === 'stored' || answer.type === 'have') ? { ...answer, promised: to === confidants[0]?.id ? 1 : 2 ** 32 - 1 } : answer
  })
  await kept(world, owner, 'one')
  world.net.stats.reset()
  await world.run((day - hour) * 1_000)
  expect(world.net.stats.sent(owner.id, 'store').messages).toBe(7)

  const latest = Math.max(...owner.stash.status().confidants.map(({ keptUntil = '' }) => Date.parse(keptUntil)))
  expect(latest).toBeLessThanOrEqual(world.clock.wallTime() + 30 * day * 1_000)
})

it('an owner that asks for another lease gives its holders a new placement, and no body', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { lease: 7 * day * 1_000 })
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)
  const record = holders.map(nara => nara.process.parts.held.get(owner.id)?.record.id)
  owner.kill()
  await owner.restart({ lease: 400 * day * 1_000 })
  world.net.connectAll()
  await world.settled(owner)
  await world.run(60_000)

  expect(leases(holders, owner).every(left => left > 400 * day - hour)).toBe(true)
  expect(holders.map(nara => nara.process.parts.held.get(owner.id)?.placement.leaseSeconds)).toEqual([400, 400, 400].map(days => days * day))
  expect(holders.map(nara => nara.process.parts.held.get(owner.id)?.record.id)).toEqual(record)
})

it('an owner that is back renews them at once', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { lease: 7 * day * 1_000 })
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)
  owner.kill()
  await world.run(3 * day * 1_000)
  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)
  await world.run(1_000)

  expect(Math.min(...leases(holders, owner))).toBeGreaterThan(7 * day - hour)
})
