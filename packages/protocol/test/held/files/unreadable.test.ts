import * as nodeFs from 'node:fs/promises'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { FileStashStore } from '../../../src/held/files/file-store.ts'
import { store } from '../arrivals.ts'
import { ManualClock } from '../manual-clock.ts'
import { signed } from '../signed.ts'
import { inFolder } from './in-folder.ts'

let path: string

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'held-unreadable-'))
  path = join(root, 'held')
  onTestFinished(async () => { await rm(root, { recursive: true, force: true }) })
})

type Open = typeof nodeFs.open

/** A disk that fails to read what has such a name: to open it, or only to read from it. */
function failing (at: 'open' | 'read', names: RegExp): never {
  const open = async (...args: Parameters<Open>): Promise<unknown> => {
    const fail = async (): Promise<never> => { throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }) }

    if (args[1] !== 'r' || !names.test(String(args[0]))) {
      return await nodeFs.open(...args)
    }

    if (at === 'open') {
      return await fail()
    }

    const file = await nodeFs.open(...args)

    return { stat: async () => await file.stat(), close: async () => { await file.close() }, read: fail }
  }

  return { ...nodeFs, open } as never
}

async function contents (): Promise<Record<string, string>> {
  const names = (await readdir(path)).filter(name => name !== 'lock').sort()

  return Object.fromEntries(await Promise.all(names.map(async name => [name, await readFile(join(path, name), 'hex')] as const)))
}

/** One owner's copy, with a note beside it. */
async function keepWithNote (kind: 'data' | 'tombstone' = 'data'): Promise<string> {
  const { arrival, body } = await signed(1, 1)
  const { owner } = arrival.record
  await inFolder(path, async ({ held }) => {
    await store(held, arrival, body)

    if (kind === 'tombstone') {
      const end = await signed(1, 2, { kind })
      expect(await store(held, end.arrival, end.body)).toStrictEqual({ type: 'stored' })
    }

    const moved = kind === 'data' ? await signed(1, 1, { version: 2 }) : await signed(1, 2, { kind, version: 2 })
    expect(await store(held, moved.arrival, moved.body)).toStrictEqual({ type: 'have' })
  })
  const kinds = (await readdir(path)).filter(name => name.startsWith(owner)).map(name => name.split('.').at(-1))
  expect(kinds).toHaveLength(2)
  expect(kinds).toEqual(expect.arrayContaining(['note', 'stash']))

  return owner
}

async function damageNote (damage: (bytes: Buffer) => Uint8Array): Promise<string> {
  const note = (await readdir(path)).find(name => name.endsWith('.note')) as string
  await writeFile(join(path, note), damage(await readFile(join(path, note))))

  return note
}

