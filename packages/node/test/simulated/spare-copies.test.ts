import { MemoryDatastore } from 'datastore-core'
import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { Surrogates } from '@nara-stash/protocol'

const minute = 60_000

/** The copy of one that was replaced while it was cut off, on a disk, after its owner came back with `surrogates`. */
async function replaced (surrogates: Surrogates): Promise<string | undefined> {
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const others: Nara[] = []

  for (let i = 0; i < 4; i++) {
    others.push(await world.nara({ fresh: true, datastore: new MemoryDatastore() }))
  }

  world.net.connectAll()
  await kept(world, owner, 'one')
  await world.run(10 * minute)
  const former = holdersAmong(others, owner)[0] as Nara
  owner.kill()
  await owner.restart({ surrogates })
  others.filter(nara => nara !== former).forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('settled')
  owner.stash.setConfidants(others.filter(nara => nara !== former).map(({ id }) => id))
  await world.run(10 * minute)
  world.net.connect(owner.id, former.id)
  await world.run(10 * minute)
  expect(owner.stash.status().copies.have).toBe(3)

  return former.holds(owner)
}

it('a copy beside the holders, on a disk, stays, but not one that goes by whom its owner allowed to help before', async () => {
  expect(await replaced('any')).toBeDefined()
  expect(await replaced('none')).toBeUndefined()
})
