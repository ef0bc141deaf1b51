import { expect, it } from 'vitest'
import { World } from './world.ts'

const minute = 60_000

it('one who comes late, and knows one peer, gets to others though they have all they want and have long said hey-there', async () => {
  const world = new World()
  const settled = await world.confidants(8, { minConnections: 3 })
  world.net.connectAll()
  await world.run(20 * minute)

  const late = await world.nara({ fresh: true, minConnections: 5 })
  world.net.connect(late.id, (settled[0] as typeof late).id)
  const connections = (): number => late.stash.peers().filter(({ connected }) => connected).length
  await world.run(10_000)
  expect(connections()).toBeLessThan(5)
  await world.until(() => connections() >= 5, 15 * minute)
})
