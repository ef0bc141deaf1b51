import { toString } from 'uint8arrays/to-string'
import { createSha256 } from '#sha256'
import { BodyMismatchError } from '../errors.ts'
import { hashInSlices } from '../hash/in-slices.ts'
import type { Clock } from '../clock.ts'
import type { Sha256 } from '../hash/portable.ts'
import type { RecordHeader } from './header.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Whether bytes are the body that a header promises: the one place that says so (SPEC.md, "Record"). */

/** What a header says of its body. A tombstone has none: length 0 and no digest. */
type Promised = Pick<RecordHeader, 'bodyLength' | 'bodyDigest'>

/**
 * The body, unchanged, if it is the one that the record promises. Hashes it in one go.
 *
 * @throws {BodyMismatchError}
 */
export function verifyBody (body: Uint8Array, record: Promised): Uint8Array {
  checkLength(body.byteLength, record)
  checkDigest(createSha256().update(body), record)

  return body
}

/**
 * True if `body` is the one that the record promises. Lets other work run between slices of 1 MiB.
 *
 * @throws the signal's reason, if it aborts between two slices
 */
export async function bodyMatches (record: Promised, body: Uint8Array, clock: Pick<Clock, 'setTimer'>, options?: AbortOptions): Promise<boolean> {
  if (body.byteLength !== record.bodyLength) {
    return false
  }

  const hash = createSha256()
  await hashInSlices(hash, body, clock, options)

  return digestMatches(hash, record)
}

/** @throws {BodyMismatchError} */
export function checkDigest (hash: Sha256, record: Promised): void {
  if (!digestMatches(hash, record)) {
    throw new BodyMismatchError('a body whose SHA-256 is not the one that its header promises')
  }
}

function checkLength (length: number, record: Promised): void {
  if (length !== record.bodyLength) {
    throw new BodyMismatchError(`a body of ${length} bytes where the header promises ${record.bodyLength}`)
  }
}

function digestMatches (hash: Sha256, { bodyLength, bodyDigest }: Promised): boolean {
  return bodyLength === 0 && bodyDigest === '' ? true : toString(hash.digest(), 'base16') === bodyDigest
}
