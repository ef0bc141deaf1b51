import { expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { PeerStatus } from '../../src/api.ts'

const second = 1_000
const minute = 60 * second

it('the state of another nara is told as it is, and that of one that is gone not at all', async () => {
  const world = new World()
  const { owner, confidants: [watcher] } = await world.owned(4)
  const seen = (): PeerStatus | undefined => watcher?.stash.peers().find(({ peerId }) => peerId === owner.id)

  await kept(world, owner, 'one')
  await world.run(5 * minute)
  expect(seen()).toMatchObject({ connected: true, state: 'settled' })
  await world.of(owner.stash.forgetStash())
  await world.run(second)
  expect(seen()).toMatchObject({ connected: true, state: 'empty' })
  owner.kill()
  await world.run(second)
  expect(seen()).toMatchObject({ connected: false })
  expect(Object.keys(seen() ?? {})).not.toContain('state')
  expect(Object.keys(seen() ?? {})).not.toContain('uptime')
})
