import { expect, it } from 'vitest'
import { dieCutShort } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

it('what a crash left behind is known for that once its other holders are here to say so', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { gossip: false })
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  ;[a, b].forEach(({ id }) => { world.net.disconnect(c.id, id) })
  await dieCutShort(world, owner, c)
  await owner.restart()
  ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
  expect(owner.stash.status().recovery.confirmed).toBe(true)
  owner.stash.getStashData()
  expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept' })

  // as long as they are away, it may be what a living twin wrote
  ;[a, b].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
  world.net.connect(owner.id, c.id)
  await world.until(() => owner.state === 'doubtful')
  ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.until(() => owner.state === 'settled')

  expect(owner.text).toBe('two')
  expect(owner.aside).toEqual(['cut short'])
  await world.until(() => owner.stash.status().copies.have === 3)
  expect(new Set([a, b, c].map(nara => nara.holds(owner))).size).toBe(1)
})
