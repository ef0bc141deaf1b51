import { MemoryStashStore } from '@nara-stash/protocol'
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

/** A disk of which so much is to stay free that no copy fits. */
class ShortDisk extends MemoryStashStore {
  isShort = true

  async hasRoom (): Promise<boolean> {
    return !this.isShort
  }

  async stamp (): Promise<void> {}
}

it('a confidant whose disk was full before it started says so, and an owner hears why it has no copy', async () => {
  const world = new World()
  const disk = new ShortDisk()
  const full = await world.nara({ fresh: true, held: disk })
  expect(full.events('held:disk')).toMatchObject([{ detail: { full: true } }])
  expect(full.stash.status().held).toMatchObject({ accepting: false, diskFull: true })

  const owner = await world.nara({ fresh: true })
  world.net.connectAll()
  await world.run(90_000)
  const alone = { outcome: 'unstored', failures: [{ peer: full.id, why: 'not accepting' }] }
  expect(await world.of(owner.put('one'))).toMatchObject(alone)
  const [other] = await world.confidants(1)
  world.net.connectAll()
  await world.run(90_000)
  expect(await world.of(owner.put('two'))).toMatchObject({ ...alone, outcome: 'degraded', copies: 1 })
  expect(other?.holds(owner)).toBeDefined()

  // where enough have it, that is nobody's concern
  await world.confidants(2)
  world.net.connectAll()
  await world.run(90_000)
  expect(await world.of(owner.put('three'))).toMatchObject({ outcome: 'kept', failures: [] })

  disk.isShort = false
  await world.run(20 * 60_000)
  expect(full.events('held:disk')).toMatchObject([{ detail: { full: true } }, { detail: { full: false } }])
  expect(full.stash.status().held).toMatchObject({ accepting: true, diskFull: false })
})
