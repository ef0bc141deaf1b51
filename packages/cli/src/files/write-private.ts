import { stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { FileError } from '../cli/errors.ts'
import { printable } from '../text/printable.ts'
import { fileError } from './read-small.ts'

/**
 * Writes a file of mode 0600: whole, or what was there stays. A device or a pipe is written to as it is.
 *
 * @returns its absolute path
 * @throws {FileError}
 */
export async function writePrivate (cwd: string, file: string, data: Uint8Array | string): Promise<string> {
  const path = resolve(cwd, file)

  try {
    await (await isSpecial(path) ? writeFile(path, data) : writeFileAtomic(path, Buffer.from(data), { mode: 0o600 }))
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new FileError(`cannot write ${printable(path)}: there is no folder ${printable(dirname(path))}`, { cause: error })
      : fileError('write', path, error)
  }

  return path
}

/** A device or a pipe, which a rename would replace by a file. */
async function isSpecial (path: string): Promise<boolean> {
  try {
    const stats = await stat(path)

    return !stats.isFile() && !stats.isDirectory()
  } catch {
    return false
  }
}
