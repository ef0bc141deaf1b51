import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DiskDatastore, openDatastore } from '../../src/daemon/datastore.ts'

const key = new Key('/nara/stash/bodies/one')
const value = Uint8Array.of(1, 2, 3)
let folder: string

beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'nara-datastore-')) })
afterEach(async () => { await rm(folder, { recursive: true }) })

it('what was put is there after a restart, what was deleted is not', async () => {
  const gone = new Key('/nara/stash/bodies/other')
  const before = await openDatastore(folder)
  expect(await before.datastore.put(key, value)).toBe(key)
  await before.datastore.put(gone, value)
  await before.datastore.delete(gone)
  await before.close()

  const after = await openDatastore(folder)
  expect(new Uint8Array(await after.datastore.get(key))).toStrictEqual(value)
  expect(await after.datastore.has(gone)).toBe(false)
  await after.close()
})

it('waits for the disk with whatever it writes: a power cut takes nothing that was promised', async () => {
  const datastore = new DiskDatastore(folder)
  await datastore.open()
  const written = [vi.spyOn(datastore.db, 'put'), vi.spyOn(datastore.db, 'del')]
  await datastore.put(key, value)
  await datastore.delete(key)

  expect(written.map(write => write.mock.calls.map(args => args.at(-1)))).toStrictEqual([[{ sync: true }], [{ sync: true }]])
  await datastore.close()
})

it('writes nothing for who has given up', async () => {
  const { datastore, close } = await openDatastore(folder)
  const signal = AbortSignal.abort(new Error('enough'))

  await expect(async () => { await datastore.put(key, value, { signal }) }).rejects.toThrow('enough')
  await datastore.put(key, value)
  await expect(async () => { await datastore.delete(key, { signal }) }).rejects.toThrow('enough')
  expect(await datastore.has(key)).toBe(true)
  await close()
})
