import * as nodeFs from 'node:fs/promises'
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { underDigest, withDigest } from '../../../src/held/digested.ts'
import { FileStashStore } from '../../../src/held/files/file-store.ts'
import { bodyStart, entryIn, headOf } from '../../../src/held/files/stash-file.ts'
import { heldStashes, store } from '../arrivals.ts'
import { ManualClock } from '../manual-clock.ts'
import { signed } from '../signed.ts'
import { inFolder } from './in-folder.ts'
import type { Held } from '../arrivals.ts'

let root: string
let path: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'held-folder-'))
  path = join(root, 'held')
  onTestFinished(async () => { await rm(root, { recursive: true, force: true }) })
})

async function open (init?: Parameters<typeof inFolder>[2]): Promise<void> {
  await inFolder(path, async () => {}, init)
}

async function contentsOf (folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort()

  return Object.fromEntries(await Promise.all(names.map(async name => [name, name === 'lock' ? '' : (await readFile(join(folder, name))).toString('base64')] as const)))
}

/** @throws {Error} it did open */
async function refusal (init?: Parameters<typeof inFolder>[2]): Promise<{ message: string, mend: string }> {
  return await open(init).then(() => { throw new Error('it did open') }, (err: { name: string, message: string, mend: string, path: string }) => {
    expect(err).toMatchObject({ name: 'HeldFolderError', path, message: expect.stringContaining(path) as string })

    return err
  })
}

