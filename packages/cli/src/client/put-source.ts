import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline, Transform } from 'node:stream'
import { FileError } from '../cli/errors.ts'
import { fileError } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'
import { formatBytes } from '../text/units.ts'
import type { Readable } from 'node:stream'

/** The data is larger than the daemon takes. */
export class TooLargeError extends FileError {
  override name = 'TooLargeError'
}

export interface Source {
  /** A path, or `-`. */
  file: string
  /** Bytes at most. */
  limit: number
  stdin: Readable
  cwd: string
}

/**
 * The bytes to put. The stream fails with a TooLargeError when there are more than the limit.
 *
 * @throws {FileError | TooLargeError} not there, a folder, not readable, or larger, as far as one can tell beforehand
 */
export async function openSource ({ file, limit, stdin, cwd }: Source): Promise<Readable> {
  const capped = capAt(limit, file === '-' ? 'standard input' : printable(file))

  // pipeline reports by destroying the last stream with the error, which is all that anybody asks for
  if (file === '-') {
    return pipeline(stdin, capped, () => {})
  }

  const path = resolve(cwd, file)
  let stats

  try {
    stats = await stat(path)
  } catch (error) {
    throw fileError('read', path, error)
  }

  if (stats.isDirectory()) {
    throw new FileError(`${printable(path)} is a folder, not a file`, { hint: 'pack it first: tar c FOLDER | nara-stash put' })
  }

  if (stats.isFile() && stats.size > limit) {
    throw tooLarge(printable(file), limit, stats.size)
  }

  return pipeline(createReadStream(path), capped, () => {})
}

function capAt (limit: number, what: string): Transform {
  let length = 0

  return new Transform({
    transform: (chunk: Buffer, _, done) => {
      length += chunk.length
      done(length > limit ? tooLarge(what, limit) : null, chunk)
    }
  })
}

function tooLarge (what: string, limit: number, size?: number): TooLargeError {
  const found = size == null ? '' : `: ${size} bytes`

  return new TooLargeError(`${what} is larger than the limit of ${limit} bytes (${formatBytes(limit)})${found}`, {
    hint: 'the limit is set where the daemon starts: nara-stash start --max-stash 64MiB'
  })
}
