import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

it('who was gone before we came is no twin, though all refused what it wrote', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(5, { gossip: false, surrogates: 'none' })
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  const others = confidants.filter(nara => ![a, b, c].includes(nara))
  owner.kill()

  // it meets nobody who has anything, and what it then writes is refused by the first who has
  await owner.restart({ gossip: false })
  others.forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('empty')
  others.forEach(({ id }) => { world.net.disconnect(owner.id, id) })
  await world.of(owner.put('beside', { timeout: 1_000 }))
  world.net.connect(owner.id, a.id)
  await world.run(20)
  owner.kill()

  await owner.restart({ gossip: false })
  ;[b, c].forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('settled')
  expect(owner.stash.status().recovery.confirmed).toBe(true)
  await world.run(5_000)
  owner.stash.getStashData()
  await world.of(owner.put('two', { timeout: 5_000 }))
  world.net.connect(owner.id, a.id)
  await world.run(10 * 60_000)

  expect(owner.events('stash:twin')).toEqual([])
})
