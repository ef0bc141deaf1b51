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
  const { owner, confidants } = await world.owned(3)
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
  const { owner, confidants } = await world.owned(3)
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

it('an owner that is back renews them at once', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
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
