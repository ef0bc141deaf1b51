import type { Context } from 'hono'

/**
 * A request's whole body, if it has at most `limit` bytes. Its deadline is the server's.
 *
 * @throws what `tooLarge` returns, before more than the limit is kept
 */
export async function readBody (c: Context, limit: number, tooLarge: () => Error): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > limit) {
    throw tooLarge()
  }

  const chunks: Uint8Array[] = []
  let length = 0

  // a ReadableStream is an async iterable in Node: undici, "Body"
  for await (const chunk of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    length += chunk.length

    if (length > limit) {
      throw tooLarge()
    }
  }

  return Buffer.concat(chunks)
}
