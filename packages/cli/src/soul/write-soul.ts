import { randomUUID } from 'node:crypto'
import { link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SoulFileError } from '../cli/errors.ts'
import { makeFolder } from '../files/make-folder.ts'
import { fileError } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'
import { formatSoulText } from './soul-text.ts'
import type { Soul } from '@nara-stash/crypto'

/**
 * Writes a soul to a file of mode 0600 that does not exist yet: whole, or not at all. It is on the disk when this resolves,
 * as a soul that is lost cannot be had back.
 *
 * @throws {SoulFileError} something of that name is there; it is left as it is
 * @throws {FileError}
 */
export async function writeSoulFile (path: string, soul: Soul): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`

  await makeFolder(dirname(path))

  try {
    await writeDurably(temporary, formatSoulText(soul))
    // unlike a rename, a link never replaces what is there
    await link(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? new SoulFileError(`${printable(path)} exists already, and a soul in it would be lost`, {
        hint: 'move it away first, or choose another path'
      })
      : fileError('write', path, error)
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
