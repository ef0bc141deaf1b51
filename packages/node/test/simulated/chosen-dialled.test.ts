import { expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000

it.each([
  ['chosen', () => []],
  ['added', ({ stash }: Nara) => stash.confidants]
])('a confidant that is %s while it is not connected is dialled at once', async (_, beside: (owner: Nara) => readonly string[]) => {
  const world = new World()
  const owner = await world.nara({ fresh: true, minConnections: 3, gossip: false })
  const others = await world.confidants(4, { gossip: false })
  world.net.connectAll()
  await kept(world, owner, 'one')
  const far = others.find(nara => nara.holds(owner) == null) as Nara
  owner.process.parts.discovered(far.id, ['address'])
  world.net.disconnect(owner.id, far.id)
  // enough connections are there: nothing is looked for, and nobody says HERE
  await world.run(100 * second)
  expect(owner.stash.peers().find(({ peerId }) => peerId === far.id)?.connected).toBe(false)

  owner.stash.setConfidants([...beside(owner), far.id])
  await world.until(() => far.holds(owner) != null, 2 * second)
})

it('a confidant of which its placement tells an owner that comes back is dialled at once', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true, minConnections: 2, gossip: false })
  const confidants = await world.confidants(3, { gossip: false })
  world.net.connectAll()
  await kept(world, owner, 'one')
  await world.until(() => confidants.every(nara => nara.holds(owner) != null))

  owner.kill()
  await owner.restart()
  const [far, ...near] = confidants as [Nara, Nara, Nara]
  near.forEach(nara => { world.net.connect(owner.id, nara.id) })
  // heard of when enough connections are there
  owner.process.parts.discovered(far.id, ['address'])
  await world.until(() => owner.state === 'settled')
  await world.until(() => owner.stash.peers().some(({ peerId, connected }) => peerId === far.id && connected), 2 * second)
})
