import { open, seal, sealingKey, soulFromSeed } from '@nara-stash/crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WrongKeyError } from '../src/errors.ts'
import { peerIdOf } from '../src/identity.ts'
import { openBody, sealBody, splitBody } from '../src/sealed-body.ts'

const soul = soulFromSeed(new Uint8Array(32).fill(1), 'alice')
const other = soulFromSeed(new Uint8Array(32).fill(2), 'alice')
const owner = peerIdOf(soul)
const data = new TextEncoder().encode('{"hello":"world"}')

/** The associated data, put together by hand from its description. */
function associatedData (peer: string, seq: bigint): Uint8Array {
  const type = Buffer.from('/nara/stash/record/1')
  const id = Buffer.from(peerIdFromString(peer).toMultihash().bytes)
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(seq)

  return Buffer.concat([Buffer.of(type.length), type, Buffer.of(id.length), id, number])
}

const contents = fc.record({ data: fc.uint8Array({ maxLength: 5_000 }), createdAt: fc.maxSafeNat(), seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) })

describe('a sealed body', () => {
  it('comes back as it was', () => {
    fc.assert(fc.property(contents, ({ data, createdAt, seq }) => {
      expect(openBody(soul, sealBody(soul, { data, createdAt }, { owner, seq }), { owner, seq })).toEqual({ data, createdAt })
    }), { numRuns: 200 })
  })

  it('is nonce, ciphertext and tag, bound to payload type, owner and seq', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), seq => {
      const body = sealBody(soul, { data, createdAt: 5 }, { owner, seq })
      const sealed = { nonce: body.subarray(0, 24), ciphertext: body.subarray(24) }
      const plaintext = open(sealingKey(soul), sealed, { associatedData: associatedData(owner, BigInt(seq)) })

      expect(body.byteLength).toBe(24 + plaintext.byteLength + 16)
      expect(Buffer.from(plaintext).includes(Buffer.from(data))).toBe(true)
      expect(splitBody(body)).toStrictEqual(sealed)
    }), { numRuns: 50 })
  })

  it('is opened if somebody else sealed it so', () => {
    const theirs = open(sealingKey(soul), splitBody(sealBody(soul, { data, createdAt: 5 }, { owner, seq: 1 })), { associatedData: associatedData(owner, 1n) })
    const { nonce, ciphertext } = seal(sealingKey(soul), theirs, { associatedData: associatedData(owner, 99n) })

    expect(openBody(soul, Buffer.concat([nonce, ciphertext]), { owner, seq: 99 })).toEqual({ data, createdAt: 5 })
  })

  it('is never sealed with one nonce twice', () => {
    const nonces = Array.from({ length: 200 }, () => Buffer.from(splitBody(sealBody(soul, { data, createdAt: 5 }, { owner, seq: 1 })).nonce).toString('hex'))

    expect(new Set(nonces).size).toBe(200)
  })

  it('does not tell how long its data is, within a size', () => {
    const lengths = [0, 1, 500, 1_000].map(length => sealBody(soul, { data: new Uint8Array(length), createdAt: 5 }, { owner, seq: 1 }).byteLength)

    expect(new Set(lengths).size).toBe(1)
  })
})

describe('a body is refused', () => {
  const body = sealBody(soul, { data, createdAt: 5 }, { owner, seq: 7 })

  it('as another version\'s, another owner\'s, or with another soul', () => {
    expect(openBody(soul, body, { owner, seq: 7 }).data).toEqual(data)
    expect(() => openBody(soul, body, { owner, seq: 8 })).toThrow(WrongKeyError)
    expect(() => openBody(soul, body, { owner: peerIdOf(other), seq: 7 })).toThrow(WrongKeyError)
    expect(() => openBody(other, body, { owner, seq: 7 })).toThrow(WrongKeyError)
  })

  it('if it was sealed for no record, or another payload type', () => {
    const plaintext = open(sealingKey(soul), splitBody(body), { associatedData: associatedData(owner, 7n) })

    for (const context of [undefined, new Uint8Array(0), Buffer.concat([associatedData(owner, 7n), Buffer.of(0)]), associatedData(owner, 7n).subarray(1)]) {
      const { nonce, ciphertext } = seal(sealingKey(soul), plaintext, context == null ? {} : { associatedData: context })

      expect(() => openBody(soul, Buffer.concat([nonce, ciphertext]), { owner, seq: 7 })).toThrow(WrongKeyError)
    }
  })

  it('if any bit was flipped', () => {
    fc.assert(fc.property(fc.nat(body.byteLength * 8 - 1), bit => {
      const bytes = new Uint8Array(body)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))

      expect(() => openBody(soul, bytes, { owner, seq: 7 })).toThrow(WrongKeyError)
    }), { numRuns: 500 })
  })

  it('if it was cut short, or is garbage', () => {
    fc.assert(fc.property(fc.oneof(fc.nat(body.byteLength - 1).map(end => body.subarray(0, end)), fc.uint8Array({ maxLength: 100 })), bytes => {
      expect(() => openBody(soul, bytes, { owner, seq: 7 })).toThrow(WrongKeyError)
    }), { numRuns: 300 })
  })

  it('if what is inside is no plaintext of ours', () => {
    const { nonce, ciphertext } = seal(sealingKey(soul), new Uint8Array(3), { associatedData: associatedData(owner, 7n) })

    expect(() => openBody(soul, Buffer.concat([nonce, ciphertext]), { owner, seq: 7 })).toThrow(WrongKeyError)
  })
})
