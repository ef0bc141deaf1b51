import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealingKey } from '../src/keys.ts'
import { open, seal } from '../src/seal.ts'
import { soulFromSeed } from '../src/soul.ts'
import { anyBytes, anyKey, flipBit, hex, pattern, unaligned, utf8 } from './bytes.ts'
import { thrownBy } from './errors.ts'
import vectors from './vectors/identity-v1.json' with { type: 'json' }

const key = sealingKey(soulFromSeed(hex(vectors.seed)))
const nonce = hex(vectors.nonce)

describe('known answers', () => {
  test.each(vectors.seal)('"$plaintextUtf8"', ({ plaintextUtf8, ciphertext }) => {
    const sealed = seal(key, utf8(plaintextUtf8), { nonce })

    expect(sealed).toEqual({ nonce, ciphertext: hex(ciphertext) })
    expect(open(key, sealed)).toEqual(utf8(plaintextUtf8))
  })

  test('with associated data', () => {
    const { plaintextUtf8, associatedDataUtf8, ciphertext } = vectors.sealWithAssociatedData
    const associatedData = utf8(associatedDataUtf8)
    const sealed = seal(key, utf8(plaintextUtf8), { nonce, associatedData })

    expect(sealed.ciphertext).toEqual(hex(ciphertext))
    expect(open(key, sealed, { associatedData })).toEqual(utf8(plaintextUtf8))
  })
})

describe('seal', () => {
  test('a fresh nonce each time, returned beside the ciphertext', () => {
    const [one, two] = [seal(key, utf8('nara')), seal(key, utf8('nara'))]

    expect(one.nonce.length).toBe(24)
    expect(one.nonce).not.toEqual(two.nonce)
    expect(one.ciphertext).not.toEqual(two.ciphertext)
    expect(open(key, two)).toEqual(utf8('nara'))
  })

  test('the nonce is a copy of the one given', () => {
    const mine = Uint8Array.from(nonce)
    const sealed = seal(key, utf8('nara'), { nonce: mine })

    mine.fill(0)
    expect(open(key, sealed)).toEqual(utf8('nara'))
  })

  test.each([0, 16, 31, 33])('a key of %i bytes: SealError', (length) => {
    expect(thrownBy(() => seal(new Uint8Array(length), utf8('nara'))).name).toBe('SealError')
  })

  test.each([0, 12, 23, 25])('a nonce of %i bytes: SealError', (length) => {
    expect(thrownBy(() => seal(key, utf8('nara'), { nonce: new Uint8Array(length) })).name).toBe('SealError')
  })
})

// One size for each side of the limit from which node:crypto takes over.
describe.each([100, 5000])('open, %i bytes', (size) => {
  const plaintext = pattern(size)
  const associatedData = utf8('place')
  const sealed = seal(key, plaintext, { associatedData })

  function refused (changes: { key?: Uint8Array, nonce?: Uint8Array, ciphertext?: Uint8Array, associatedData?: Uint8Array }): void {
    const options = { associatedData, ...changes }
    const err = thrownBy(() => open(changes.key ?? key, { ...sealed, ...changes }, options))

    expect(err.name).toBe('OpenError')
  }

  test('what was sealed, at any offset, with all inputs left as they were', () => {
    const input = { key: unaligned(key), nonce: unaligned(sealed.nonce), ciphertext: unaligned(sealed.ciphertext) }
    const before = structuredClone(input)

    expect(open(input.key, input, { associatedData: unaligned(associatedData) })).toEqual(plaintext)
    expect(input).toEqual(before)
  })

  test('wrong key', () => {
    fc.assert(fc.property(anyKey, (other) => {
      refused({ key: other })
    }))
  })

  test('one bit flipped in key, nonce, ciphertext, tag or associated data', () => {
    fc.assert(fc.property(fc.nat(255), fc.nat(191), fc.nat(size * 8 + 127), fc.nat(127), (k, n, c, t) => {
      refused({ key: flipBit(key, k) })
      refused({ nonce: flipBit(sealed.nonce, n) })
      refused({ ciphertext: flipBit(sealed.ciphertext, c) })
      refused({ ciphertext: flipBit(sealed.ciphertext, size * 8 + t) })
      refused({ associatedData: flipBit(associatedData, t % 40) })
    }))
  })

  test('other associated data, or none', () => {
    refused({ associatedData: utf8('elsewhere') })
    expect(thrownBy(() => open(key, sealed)).name).toBe('OpenError')
  })

  test('cut short or drawn out', () => {
    fc.assert(fc.property(fc.nat(size + 15), (length) => {
      refused({ ciphertext: sealed.ciphertext.subarray(0, length) })
    }))
    refused({ ciphertext: Uint8Array.of(...sealed.ciphertext, 0) })
  })

  test.each([0, 16, 31, 33])('a key of %i bytes', (length) => {
    refused({ key: new Uint8Array(length) })
  })

  test.each([0, 12, 23, 25])('a nonce of %i bytes', (length) => {
    refused({ nonce: new Uint8Array(length) })
  })
})

describe('round trip', () => {
  test('any length, any associated data', () => {
    // A length, not the bytes themselves: to shrink thousands of bytes one by one takes hours.
    fc.assert(fc.property(anyKey, fc.nat(4096), anyBytes, (key, size, associatedData) => {
      const plaintext = pattern(size)
      const sealed = seal(key, plaintext, { associatedData })

      expect(sealed.ciphertext.length).toBe(plaintext.length + 16)
      expect(open(key, sealed, { associatedData })).toEqual(plaintext)
    }))
  })

  test('empty associated data is none', () => {
    for (const size of [10, 5000]) {
      const sealed = seal(key, pattern(size), { associatedData: new Uint8Array(0) })

      expect(open(key, sealed)).toEqual(pattern(size))
    }
  })
})
