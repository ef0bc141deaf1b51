import { open } from 'node:fs/promises'
import { FileError } from '../cli/errors.ts'
import { printable } from '../text/printable.ts'
import type { Stats } from 'node:fs'

/**
 * A text file of at most `limit` bytes, and its state at the moment it was opened.
 *
 * @throws {FileError} it is not there, is a folder, cannot be read, or is larger
 */
export async function readSmallFile (path: string, limit: number): Promise<{ text: string, stats: Stats }> {
  try {
    await using file = await open(path)
    const stats = await file.stat()

    if (stats.isDirectory()) {
      throw new FileError(`${printable(path)} is a folder, not a file`)
    }

    // read by position to the end of what is allowed: a pipe or a device tells no size
    const buffer = Buffer.alloc(limit + 1)
    let length = 0

    while (length <= limit) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)

      if (bytesRead === 0) {
        break
      }

      length += bytesRead
    }

    if (length > limit) {
      throw new FileError(`${printable(path)} is larger than ${limit} bytes`)
    }

    return { text: buffer.toString('utf8', 0, length), stats }
  } catch (error) {
    throw error instanceof FileError ? error : fileError('read', path, error)
  }
}

/**
 * The entries of a JSON object in such a file; none if that is not what it holds.
 *
 * @throws {FileError}
 */
export async function readSmallObject (path: string, limit: number): Promise<Record<string, unknown>> {
  const { text } = await readSmallFile(path, limit)

  try {
    const value: unknown = JSON.parse(text)

    return typeof value === 'object' && value != null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'a name in its path is too long',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EEXIST: 'it exists already',
  EADDRINUSE: 'something else is there'
}

/** What the system refused, in words. */
export function fileError (verb: string, path: string, error: unknown): FileError {
  const { code = '', message } = error as NodeJS.ErrnoException

  return new FileError(`cannot ${verb} ${printable(path)}: ${REASONS[code] ?? printable(message)}`, { cause: error })
}

/** Whether an error of this package came from a file that is not there. */
export function isMissing (error: unknown): boolean {
  const { code } = (error as Error).cause as NodeJS.ErrnoException | undefined ?? {}

  return code === 'ENOENT' || code === 'ENOTDIR'
}
