import { SlowInputError } from '../api/errors.ts'
import { formatDuration } from '../text/units.ts'
import type { Clock } from '../clock.ts'
import type { Context } from 'hono'

/**
 * A body may pause this long, in milliseconds: whoever pipes into it may have much to do before its first byte. There is no limit
 * of the whole, as what goes on comes to its end or to the limit of its size.
 */
export const BODY_SILENCE = 600_000

export interface BodyLimits {
  /** Bytes. */
  limit: number
  clock: Pick<Clock, 'setTimer'>
  tooLarge: () => Error
}

/**
 * A request's whole body, if it has at most `limit` bytes.
 *
 * @throws what `tooLarge` returns, before more than the limit is kept
 * @throws {SlowInputError}
 */
export async function readBody (c: Context, { limit, clock, tooLarge }: BodyLimits): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > limit) {
    throw tooLarge()
  }

  const reader = c.req.raw.body?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0

  for (;;) {
    const chunk = reader == null ? undefined : await nextChunk(reader, clock)

    if (reader == null || chunk == null) {
      return Buffer.concat(chunks)
    }

    chunks.push(chunk)
    length += chunk.length

    if (length > limit) {
      await reader.cancel()
      throw tooLarge()
    }
  }
}

async function nextChunk (reader: ReadableStreamDefaultReader<Uint8Array>, clock: BodyLimits['clock']): Promise<Uint8Array | undefined> {
  const { promise, reject } = Promise.withResolvers<never>()
  const cancel = clock.setTimer(() => { reject(new SlowInputError(`the body paused for ${formatDuration(BODY_SILENCE)}`)) }, BODY_SILENCE)

  try {
    const { value, done } = await Promise.race([reader.read(), promise])

    return done ? undefined : value
  } catch (error) {
    await reader.cancel(error).catch(() => {})
    throw error
  } finally {
    cancel()
  }
}
