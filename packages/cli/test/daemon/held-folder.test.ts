import { mkdir, readdir, readFile, rename, rm, rmdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSoul, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { describe, expect, it } from 'vitest'
import { heldStore } from '../../src/daemon/held-folder.ts'
import { tempDir } from '../support/temp-dir.ts'

const STASH = `${peerIdString(publicKeyOf(createSoul()))}.1.stash`

/** What a start says, that gets as far as to open the store. */
async function start (config: Parameters<typeof heldStore>[0]): Promise<string[]> {
  const said: string[] = []
  const store = await heldStore(config, note => { said.push(note) })

  await store?.open()
  await store?.close()

  return said
}

/** A folder of a nara that keeps something for others where `--held` says. */
async function keeping (name: string): Promise<{ dir: string, held: string }> {
  const dir = await tempDir()
  const held = join(dir, name)

  expect(await start({ dir, held })).toEqual([])
  await writeFile(join(held, STASH), '')

  return { dir, held }
}

describe('what a folder keeps for others', () => {
  it('is not dropped because it is to be elsewhere from now on, or in DIR/held again, or in RAM', async () => {
    const { dir, held } = await keeping('a')

    await expect(start({ dir, held: join(dir, 'b') })).rejects.toMatchObject({
      name: 'InvalidSettingError',
      message: `${held} keeps what is promised to others, and --held ${dir}/b would drop it`,
      hint: `start with --held ${held}; or move it, to where nothing is yet: mv ${held} ${dir}/b; or give it up: rm -r ${held} ${dir}/held-folder`
    })
    await expect(start({ dir })).rejects.toThrow('would drop it')
    await expect(start({ dir, held: 'memory' })).rejects.toMatchObject({ hint: expect.stringMatching(/^start with --held \S+, and have "nara-stash leave" hand it on; or/) as string })
    expect(await readdir(dir)).toEqual(['a', 'held-folder'])
  })

  it('is not forgotten while the disk that it is on is not mounted', async () => {
    const { dir, held } = await keeping('a')
    const elsewhere = join(dir, 'elsewhere')
    const missing = { name: 'InvalidSettingError', message: `${held} is not there, and may keep what is promised to others`, hint: `is its disk mounted? If it is gone for good: rm ${dir}/held-folder` }
    await rename(held, elsewhere)

    // nothing is there, or what a disk would be mounted on
    for (const _ of [1, 2]) {
      for (const config of [{ dir, held }, { dir }, { dir, held: join(dir, 'b') }, { dir, held: 'memory' }]) {
        await expect(start(config)).rejects.toMatchObject(missing)
      }

      await mkdir(held, { recursive: true })
    }

    expect(await readdir(dir)).toEqual(['a', 'elsewhere', 'held-folder'])
    await rmdir(held)
    await rename(elsewhere, held)
    expect(await start({ dir, held })).toEqual([])
  })

  it('may be moved elsewhere, or given up', async () => {
    const { dir, held } = await keeping('a')

    await rename(held, join(dir, 'b'))
    expect(await start({ dir, held: join(dir, 'b') })).toEqual([])
    await rm(join(dir, 'b'), { recursive: true })
    await expect(start({ dir })).rejects.toThrow('is not there')
    await rm(join(dir, 'held-folder'))
    expect(await start({ dir })).toEqual([])
  })

  it('may be kept there again, also by another name, or elsewhere once it is gone', async () => {
    const { dir, held } = await keeping('a')

    await symlink(held, join(dir, 'link'))
    await start({ dir, held })
    await start({ dir, held: join(dir, 'link') })

    await rm(join(held, STASH))
    await start({ dir, held: join(dir, 'b') })
    expect(await readFile(join(dir, 'held-folder'), 'utf8')).toBe(`${dir}/b\n`)
    expect((await stat(join(dir, 'held-folder'))).mode & 0o777).toBe(0o600)

    // in RAM, and where it is by default, nothing has to be remembered
    await start({ dir, held: 'memory' })
    expect(await readdir(dir)).toEqual(['a', 'b', 'link'])
    await start({ dir, held: join(dir, 'b') })
    await start({ dir })
    expect(await readdir(dir)).toEqual(['a', 'b', 'held', 'link'])
  })

  it('is looked for where it was taken in, not where a folder could not be opened', async () => {
    const dir = await tempDir()
    const store = await heldStore({ dir, held: join(dir, 'b') }, () => {})

    await mkdir(join(dir, 'b'))
    await writeFile(join(dir, 'b', 'something else'), '')
    await expect(store?.open()).rejects.toThrow('"something else" for one')
    expect(await readdir(dir)).toEqual(['b'])
  })

  it('is looked for where a damaged note says, which is nowhere, and a note that cannot be written is said', async () => {
    const dir = await tempDir()

    await writeFile(join(dir, 'held-folder'), '\0\n')
    const store = await heldStore({ dir }, () => {})
    await rm(join(dir, 'held-folder'))
    expect(store).toBeDefined()

    await mkdir(join(dir, 'held-folder', 'in the way'), { recursive: true })
    await expect(start({ dir })).rejects.toThrow('is a folder, not a file')
    await rm(join(dir, 'held-folder'), { recursive: true })
    const said: string[] = []
    const other = await heldStore({ dir, held: join(dir, 'b') }, note => { said.push(note) })
    await mkdir(join(dir, 'held-folder', 'in the way'), { recursive: true })
    await other?.open()
    expect(said).toEqual([expect.stringMatching(/^the next start does not know that what is held for others was kept in .*\/b: /)])
    await other?.close()
  })
})
