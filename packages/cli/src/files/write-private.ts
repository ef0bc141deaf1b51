import { resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { fileError } from './read-small.ts'

/**
 * Writes a file of mode 0600: whole, or what was there stays.
 *
 * @returns its absolute path
 * @throws {FileError}
 */
export async function writePrivate (cwd: string, file: string, data: Buffer): Promise<string> {
  const path = resolve(cwd, file)

  try {
    await writeFileAtomic(path, data, { mode: 0o600 })
  } catch (error) {
    throw fileError('write', path, error)
  }

  return path
}
