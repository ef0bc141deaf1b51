import { toString } from 'uint8arrays/to-string'
import { createSha256 } from '#sha256'
import type { Clock } from '../clock.ts'
import type { RecordHeader } from '../record/header.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Bytes hashed in one go: half a millisecond with the platform's SHA-256, five in plain JavaScript. */
const SLICE = 1024 * 1024

/**
 * True if `body` has the length and the SHA-256 that the record promises. Lets other work run between slices of 1 MiB; a
 * body of one slice is judged without a pause.
 */
export async function bodyMatches (
  record: Pick<RecordHeader, 'bodyLength' | 'bodyDigest'>,
  body: Uint8Array,
  clock: Clock,
  options?: AbortOptions
): Promise<boolean> {
  if (body.byteLength !== record.bodyLength) {
    return false
  }

  const hash = createSha256()

  for (let offset = 0; offset < body.byteLength; offset += SLICE) {
    if (offset > 0) {
      await new Promise<void>(resolve => { clock.setTimer(resolve, 0) })
    }

    options?.signal?.throwIfAborted()
    hash.update(body.subarray(offset, offset + SLICE))
  }

  return toString(hash.digest(), 'base16') === record.bodyDigest
}
