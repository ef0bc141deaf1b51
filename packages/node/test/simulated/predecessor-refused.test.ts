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

it('who was gone before we came is no twin, though others show what it wrote to our holders while these are away', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(5, { gossip: false, repairDelay: 60 * 60_000 })
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)
  const [a] = holders as [Nara]
  const others = confidants.filter(nara => !holders.includes(nara)) as [Nara, Nara]
  const connect = (peers: readonly Nara[]): void => { peers.forEach(({ id }) => { world.net.connect(owner.id, id) }) }
  holders.forEach(nara => { others.forEach(({ id }) => { world.net.disconnect(nara.id, id) }) })
  owner.kill()

  // a process that meets only the others writes for them
  await owner.restart({ gossip: false })
  connect(others)
  expect(await world.settled(owner)).toBe('empty')
  await world.of(owner.put('beside', { timeout: 1_000 }))
  const brought = await others[0].process.parts.held.read(owner.id)
  owner.kill()

  await owner.restart({ gossip: false })
  connect(holders)
  expect(await world.settled(owner)).toBe('settled')
  expect(owner.stash.status().recovery.confirmed).toBe(true)
  owner.stash.getStashData()
  await kept(world, owner, 'two')
  await world.run(60_000)

  // one of them is shown it, by a peer that has gone when it is back
  world.net.disconnect(owner.id, a.id)
  world.net.connect(a.id, others[0].id)
  const { stash: { record, placement, leaseRemaining }, body } = brought as NonNullable<typeof brought>
  const answer = await world.of(others[0].process.port.ask(a.id, { type: 'store', record, placement, leaseRemaining, liveHolders: [], body }))
  expect(answer.type).toBe('conflict')
  others.forEach(nara => { nara.kill() })
  connect([a])
  await world.run(10 * 60_000)

  expect(owner.state).toBe('doubtful')
  expect(owner.events('stash:twin')).toEqual([])
})
