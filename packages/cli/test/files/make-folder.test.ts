import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../src/files/make-folder.ts'
import { tempDir } from '../support/temp-dir.ts'

async function mode (path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

describe('a folder', () => {
  it('is made with those above it, private all of them', async () => {
    const dir = await tempDir()

    await makeFolder(join(dir, 'a', 'b', 'c'))
    expect(await Promise.all(['a', 'a/b', 'a/b/c'].map(async path => await mode(join(dir, path))))).toEqual([0o700, 0o700, 0o700])
  })

  it('that is there stays as it is, also behind a link', async () => {
    const dir = await tempDir()

    await mkdir(join(dir, 'there'))
    await chmod(join(dir, 'there'), 0o755)
    await symlink(join(dir, 'there'), join(dir, 'link'))
    await makeFolder(join(dir, 'there'))
    await makeFolder(join(dir, 'link'))
    expect(await mode(join(dir, 'there'))).toBe(0o755)
  })

  it('cannot be where there is something else, or below it', async () => {
    const file = join(await tempDir(), 'file')

    await writeFile(file, '')
    await expect(makeFolder(file)).rejects.toThrow(/cannot make the folder .*file: there is something else of this name, not a folder/)
    await expect(makeFolder(join(file, 'below'))).rejects.toThrow(/cannot make the folder .*below: a part of its path is not a folder/)
    await expect(makeFolder(join(await tempDir(), 'a'.repeat(300)))).rejects.toThrow(/a name in its path is too long/)
  })

  // where Node's own recursive mkdir never comes back
  it.runIf(process.platform === 'linux')('is refused where a file system takes none', async () => {
    await expect(makeFolder('/proc/nara/folder')).rejects.toThrow('cannot make the folder /proc/nara: none can be made there')
  })
})
