import { expect, it } from 'vitest'
import { holdersNow, ownerAway } from './absent-owner.ts'

const minute = 60_000

it('who let go of a copy that was one too many is asked again when one is missing', async () => {
  const { world, owner, holders: [a, ...rest], others } = await ownerAway({ peers: 4 })
  const stranger = others.find(nara => nara !== a && !rest.includes(nara))
  a.kill()
  await world.run(5 * minute)
  expect(stranger?.holds(owner)).toBeDefined()

  await a.restart()
  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)
  await world.run(minute)
  expect(stranger?.holds(owner)).toBeUndefined()

  owner.kill()
  a.kill()
  await world.run(5 * minute)
  expect(stranger?.holds(owner)).toBeDefined()
  expect(holdersNow(world, owner)).toHaveLength(3)
})
