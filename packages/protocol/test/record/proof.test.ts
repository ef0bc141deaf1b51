import { createHash } from 'node:crypto'
import { testKey, VirtualClock } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { peerIdBytes } from '../../src/record/placement.ts'
import { proofOf, sameProof } from '../../src/record/proof.ts'
import type { ProofClaims } from '../../src/record/proof.ts'

const claims: ProofClaims = { nonce: new Uint8Array(32).fill(1), prover: testKey(1).id, recordId: 'ab'.repeat(32), body: Uint8Array.of(1, 2, 3) }

/** By the rule's own words, with nothing of ours. */
function expected ({ nonce, prover, recordId, body }: ProofClaims): string {
  const multihash = peerIdBytes(prover)

  return createHash('sha256').update('nara-stash-proof/1').update(nonce).update(Uint8Array.of(multihash.byteLength)).update(multihash)
    .update(Buffer.from(recordId, 'hex')).update(body).digest('hex')
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('a proof', () => {
  it('is the hash of domain, nonce, prover, record id and body', async () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })

    await fc.assert(fc.asyncProperty(digest, fc.nat(9), digest, fc.uint8Array(), async (nonce, key, id, body) => {
      const some = { nonce, prover: testKey(key).id, recordId: hex(id), body }

      expect(hex(await proofOf(some, new VirtualClock()))).toBe(expected(some))
    }), { numRuns: 40 })
  })

  it.each<[string, Partial<ProofClaims>]>([
    ['nonce', { nonce: new Uint8Array(32).fill(2) }], ['prover', { prover: testKey(2).id }], ['record', { recordId: 'ac'.repeat(32) }],
    ['body', { body: Uint8Array.of(1, 2, 4) }]
  ])('of another %s is another', async (_, change) => {
    const clock = new VirtualClock()

    expect(sameProof(await proofOf(claims, clock), await proofOf({ ...claims, ...change }, clock))).toBe(false)
    expect(sameProof(await proofOf(claims, clock), await proofOf({ ...claims }, clock))).toBe(true)
  })

  it('of a long body is made in slices between which other work runs, and ends when it is told to', async () => {
    const clock = new VirtualClock()
    const body = new Uint8Array(3 * 2 ** 20 + 1)
    const controller = new AbortController()
    const proof = proofOf({ ...claims, body }, clock)
    let done = false
    void proof.then(() => { done = true })

    await clock.settle()
    expect(done).toBe(false)
    expect(clock.pending).toBe(1)
    expect(hex(await clock.outcome(proof))).toBe(expected({ ...claims, body }))

    const given = proofOf({ ...claims, body }, clock, { signal: controller.signal })
    controller.abort()
    await expect(clock.outcome(given)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('two proofs', () => {
  it('are the same if all their bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(31), fc.integer({ min: 1, max: 255 }), (proof, at, xor) => {
      const other = proof.slice()
      other[at]! ^= xor

      expect([sameProof(proof, proof.slice()), sameProof(proof, other), sameProof(proof, proof.subarray(1))]).toEqual([true, false, false])
    }))
    // what is missing is not taken for zeros
    expect([sameProof(new Uint8Array(32), new Uint8Array(31)), sameProof(new Uint8Array(), new Uint8Array(32))]).toEqual([false, false])
  })
})
