import { expect, it } from 'vitest'
import { kept, World } from './world.ts'

const second = 1_000

it('a write that waits for copies is told how many there are as its nara stops, not what is left of them', async () => {
  const world = new World()
  const { owner } = await world.owned(1)
  const writing = owner.put('one', { timeout: 60 * second })
  await world.until(() => owner.stash.status().copies.have === 1)
  await world.of(owner.stop())
  expect(await writing).toMatchObject({ outcome: 'degraded', seq: '1', copies: 1 })
})

it('what is asked of the others ends with the nara, and does not blame them', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  // nobody answers any more
  world.net.intercept((from, _, request, next) => from === owner.id && request.type !== 'release' ? undefined : next())
  await world.run(120 * second)
  const asked = Promise.allSettled([owner.stash.verify(), owner.stash.recoverFromAny(), owner.stash.drill()])
  await world.run(100)
  await world.of(owner.stop())
  const stops = { status: 'rejected', reason: { name: 'StoppingError' } }
  expect(await world.of(asked)).toMatchObject([stops, stops, stops])
})
