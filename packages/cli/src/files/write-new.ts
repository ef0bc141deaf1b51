import { randomUUID } from 'node:crypto'
import { link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { fileError } from './read-small.ts'

/**
 * Writes a secret to a file of mode 0600 that does not exist yet: whole, or not at all. It is on the disk when this resolves.
 *
 * @returns false if something of that name is there; it is left as it is
 * @throws {FileError}
 */
export async function writeNew (path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`

  await makeFolder(dirname(path))

  try {
    await writeDurably(temporary, text)
    // unlike a rename, a link never replaces what is there
    await link(temporary, path)
    await syncFolder(dirname(path))

    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false
    }

    throw fileError('write', path, error)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeDurably (path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)

  await file.writeFile(text)
  await file.sync()
}

async function syncFolder (path: string): Promise<void> {
  await using folder = await open(path)

  await folder.sync()
}
