import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FileError, UsageError } from '../cli/errors.ts'
import { fileError } from '../files/read-small.ts'
import { readInput, readToEnd } from '../files/read-stream.ts'
import { printable } from '../text/printable.ts'
import { formatBytes } from '../text/units.ts'
import type { Io } from '../cli/io.ts'

/** The data is larger than the daemon takes. */
export class TooLargeError extends FileError {
  override name = 'TooLargeError'
}

/** There is no data: most likely what should have made it failed. */
export class EmptyInputError extends UsageError {
  override name = 'EmptyInputError'
}

export interface Source {
  /** A path, or `-`. */
  file: string
  /** Bytes at most. */
  limit: number
  /** No bytes are data, too. */
  allowEmpty: boolean
}

/**
 * The bytes to put, all of them: how long they take to come is nobody's business but theirs who make them.
 *
 * @throws {FileError | TooLargeError} not there, a folder, not readable, or larger than the limit
 * @throws {EmptyInputError}
 */
export async function readSource ({ file, limit, allowEmpty }: Source, io: Pick<Io, 'stdin' | 'err' | 'cwd'>): Promise<Buffer> {
  const what = file === '-' ? 'standard input' : printable(file)
  const data = file === '-'
    ? await readInput(io, { what: 'what is to be kept', limit, tooLarge: () => tooLarge(what, limit) })
    : await readFile(resolve(io.cwd, file), limit, size => tooLarge(what, limit, size))

  if (data.length === 0 && !allowEmpty) {
    throw new EmptyInputError(`${what} is empty: nothing was put, and the stash is what it was`,
      'perhaps what should have written it failed. To make the stash one of 0 bytes: nara-stash put --allow-empty')
  }

  return data
}

async function readFile (path: string, limit: number, tooLarge: (size?: number) => TooLargeError): Promise<Buffer> {
  try {
    const stats = await stat(path)

    if (stats.isDirectory()) {
      throw new FileError(`${printable(path)} is a folder, not a file`, { hint: 'pack it first: tar c FOLDER | nara-stash put' })
    }

    if (stats.isFile() && stats.size > limit) {
      throw tooLarge(stats.size)
    }

    // a pipe or a device tells no size
    return await readToEnd(createReadStream(path), limit, tooLarge)
  } catch (error) {
    throw error instanceof FileError ? error : fileError('read', path, error)
  }
}

function tooLarge (what: string, limit: number, size?: number): TooLargeError {
  const found = size == null ? '' : `: ${size} bytes`

  return new TooLargeError(`${what} is larger than the limit of ${limit} bytes (${formatBytes(limit)})${found}`, {
    hint: 'the limit is set where the daemon starts: nara-stash start --max-stash 64MiB'
  })
}
