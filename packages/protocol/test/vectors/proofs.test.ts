import { toString } from 'uint8arrays/to-string'
import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { createSha256, proofOf } from '../../src/index.ts'
import { bytesOf, committed, named } from './committed.ts'
import { bytesAt, readFrames, readMessage } from './plain-protobuf.ts'

/** The sealed body of the first record, read without our codec. */
const [stored] = readFrames(bytesOf(named(committed('messages').requests, 'store-inline').frame))
const BODIES: Record<string, Uint8Array> = { first: bytesAt(readMessage(bytesAt(readMessage(stored!), 1)), 5), tombstone: new Uint8Array() }

describe('proofs', () => {
  it.each(committed('proofs'))('$name', async ({ prover, recordId, nonce, body, head, proof }) => {
    const bytes = BODIES[body]!

    expect(toString(await proofOf({ nonce: bytesOf(nonce), prover, recordId, body: bytes }, new VirtualClock()), 'base16')).toBe(proof)
    expect(toString(createSha256().update(bytesOf(head)).update(bytes).digest(), 'base16')).toBe(proof)
  })

  it('of two provers are not the same', () => {
    expect(new Set(committed('proofs').map(({ proof }) => proof)).size).toBe(committed('proofs').length)
  })
})
