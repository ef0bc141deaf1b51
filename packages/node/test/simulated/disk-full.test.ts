import { MemoryDatastore } from 'datastore-core'
import { expect, it } from 'vitest'
import { World } from './world.ts'
import type { Key } from 'interface-datastore'

/** A disk without room: the first bytes are written all the same. */
class FullDisk extends MemoryDatastore {
  override put (key: Key, value: Uint8Array): Key | Promise<Key> {
    if (value.byteLength > 512) {
      void super.put(key, value.slice(0, 512))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    }

    return super.put(key, value)
  }
}

it('a confidant whose disk is full refuses, and both sides are told why', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const full = await world.nara({ fresh: true, datastore: new FullDisk() })
  await world.confidants(1)
  world.net.connectAll()
  const { copies, failures } = await world.of(owner.put('one'))

  expect(copies).toBe(1)
  expect(failures).toEqual([{ peer: full.id, why: 'over quota' }])
  expect(full.events('held:failed')).toMatchObject([{ detail: { owner: owner.id, why: 'the store of held stashes failed: ENOSPC: no space left on device, write' } }])
  expect(full.holds(owner)).toBeUndefined()
  await world.run(90_000)
  expect(owner.process.parts.directory.get(full.id)?.presence?.accepting).toBe(false)
})
