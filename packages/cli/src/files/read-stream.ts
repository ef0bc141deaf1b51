import { FileError } from '../cli/errors.ts'
import type { Readable } from 'node:stream'

/**
 * All of standard input, as text.
 *
 * @throws {FileError} more than `limit` bytes
 */
export async function readSmallStream (stdin: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0

  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string)

    chunks.push(bytes)
    length += bytes.length

    if (length > limit) {
      throw new FileError(`standard input is larger than ${limit} bytes`)
    }
  }

  return Buffer.concat(chunks).toString('utf8')
}
