import { expect, it } from 'vitest'
import { kept, World } from './world.ts'

it('a stopped nara answers who distributes: nothing more will be done', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  await world.of(owner.stop())

  expect(await world.of(owner.stash.distributeToConfidants())).toMatchObject({ outcome: 'unstored', copies: 0 })
})

it('a nara that does not run says of its confidants no more than it knows', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  await world.of(owner.stop())

  const { confidants } = owner.stash.status()
  expect(confidants.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
  expect(confidants.every(({ since }) => Date.parse(since) >= 1_700_000_000_000)).toBe(true)
})

it('a soul is fresh once: cleared and started again, its nara searches for what it had stored', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  owner.stash.clearMyStash()
  await world.of(owner.stop())
  await owner.start()
  expect(owner.state).toBe('searching')

  world.net.connectAll()
  expect(await world.settled(owner)).toBe('settled')
  expect(owner.text).toBe('one')
})
