import { encode } from 'it-length-prefixed'
import { fromString } from 'uint8arrays/from-string'
import { createSha256 } from '#sha256'
import { PROOF_DOMAIN } from '../constants.ts'
import { hashInSlices } from '../hash/in-slices.ts'
import { peerIdBytes } from './placement.ts'
import type { Clock } from '../clock.ts'
import type { AbortOptions } from '@libp2p/interface'

/** What is proved: that `prover` has this record's very body, after it was given the nonce. */
export interface ProofClaims {
  /** 32 random bytes, chosen by who challenges. */
  nonce: Uint8Array
  /** Peer id of who proves, base58: so that nobody can hand on the proof of somebody else. */
  prover: string
  /** Hex, 64 digits. */
  recordId: string
  /** Empty for a tombstone. */
  body: Uint8Array
}

/**
 * SHA-256 over "nara-stash-proof/1", nonce, the prover's multihash behind its length as a varint, record id, and body (SPEC.md, "CHALLENGE").
 * Whoever challenges computes the same over its own copy. Lets other work run between slices of 1 MiB.
 *
 * @returns 32 bytes
 * @throws the signal's reason, if it aborts between two slices
 */
export async function proofOf (claims: ProofClaims, clock: Pick<Clock, 'setTimer'>, options?: AbortOptions): Promise<Uint8Array> {
  const hash = createSha256()
    .update(new TextEncoder().encode(PROOF_DOMAIN))
    .update(claims.nonce)
    .update(encode.single(peerIdBytes(claims.prover)).subarray())
    .update(fromString(claims.recordId, 'base16'))

  options?.signal?.throwIfAborted()
  await hashInSlices(hash, claims.body, clock, options)

  return hash.digest()
}

/** True if both are the same bytes, in a time that does not tell where they differ. */
export function sameProof (a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.reduce((difference, byte, i) => difference | byte ^ (b[i] ?? 0), 0) === 0
}
