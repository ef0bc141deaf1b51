import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as node from '../../src/bulk/node.ts'
import * as portable from '../../src/bulk/portable.ts'
import { subkey } from '../../src/bulk/subkey.ts'
import { anyKey, anyNonce, flipBit, hex, pattern, plain, unaligned, utf8 } from '../bytes.ts'
import vectors from '../vectors/xchacha.json' with { type: 'json' }

const MIB = 1024 * 1024
const paths = [['portable', portable], ['node', node]] as const
const key = pattern(32)
const nonce = pattern(24)

describe('draft-irtf-cfrg-xchacha', () => {
  test('HChaCha20', () => {
    const { key, prefix, subkey: expected } = vectors.hchacha20

    expect(subkey(hex(key), hex(prefix))).toEqual(hex(expected))
    expect(subkey(unaligned(hex(key)), unaligned(hex(prefix)))).toEqual(hex(expected))
  })

  test.each(paths)('AEAD, %s', (_, { encrypt, decrypt }) => {
    const { key, nonce, plaintextUtf8, associatedData, ciphertext, tag } = vectors.aead
    const sealed = encrypt(hex(key), hex(nonce), utf8(plaintextUtf8), hex(associatedData))

    expect(sealed).toEqual(hex(ciphertext + tag))
    expect(decrypt(hex(key), hex(nonce), sealed, hex(associatedData))).toEqual(utf8(plaintextUtf8))
  })
})

describe('both paths make the same bytes and open each other\'s', () => {
  function same (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associatedData?: Uint8Array): void {
    const ours = node.encrypt(key, nonce, plaintext, associatedData)
    const theirs = portable.encrypt(key, nonce, plaintext, associatedData)

    // Compared as buffers: a mismatch of a megabyte is of no use as a diff.
    expect(Buffer.compare(ours, theirs)).toBe(0)
    expect(Buffer.compare(node.decrypt(key, nonce, theirs, associatedData) ?? new Uint8Array(1), plaintext)).toBe(0)
    expect(Buffer.compare(portable.decrypt(key, nonce, ours, associatedData) ?? new Uint8Array(1), plaintext)).toBe(0)
  }

  test.each([
    0, 1, 15, 16, 17, 63, 64, 65, 2047, 2048, 2049, 4095, 65_536, MIB - 1, MIB, MIB + 1, 2 * MIB + 65
  ])('%i bytes', (size) => {
    same(key, nonce, pattern(size))
    same(key, nonce, unaligned(pattern(size)), pattern(33))
  })

  test('anything', () => {
    fc.assert(fc.property(anyKey, anyNonce, fc.integer({ min: 2000, max: 9000 }), fc.uint8Array({ maxLength: 100 }),
      (key, nonce, size, associatedData) => {
        same(key, nonce, pattern(size), associatedData)
      }))
  })
})

describe.each(paths)('%s refuses', (_, { encrypt, decrypt }) => {
  test.each([0, 100, 2048, MIB + 100])('a flipped bit in %i bytes', (size) => {
    const sealed = encrypt(key, nonce, pattern(size))

    for (const bit of [0, size * 4, size * 8, size * 8 + 127]) {
      expect(decrypt(key, nonce, flipBit(sealed, bit))).toBeUndefined()
    }
  })

  test('leaves its inputs alone', () => {
    const plaintext = pattern(5000)
    const sealed = encrypt(key, nonce, plaintext)
    const broken = flipBit(sealed, 9)
    const before = plain(broken)

    decrypt(key, nonce, broken)
    expect(plaintext).toEqual(pattern(5000))
    expect(broken).toEqual(before)
    expect([key, nonce]).toEqual([pattern(32), pattern(24)])
  })
})
