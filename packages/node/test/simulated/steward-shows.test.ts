import { expect, it } from 'vitest'
import { holdersNow, ownerAway } from './absent-owner.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
const ids = (naras: Nara[]): string[] => naras.map(({ id }) => id)

it('who let go of a copy that was one too many is not sent it again by who was about to show it who holds one', async () => {
  const { world, owner, holders, others } = await ownerAway({ peers: 12 })
  const spare = others.filter(nara => !holders.includes(nara))
  world.net.partition(holders.map((holder, i) => ids([holder, ...spare.slice(3 * i, 3 * i + 3)])))
  await world.run(10 * minute)
  expect(holdersNow(world, owner)).toHaveLength(9)

  // what is shown is long on its way
  let crossed = 0
  world.net.intercept(async (_, to, request, next) => {
    if (request.type !== 'offer') {
      return await next()
    }

    await new Promise<void>(resolve => { world.clock.setTimer(resolve, 5 * second) })
    crossed += Number(world.naras.some(nara => nara.id === to && nara.holds(owner) == null))

    return await next()
  })
  world.net.stats.reset()
  world.net.heal()
  world.net.connectAll()
  await world.run(30 * minute)

  expect(crossed).toBeGreaterThan(0)
  expect(world.net.stats.sent(undefined, 'body').messages).toBe(0)
  expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
  expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
})