describe('a folder of held stashes', () => {
  it('is private, and so are its files', async () => {
    const { arrival, body } = await signed(1, 1)
    await inFolder(path, async ({ held }) => await store(held, arrival, body))

    expect((await stat(path)).mode & 0o777).toBe(0o700)

    for (const name of (await readdir(path)).filter(name => name !== 'lock')) {
      expect((await stat(join(path, name))).mode & 0o777, name).toBe(0o600)
    }
  })

  it('is for one at a time, from its start to its stop', async () => {
    await inFolder(path, async () => {
      const { message, mend } = await refusal()
      expect(message).toContain('it is in use, by another daemon for one')
      expect(mend).toContain('stop that one, or choose another folder')
    })
    await open()
  })

  it('goes on after a stop, unless somebody else used it meanwhile', async () => {
    const [first, second] = [await signed(1, 1), await signed(1, 2)]

    await inFolder(path, async ({ held }) => {
      await store(held, first.arrival, first.body)
      await held.stop()
      expect((await held.read(first.arrival.record.owner))?.body).toStrictEqual(first.body)
      await expect(store(held, second.arrival, second.body)).rejects.toThrow('is not open')
      await held.start()
      expect(await store(held, second.arrival, second.body)).toStrictEqual({ type: 'stored' })
      await held.stop()
      await inFolder(path, async other => { expect(other.held.count).toBe(1) })
      await expect(held.start()).rejects.toThrow('another process has used it since this one stopped')
    })
  })

  it('is let go of by a stop that comes while it is loaded, and taken once by two starts', async () => {
    const clock = new ManualClock()
    const stashes = (): Held['held'] => heldStashes({ clock, store: new FileStashStore({ path, clock, keepFree: 0 }) }).held
    const first = stashes()
    const starting = first.start()
    await first.stop()
    await starting
    await open()

    const second = stashes()
    await Promise.all([second.start(), second.start()])
    await second.stop()
    await open()
  })

  it('that goes away while it is used, and comes back, has lost nothing, and nothing went where it was', async () => {
    const { arrival, body } = await signed(1, 1)
    const another = await signed(2, 1)
    const newer = await signed(1, 2)
    const away = join(root, 'away')

    await inFolder(path, async ({ held, damaged }) => {
      await store(held, arrival, body)
      await rename(path, away)
      const before = await contentsOf(away)

      // nothing has its name, then another folder has it, and then one with files of the same names
      for (const name of [undefined, 'empty', 'full'] as const) {
        if (name != null) {
          await mkdir(path, { recursive: true })
        }

        if (name === 'full') {
          for (const file of await readdir(away)) {
            await writeFile(join(path, file), 'of somebody else')
          }
        }

        const there = name == null ? undefined : await contentsOf(path)
        await expect(held.read(arrival.record.owner)).rejects.toThrow('its disk is not mounted any more, or it was moved')
        await expect(store(held, another.arrival, another.body)).rejects.toThrow('or it was moved')
        await expect(store(held, newer.arrival, newer.body)).rejects.toThrow('or it was moved')
        await expect(held.drop(arrival.record.owner, arrival.record.id)).rejects.toThrow('or it was moved')
        expect(damaged).toEqual([])
        expect(name == null ? undefined : await contentsOf(path)).toEqual(there)
      }

      expect(await contentsOf(away)).toEqual(before)
      await rm(path, { recursive: true })
      await rename(away, path)
      expect((await held.read(arrival.record.owner))?.body).toStrictEqual(body)
      expect(await store(held, newer.arrival, newer.body)).toStrictEqual({ type: 'stored' })
      expect(damaged).toEqual([])
    })
    await inFolder(path, async ({ held }) => { expect((await held.read(arrival.record.owner))?.body).toStrictEqual(newer.body) })
  })

  it('may have files of others in it, which stay, whatever they end in', async () => {
    const { arrival, body } = await signed(1, 1)
    await inFolder(path, async ({ held }) => await store(held, arrival, body))
    const [stash = ''] = (await readdir(path)).filter(name => name.endsWith('.stash'))
    const theirs = ['holiday.mkv.part', '.part', `x${stash}.part.part`, 'a.1.note.damaged.bak']
    const ours = ['clock.part', 'format.part', 'probe.part', `${stash}.part`]

    for (const name of [...theirs, ...ours]) {
      await writeFile(join(path, name), '')
    }

    await open()
    const names = await readdir(path)
    expect(theirs.filter(name => !names.includes(name))).toEqual([])
    expect(ours.filter(name => names.includes(name))).toEqual([])
  })

  it('on a file system that does not tell its size is not taken for full', async () => {
    const { arrival, body } = await signed(1, 1)
    const fs = { ...nodeFs, statfs: async () => ({ bsize: 4096, blocks: 0, bavail: 0 }) } as unknown as typeof nodeFs

    for (const keepFree of [{}, { keepFree: 0 }, { keepFree: 1_000 }]) {
      await inFolder(path, async ({ held }) => {
        expect(await store(held, arrival, body)).toMatchObject({ type: expect.stringMatching(/stored|have/) as string })
      }, { fs, ...keepFree })
      await rm(path, { recursive: true })
    }
  })

  it.each(['EINVAL', 'ENOTSUP', 'ENOSYS'])('is used where folders cannot be synced (%s): itself, or the one above it', async code => {
    const { arrival, body } = await signed(1, 1)
    const open_ = async (...args: Parameters<typeof nodeFs.open>): ReturnType<typeof nodeFs.open> => {
      const file = await nodeFs.open(...args)

      if ((await file.stat()).isDirectory()) {
        file.sync = async () => { throw Object.assign(new Error(code), { code }) }
      }

      return file
    }
    const init = { fs: { ...nodeFs, open: open_ as never } }

    await inFolder(path, async ({ held }) => { expect(await store(held, arrival, body)).toStrictEqual({ type: 'stored' }) }, init)
    await inFolder(path, async ({ held }) => { expect((await held.read(arrival.record.owner))?.body).toStrictEqual(body) }, init)
  })

  it('that a newer version keeps is refused unharmed', async () => {
    await open()
    await writeFile(join(path, 'format'), 'nara stash held 2\n')
    await writeFile(join(path, 'anything'), 'of the newer version')
    const before = await readdir(path)

    const { message, mend } = await refusal()
    expect(message).toContain('a newer version keeps it, in form 2, and this one knows form 1')
    expect(mend).toContain('run the version that kept it')
    expect(await readdir(path)).toStrictEqual(before)
    expect(await readFile(join(path, 'format'), 'utf8')).toBe('nara stash held 2\n')
  })

  it.each(['stash', 'note'] as const)('in which a newer version wrote a %s is refused unharmed', async kind => {
    const { arrival, body } = await signed(1, 1)
    await inFolder(path, async ({ held }) => await store(held, arrival, body))
    const { owner } = arrival.record
    const bytes = await readFile(join(path, `${owner}.1.stash`))
    const start = bodyStart(bytes, bytes.byteLength) as number
    const entry = withDigest({ ...underDigest(entryIn(bytes, start)) as object, v: 2 })
    const name = `${owner}.${kind === 'stash' ? 1 : 2}.${kind}`
    await writeFile(join(path, name), Buffer.concat([headOf(entry), kind === 'stash' ? body : new Uint8Array(0)]))
    const before = (await readdir(path)).sort()

    const { message, mend } = await refusal()
    expect(message).toContain(`a newer version wrote ${name}, in form 2`)
    expect(mend).toContain('run the version that wrote it')
    expect((await readdir(path)).sort()).toStrictEqual(before)
  })

  it('that is a whole file system, with its lost+found, is used', async () => {
    await mkdir(join(path, 'lost+found'), { recursive: true })
    const { arrival, body } = await signed(1, 1)
    await inFolder(path, async ({ held }) => await store(held, arrival, body))

    await inFolder(path, async ({ held, damaged }) => { expect([held.count, damaged]).toStrictEqual([1, []]) })
    expect(await readdir(path)).toContain('lost+found')
  })

  it('that has something else in it is left alone', async () => {
    await mkdir(path)
    await writeFile(join(path, 'CURRENT'), 'MANIFEST-000001\n')

    expect((await refusal()).message).toContain('"CURRENT" for one')
    expect(await readdir(path)).toStrictEqual(['CURRENT'])
  })

  it('that is none, or is nowhere, is refused', async () => {
    await writeFile(path, '')
    expect((await refusal()).message).toContain('it is not a folder')
    await rm(path)
    path = join(root, 'none', 'held')
    expect((await refusal()).message).toContain('the folder that it is to be in does not exist')
  })

  it.each([
    ['EMFILE', 'file descriptors', 'ulimit -n'],
    ['EACCES', 'permission denied', 'give the folder to the user'],
    ['EROFS', 'the file system is read-only', 'mount it for writing'],
    ['EIO', 'the disk fails', 'another disk']
  ])('that fails with %s is refused with the cause and the mend', async (code, cause, wanted) => {
    await open()
    const open_ = async (...args: Parameters<typeof nodeFs.open>): ReturnType<typeof nodeFs.open> => {
      if (args[1] === 'w') {
        throw Object.assign(new Error(code), { code })
      }

      return await nodeFs.open(...args)
    }
    const { message, mend } = await refusal({ fs: { ...nodeFs, open: open_ as never } })
    expect(message).toContain(cause)
    expect(mend).toContain(wanted)
  })

  it('in which not all files can be opened is refused, and nothing in it is taken for damaged', async () => {
    const { arrival, body } = await signed(1, 1)
    await inFolder(path, async ({ held }) => await store(held, arrival, body))
    const before = (await readdir(path)).sort()
    const open_ = async (...args: Parameters<typeof nodeFs.open>): ReturnType<typeof nodeFs.open> => {
      if (String(args[0]).endsWith('.stash')) {
        throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
      }

      return await nodeFs.open(...args)
    }

    expect((await refusal({ fs: { ...nodeFs, open: open_ as never } })).mend).toContain('ulimit -n')
    expect((await readdir(path)).sort()).toStrictEqual(before)
    await inFolder(path, async ({ held }) => { expect((await held.read(arrival.record.owner))?.body).toStrictEqual(body) })
  })

  it.runIf(process.getuid?.() !== 0)('without permission is refused', async () => {
    await mkdir(path)
    await chmod(path, 0o500)
    expect((await refusal()).message).toContain('permission denied')
  })
})

