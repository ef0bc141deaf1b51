import { expect, it } from 'vitest'
import { kept, World } from './world.ts'

it('a write that waits for copies is not told to be kept once a person decides for another version', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const twin = owner.twin()
  await twin.start()
  confidants.forEach(({ id }) => { world.net.connect(twin.process.port, id) })
  await world.settled(twin)
  await world.of(twin.put('of the twin'))
  await world.run(1_000)
  const waiting = owner.put('of the owner', { timeout: 60_000 })
  await world.until(() => owner.state === 'doubtful')
  world.net.crash(twin.process.port)

  const its = owner.stash.setAside().find(({ data }) => new TextDecoder().decode(data) === 'of the twin')
  expect(await world.of(owner.stash.adopt(its?.id ?? '', { timeout: 30_000 }))).toMatchObject({ outcome: 'kept' })
  expect(owner.text).toBe('of the twin')
  expect(await world.of(waiting)).toMatchObject({ outcome: 'unstored', copies: 0 })
})
