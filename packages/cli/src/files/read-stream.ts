import { FileError } from '../cli/errors.ts'
import type { Io } from '../cli/io.ts'
import type { Readable } from 'node:stream'

export interface Input {
  /** What is to come, for a person who is to type or paste it. */
  what: string
  /** Bytes at most. */
  limit: number
  /** What there is to say of more. */
  tooLarge?: () => Error
}

/**
 * All of standard input, to its end: a pipe may take long to begin. On a terminal it is said what is waited for, as nothing else
 * shows that anything is.
 *
 * @throws what `tooLarge` returns, by default a FileError
 */
export async function readInput ({ stdin, err }: Pick<Io, 'stdin' | 'err'>, { what, limit, tooLarge = () => tooLong(limit) }: Input): Promise<Buffer> {
  if ((stdin as Readable & { isTTY?: boolean }).isTTY === true) {
    err.write(`nara-stash: reads ${what} from the terminal; end with Ctrl-D on a line of its own\n`)
  }

  return await readToEnd(stdin, limit, tooLarge)
}

/**
 * All of a stream.
 *
 * @throws what `tooLarge` returns, once there is more than `limit`; what the stream fails with
 */
export async function readToEnd (stream: Readable, limit: number, tooLarge: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0

  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array | string)

    chunks.push(bytes)
    length += bytes.length

    if (length > limit) {
      throw tooLarge()
    }
  }

  return Buffer.concat(chunks)
}

function tooLong (limit: number): FileError {
  return new FileError(`standard input is larger than ${limit} bytes`)
}