describe('a damaged file', () => {
  it('that was written first goes first, in whatever order the folder names them', async () => {
    const owners = await Promise.all([1, 2, 3, 4, 5].map(async owner => await signed(owner, 1)))
    await inFolder(path, async ({ held }) => {
      for (const { arrival, body } of owners) {
        await store(held, arrival, body)
      }
    })
    const names = owners.map(({ arrival }) => join(path, `${arrival.record.owner}.1.stash`)).sort().reverse()
    const last = names.pop() as string

    for (const [i, name] of names.entries()) {
      await rename(name, `${name}.damaged`)
      await utimes(`${name}.damaged`, 1_000 + i, 1_000 + i)
    }

    await writeFile(last, 'no stash')
    await inFolder(path, async () => {})
    const kept = (await readdir(path)).filter(name => name.endsWith('.damaged')).map(name => join(path, name))
    expect(kept.sort()).toStrictEqual([...names.slice(1), last].map(name => `${name}.damaged`).sort())
  })

  const damages: Array<[string, (bytes: Uint8Array) => Uint8Array, boolean]> = [
    ['cut short', bytes => bytes.slice(0, -1), true],
    ['empty', () => new Uint8Array(0), false],
    ['longer', bytes => new Uint8Array([...bytes, 0]), true],
    ['with a flipped bit in its length', bytes => bytes.with(0, 1), false],
    ['with a flipped bit in its entry', bytes => bytes.with(50, (bytes[50] ?? 0) ^ 1), false]
  ]

  it.each(damages)('%s costs that one stash, is said at the start, and is set aside', async (_, damage, isEntryWhole) => {
    const [mine, other] = [await signed(1, 1), await signed(2, 1)]
    const { owner, id } = mine.arrival.record
    await inFolder(path, async ({ held }) => {
      await store(held, mine.arrival, mine.body)
      await store(held, other.arrival, other.body)
    })
    const file = join(path, `${owner}.1.stash`)
    await writeFile(file, damage(new Uint8Array(await readFile(file))))

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([isEntryWhole
        ? { owner, recordId: id, reason: 'its body is missing or damaged' }
        : { owner, reason: 'its entry is unreadable' }])
      expect(held.list().map(({ record }) => record.owner)).toStrictEqual([other.arrival.record.owner])
      expect(await readdir(path)).toContain(`${owner}.1.stash.damaged`)
      expect(await store(held, mine.arrival, mine.body)).toStrictEqual({ type: 'stored' })
      expect((await held.read(owner))?.body).toStrictEqual(mine.body)
    })
  })

  it('with a flipped bit in its body is found when it is read, and goes with its owner\'s tombstone', async () => {
    const [mine, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    const { owner } = mine.arrival.record
    await inFolder(path, async ({ held }) => await store(held, mine.arrival, mine.body))
    const file = join(path, `${owner}.1.stash`)
    const bytes = new Uint8Array(await readFile(file))
    await writeFile(file, bytes.with(bytes.length - 1, 7))

    await inFolder(path, async ({ held, damaged }) => {
      expect(await held.read(owner)).toBeUndefined()
      expect(damaged).toHaveLength(1)
      expect(await readdir(path)).toContain(`${owner}.1.stash.damaged`)
      await store(held, end.arrival, end.body)
      expect((await readdir(path)).filter(name => name.startsWith(owner))).toStrictEqual([expect.stringMatching(/\d\.stash$/)])
    })
  })

  it('is kept with the last few of them only', async () => {
    const all = await Promise.all(Array.from({ length: 7 }, async (_, i) => await signed(i + 1, 1)))
    await inFolder(path, async ({ held }) => {
      for (const { arrival, body } of all) {
        await store(held, arrival, body)
      }
    })
    await Promise.all(all.map(async ({ arrival }) => { await writeFile(join(path, `${arrival.record.owner}.1.stash`), 'no stash') }))

    await inFolder(path, async ({ damaged }) => { expect(damaged).toHaveLength(7) })
    expect((await readdir(path)).filter(name => name.endsWith('.damaged'))).toHaveLength(4)
  })
})
