import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { createSha256 } from '#sha256'

const DIGEST_BYTES = 32

/** A value as it is kept in a datastore: the SHA-256 of what follows, then JSON. */
export function withDigest (value: object): Uint8Array {
  const json = fromString(JSON.stringify(value))

  return concat([createSha256().update(json).digest(), json])
}

/** What was kept, or undefined if a torn or faulty write left anything but that. */
export function underDigest (bytes: Uint8Array): unknown {
  const json = bytes.subarray(DIGEST_BYTES)

  return equals(bytes.subarray(0, DIGEST_BYTES), createSha256().update(json).digest()) ? JSON.parse(toString(json)) : undefined
}
