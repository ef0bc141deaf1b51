import { createHash } from 'node:crypto'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { describe, expect, it } from 'vitest'
import { MAX_HEADER_BYTES, MAX_PAST } from '../../src/constants.ts'
import { MalformedError } from '../../src/errors.ts'
import { RecordPayload } from '../../src/pb/record.ts'
import { openHeader, sealHeader } from '../../src/record/header.ts'
import { BODY, boot, claims, key, openPayload, payload } from './header-claims.ts'
import { foreignKeys } from './owners.ts'
import type { RecordClaims } from '../../src/record/header.ts'

describe('a header', () => {
  it('comes back as it was sealed, with its owner, its id and its own bytes', async () => {
    const sealed = await sealHeader(claims({ seq: 9, past: [{ boot: boot(3), seq: 4 }, { boot: boot(2), seq: 8 }] }), key)
    const opened = await openHeader(sealed.envelope)

    expect(opened).toStrictEqual(sealed)
    expect(opened).toMatchObject(claims({ seq: 9, past: [{ boot: boot(3), seq: 4 }, { boot: boot(2), seq: 8 }] }))
    expect(opened.owner).toBe(peerIdFromPrivateKey(key).toString())

    const { payload } = RecordEnvelope.createFromProtobuf(sealed.envelope)
    expect(opened.id).toBe(createHash('sha256').update(payload).digest('hex'))
  })

  it('keeps its bytes when the buffer that it came in is used again', async () => {
    const { envelope } = await sealHeader(claims(), key)
    const received = new Uint8Array(envelope)
    const opened = await openHeader(received)
    received.fill(0)

    expect(opened.envelope).toStrictEqual(envelope)
  })

  it('round-trips any honest claims', async () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: MAX_PAST + 1 })

    await fc.assert(fc.asyncProperty(seqs, fc.boolean(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), async (seqs, tombstone, length) => {
      const [own = 1, ...earlier] = seqs.sort((a, b) => b - a)
      const honest = claims({
        seq: own,
        past: earlier.reverse().map((seq, i) => ({ boot: boot(i + 2), seq })),
        ...(tombstone ? { kind: 'tombstone', bodyLength: 0, bodyDigest: '' } : { bodyLength: length })
      })

      expect(await openHeader((await sealHeader(honest, key)).envelope)).toMatchObject(honest)
    }), { numRuns: 100 })
  })

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('keeps a seq of %d', async seq => {
    const honest = claims({ seq, past: [{ boot: boot(2), seq: seq - 1 }] })

    expect(await openHeader((await sealHeader(honest, key)).envelope)).toMatchObject(honest)
  })

  it('fits into its limit with the longest past and the highest numbers', async () => {
    const longest = claims({
      seq: Number.MAX_SAFE_INTEGER,
      past: Array.from({ length: MAX_PAST }, (_, i) => ({ boot: boot(i + 2), seq: Number.MAX_SAFE_INTEGER - MAX_PAST + i })),
      bodyLength: 2 ** 32 - 1
    })

    expect((await sealHeader(longest, key)).envelope.byteLength).toBeLessThanOrEqual(MAX_HEADER_BYTES)
  })

  it('may bear fields that later versions add', async () => {
    const later = concat([RecordPayload.encode(payload()), Uint8Array.of(0x7a, 1, 42)])

    await expect(openPayload(later)).resolves.toMatchObject({ kind: 'data', seq: 100 })
  })
})

describe('sealing a header', () => {
  it.each<[string, Partial<RecordClaims>]>([
    ['seq 0', { seq: 0 }],
    ['a negative seq', { seq: -1 }],
    ['a fraction of a seq', { seq: 1.5 }],
    ['a seq above 2^53 - 1', { seq: 2 ** 53 }],
    ['a boot that is not hex', { boot: 'no hex at all...' }],
    ['a short boot', { boot: '00' }],
    ['a digest that is not hex', { bodyDigest: 'zz' }],
    ['a short digest', { bodyDigest: '00' }],
    ['data without a body', { bodyLength: 0 }],
    ['a body length above 32 bits', { bodyLength: 2 ** 32 + BODY.length }],
    ['a negative body length', { bodyLength: -1 }],
    ['a fraction of a body length', { bodyLength: 1.5 }],
    ['a tombstone with a body', { kind: 'tombstone' }],
    ['a past of its own boot', { seq: 2, past: [{ boot: boot(1), seq: 1 }] }],
    ['a past that is not below it', { seq: 2, past: [{ boot: boot(2), seq: 2 }] }],
    ['a past boot that is not hex', { seq: 2, past: [{ boot: '?', seq: 1 }] }],
    ['a past that is not lowest first', { seq: 9, past: [{ boot: boot(2), seq: 2 }, { boot: boot(3), seq: 1 }] }]
  ])('refuses %s, as every receiver would', async (_, wrong) => {
    await expect(sealHeader(claims(wrong), key)).rejects.toThrow(MalformedError)
  })

  it('refuses another key than Ed25519', async () => {
    for (const foreign of await foreignKeys()) {
      await expect(sealHeader(claims(), foreign)).rejects.toThrow(MalformedError)
    }
  })
})
