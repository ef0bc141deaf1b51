import type { Sha256 } from './portable.ts'
import type { Clock } from '../clock.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Bytes hashed in one go: half a millisecond with the platform's SHA-256, five in plain JavaScript. */
const SLICE = 1024 * 1024

/** Feeds `bytes` to a hash and lets other work run between slices of 1 MiB; what is one slice is hashed without a pause. */
export async function hashInSlices (hash: Sha256, bytes: Uint8Array, clock: Pick<Clock, 'setTimer'>, options?: AbortOptions): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; offset += SLICE) {
    if (offset > 0) {
      await new Promise<void>(resolve => { clock.setTimer(resolve, 0) })
    }

    options?.signal?.throwIfAborted()
    hash.update(bytes.subarray(offset, offset + SLICE))
  }
}
