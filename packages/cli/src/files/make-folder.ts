import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileError } from '../cli/errors.ts'
import { printable } from '../text/printable.ts'
import { fileError } from './read-small.ts'

/** Only its owner can look into it. */
const PRIVATE = 0o700

/**
 * Makes a folder and those above it, private (0700) where they are not there; one that is there stays as it is. Node's own
 * `recursive` tries for ever where a file system has a folder in which none can be made, such as /proc.
 *
 * @throws {FileError}
 */
export async function makeFolder (path: string): Promise<void> {
  try {
    if (await make(path)) {
      return
    }

    const above = dirname(path)

    if (above !== path) {
      await makeFolder(above)
    }

    if (await make(path)) {
      return
    }
  } catch (error) {
    throw error instanceof FileError ? error : fileError('make the folder', path, error)
  }

  throw new FileError(`cannot make the folder ${printable(path)}: none can be made there`)
}

/** Whether it is there afterwards; false if the one above it is missing. */
async function make (path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: PRIVATE })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException

    if (code === 'ENOENT') {
      return false
    }

    // some file systems refuse for another reason what is there already
    if (!await isFolder(path)) {
      throw code === 'EEXIST' ? new FileError(`cannot make the folder ${printable(path)}: there is something else of this name, not a folder`) : error
    }
  }

  return true
}

async function isFolder (path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
