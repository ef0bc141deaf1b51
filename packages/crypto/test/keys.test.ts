import { createPrivateKey, sign as nativeSign } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { naraId, peerIdString, privateKeyBytes, publicKeyOf, sealingKey, sign, verify } from '../src/keys.ts'
import { soulFromSeed } from '../src/soul.ts'
import { anyBytes, anyKey, flipBit, hex, plain, utf8 } from './bytes.ts'
import { thrownBy } from './errors.ts'
import strict from './vectors/ed25519-strict.json' with { type: 'json' }
import vectors from './vectors/identity-v1.json' with { type: 'json' }
import rfc5869 from './vectors/rfc5869.json' with { type: 'json' }
import rfc8032 from './vectors/rfc8032.json' with { type: 'json' }

const soul = soulFromSeed(hex(vectors.seed))

describe('known answers', () => {
  test('public key, private key and peer id', () => {
    // what a caller does with its bytes is its own affair
    publicKeyOf(soul).fill(0)
    expect(publicKeyOf(soul)).toEqual(hex(vectors.ed25519PublicKey))
    expect(privateKeyBytes(soul)).toEqual(hex(vectors.seed + vectors.ed25519PublicKey))
    expect(peerIdString(hex(vectors.ed25519PublicKey))).toBe(vectors.peerId)
  })

  test('sealing key', () => {
    expect(sealingKey(soul)).toEqual(hex(vectors.sealingKey))
  })

  test('signature', () => {
    const message = utf8(vectors.signature.messageUtf8)
    const signature = plain(Buffer.from(vectors.signature.base64, 'base64'))

    expect(sign(soul, message)).toEqual(signature)
    expect(verify(publicKeyOf(soul), message, signature)).toBe(true)
  })

  test.each(vectors.names)('nara id of $name', ({ name, naraId: id }) => {
    expect(naraId(soulFromSeed(hex(vectors.seed), name))).toBe(id)
  })

  test('keys follow from the seed alone, the nara id from the name as well', () => {
    const other = soulFromSeed(soul.seed, 'other')

    expect(publicKeyOf(other)).toEqual(publicKeyOf(soul))
    expect(sealingKey(other)).toEqual(sealingKey(soul))
    expect(naraId(other)).not.toBe(naraId(soul))
  })

  test.each(rfc5869.vectors)('RFC 5869, $name', ({ ikm, salt, info, length, okm }) => {
    expect(hkdf(sha256, hex(ikm), hex(salt), hex(info), length)).toEqual(hex(okm))
  })

  test.each(rfc8032.vectors)('RFC 8032, $name', ({ seed, publicKey, message, signature }) => {
    const signer = soulFromSeed(hex(seed))

    expect(publicKeyOf(signer)).toEqual(hex(publicKey))
    expect(sign(signer, hex(message))).toEqual(hex(signature))
    expect(verify(hex(publicKey), hex(message), hex(signature))).toBe(true)
  })
})

describe('sign and verify', () => {
  test('node:crypto makes the same signature', () => {
    fc.assert(fc.property(anyKey, anyBytes, (seed, message) => {
      const der = Buffer.concat([hex('302e020100300506032b657004220420'), seed])
      const native = nativeSign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))

      expect(sign(soulFromSeed(seed, 'x'), message)).toEqual(plain(native))
    }), { numRuns: 30 })
  })

  test('one bit more or less in key, message or signature: not valid', () => {
    const key = publicKeyOf(soul)
    const message = utf8('nara')
    const signature = sign(soul, message)

    fc.assert(fc.property(fc.nat(255), fc.nat(31), fc.nat(511), (inKey, inMessage, inSignature) => {
      expect(verify(flipBit(key, inKey), message, signature)).toBe(false)
      expect(verify(key, flipBit(message, inMessage), signature)).toBe(false)
      expect(verify(key, message, flipBit(signature, inSignature))).toBe(false)
    }), { numRuns: 50 })
  })

  test.each([[31, 64], [33, 64], [32, 63], [32, 65], [0, 0]])('key of %i and signature of %i bytes: not valid', (k, s) => {
    expect(verify(new Uint8Array(k), utf8('nara'), new Uint8Array(s))).toBe(false)
  })
})

describe('strictness', () => {
  test.each(strict.forbidden)('$name: ZIP-215 accepts it, this package does not', ({ publicKey, message, signature }) => {
    expect(ed25519.verify(hex(signature), hex(message), hex(publicKey), { zip215: true })).toBe(true)
    expect(verify(hex(publicKey), hex(message), hex(signature))).toBe(false)
  })

  test.each([strict.smallOrderKey, strict.malleable])('$name: refused', ({ publicKey, message, signature }) => {
    expect(verify(hex(publicKey), hex(message), hex(signature))).toBe(false)
  })

  test('what RFC 8032 allows is accepted', () => {
    const { publicKey, message, signature } = strict.allowed

    expect(verify(hex(publicKey), hex(message), hex(signature))).toBe(true)
  })
})

describe('peerIdString', () => {
  test('only 32 bytes are a public key', () => {
    expect(thrownBy(() => peerIdString(new Uint8Array(33))).name).toBe('InvalidKey')
  })
})
