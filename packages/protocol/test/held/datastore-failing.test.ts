import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryDatastore } from 'datastore-core'
import { LevelDatastore } from 'datastore-level'
import { describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { keyOf, keysOf, open } from './over-datastore.ts'
import { signed } from './signed.ts'
import type { Signed } from './signed.ts'
import type { HeldStashes } from '../../src/held/held-stashes.ts'

describe('a datastore that fails', () => {
  /** A stash whose body cannot be read, as of a bad sector, until that is mended. */
  async function heldOnBadSector (): Promise<{ datastore: MemoryDatastore, held: HeldStashes, mine: Signed, mend (): void }> {
    const datastore = new MemoryDatastore()
    const { held } = await open(datastore)
    const mine = await signed(1, 1)
    await store(held, mine.arrival, mine.body)
    const get = datastore.get.bind(datastore)
    datastore.get = async (key, options) => {
      if (key.toString().includes('/bodies/')) {
        throw new Error('input/output error')
      }

      return await get(key, options)
    }

    return { datastore, held, mine, mend: () => { datastore.get = get } }
  }

  it('fails a start, which clears nothing away', async () => {
    const { datastore, mend } = await heldOnBadSector()

    await expect(open(datastore)).rejects.toMatchObject({ name: 'HeldStoreError', cause: { message: 'input/output error' } })
    expect(await keysOf(datastore)).toHaveLength(2)
    mend()
    expect((await open(datastore)).held.count).toBe(1)
  })

  it('fails a read, and the stash is still held', async () => {
    const { held, mine: { arrival, body }, mend } = await heldOnBadSector()

    await expect(held.read(arrival.record.owner)).rejects.toMatchObject({ name: 'HeldStoreError' })
    mend()
    expect((await held.read(arrival.record.owner))?.body).toStrictEqual(body)
  })

  it('is not "not found" when it is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'held-stashes-'))
    const datastore = new LevelDatastore(folder)
    await datastore.open()
    const { held } = await open(datastore)
    const { arrival, body } = await signed(1, 1)
    const next = await signed(1, 2)
    await store(held, arrival, body)
    await datastore.close()

    await expect(held.read(arrival.record.owner)).rejects.toMatchObject({ name: 'HeldStoreError' })
    await expect(store(held, next.arrival, next.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
    await expect(open(datastore)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.get(arrival.record.owner)?.record.seq).toBe(1)
    await rm(folder, { recursive: true })
  })

  it('gives up a start whose time is over', async () => {
    const clock = new ManualClock()
    const { held } = heldStashes({ clock, store: new DatastoreStashStore({ datastore: new MemoryDatastore(), clock }) })

    await expect(held.start({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('an entry of a form that is not known', () => {
  it('fails the start, and is not cleared away', async () => {
    const datastore = new MemoryDatastore()
    const { held } = await open(datastore)
    const { arrival, body } = await signed(1, 1)
    await store(held, arrival, body)
    const key = await keyOf(datastore, 'entries')
    const later = Buffer.from(JSON.stringify({ v: 2, something: 'else' }))
    await datastore.put(key, new Uint8Array(Buffer.concat([createHash('sha256').update(later).digest(), later])))

    await expect(open(datastore)).rejects.toMatchObject({ name: 'HeldStoreError', cause: { name: 'EntryVersionError' } })
    expect(await keysOf(datastore)).toHaveLength(2)
  })
})