describe('a disk that fails to read at the start', () => {
  it.each(['open', 'read'] as const)('to %s a copy costs that copy, which stays where it is', async at => {
    const owner = await keepWithNote()
    const other = await signed(2, 1)
    await inFolder(path, async ({ held }) => { await store(held, other.arrival, other.body) })
    const before = await contents()

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toMatchObject([{ owner, reason: 'the disk fails to read it' }])
      expect((await held.read(other.arrival.record.owner))?.body).toStrictEqual(other.body)
    }, { fs: failing(at, new RegExp(`${owner}.*stash$`)) })
    expect({ ...await contents(), clock: '' }).toStrictEqual({ ...before, clock: '' })
    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([])
      expect((await held.read(owner))?.stash.placement.version).toBe(2)
    })
  })

  it.each(['open', 'read'] as const)('to %s a note costs what that notes, which stays where it is', async at => {
    const owner = await keepWithNote()
    const before = await contents()

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([])
      expect((await held.read(owner))?.stash).toMatchObject({ placement: { version: 1 }, mayBeDeleted: true })
    }, { fs: failing(at, /\.note$/) })
    expect({ ...await contents(), clock: '' }).toStrictEqual({ ...before, clock: '' })
    await inFolder(path, async ({ held }) => {
      expect((await held.read(owner))?.stash).toMatchObject({ placement: { version: 2 }, mayBeDeleted: false })
    })
  })

  it('costs nothing that its owner brings anew, and what cannot be read is gone then', async () => {
    const owner = await keepWithNote()
    const next = await signed(1, 2)

    await inFolder(path, async ({ held }) => {
      expect(await store(held, next.arrival, next.body)).toStrictEqual({ type: 'stored' })
      expect((await readdir(path)).filter(name => name.startsWith(owner))).toStrictEqual([`${owner}.3.stash`])
    }, { fs: failing('read', /\.1\.stash$/) })
    await inFolder(path, async ({ held }) => { expect((await held.read(owner))?.body).toStrictEqual(next.body) })
  })

  it('costs one stash, too, where a folder has the name of its file', async () => {
    const owner = await keepWithNote()
    await rm(join(path, `${owner}.1.stash`))
    await mkdir(join(path, `${owner}.1.stash`))

    await inFolder(path, async ({ damaged }) => { expect(damaged).toMatchObject([{ owner, reason: 'the disk fails to read it' }]) })
  })

  it('fails a store that goes on after a stop clearly, and keeps no lock', async () => {
    let names = /^$/
    const fs = { ...nodeFs, open: async (...args: Parameters<Open>) => await (failing('read', names) as typeof nodeFs).open(...args) } as never
    const fileStore = new FileStashStore({ path, clock: new ManualClock(), fs })
    await fileStore.open()
    await fileStore.stamp({ leases: new Map() })
    await fileStore.close()
    names = /clock$/
    await expect(fileStore.open()).rejects.toMatchObject({ name: 'HeldFolderError', path, cause: { code: 'EIO' } })
    names = /^$/

    await fileStore.open()
    await fileStore.close()
  })

  it.each(['open', 'read'] as const)('to %s the clock costs the stamp alone', async at => {
    const owner = await keepWithNote()
    expect(await readdir(path)).toContain('clock')

    await inFolder(path, async ({ held }) => { expect(await held.read(owner)).toBeDefined() }, { fs: failing(at, /clock$/) })
    await inFolder(path, async ({ held }) => { expect(await held.read(owner)).toBeDefined() })
  })
})

describe('a damaged note', () => {
  const damages: Array<[string, (bytes: Buffer) => Uint8Array]> = [
    ['cut short', bytes => bytes.subarray(0, -1)],
    ['empty', () => new Uint8Array(0)],
    ['with a flipped bit', bytes => bytes.with(50, (bytes[50] ?? 0) ^ 1)]
  ]

  it.each(damages)('%s is set aside, and the copy beside it is kept until its owner has a word', async (_, damage) => {
    const owner = await keepWithNote()
    const note = await damageNote(damage)

    for (let start = 0; start < 2; start++) {
      await inFolder(path, async ({ held, damaged }) => {
        expect(damaged).toStrictEqual([])
        expect((await held.read(owner))?.stash).toMatchObject({ restored: true, placement: { version: 1 }, mayBeDeleted: true })
        expect(await readdir(path)).toContain(`${note}.damaged`)
      })
    }

    const moved = await signed(1, 1, { version: 2 })
    await inFolder(path, async ({ held }) => { expect(await store(held, moved.arrival, moved.body)).toStrictEqual({ type: 'have' }) })
    await inFolder(path, async ({ held }) => { expect((await held.read(owner))?.stash.placement.version).toBe(2) })
  })

  it.each(damages)('%s of a tombstone does not bring back what that ended', async (_, damage) => {
    const owner = await keepWithNote('tombstone')
    const note = await damageNote(damage)
    const ended = await signed(1, 1)

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([])
      expect(held.tombstone(owner)?.record.kind).toBe('tombstone')
      expect(await store(held, ended.arrival, ended.body)).not.toStrictEqual({ type: 'stored' })
      expect(await readdir(path)).toContain(`${note}.damaged`)
    })
  })

  it('goes with its copy if that is damaged, too', async () => {
    const owner = await keepWithNote()
    const note = await damageNote(() => new Uint8Array(0))
    await writeFile(join(path, `${owner}.1.stash`), 'no stash')

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([{ owner, reason: 'its entry is unreadable' }])
      expect(held.count).toBe(0)
      expect(await readdir(path)).toEqual(expect.arrayContaining([`${note}.damaged`, `${owner}.1.stash.damaged`]))
    })
  })
})
