import { formatSoul, naraId, padmeLength, seal, sealingKey, soulFromSeed } from '@nara-stash/crypto'
import { createSha256 } from '@nara-stash/protocol'
import { concat } from 'uint8arrays/concat'
import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { peerIdOf } from '../../src/identity.ts'
import { openBody, sealBody, splitBody } from '../../src/sealed-body.ts'
import { bytesOf, committed, seed } from './committed.ts'

const souls = committed('souls')
const { owner, bodies, createdAt, padding, sealingKey: key } = committed('bodies')
const soul = soulFromSeed(seed)
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')

describe('souls', () => {
  it.each(souls)('$name', ({ name, nameBytes, tag, soul, naraId: id }) => {
    const made = soulFromSeed(seed, name)

    expect({ nameBytes: toString(new TextEncoder().encode(made.name), 'base16'), tag: hex(made.tag), soul: formatSoul(made), id: naraId(made) })
      .toEqual({ nameBytes, tag, soul, id })
  })

  it('has the first of these names if it was given none', () => {
    expect(soul.name).toBe(souls[0]?.name)
  })
})

describe('sealed bodies', () => {
  it('belong to this owner and key', () => {
    expect(peerIdOf(soul)).toBe(owner)
    expect(hex(sealingKey(soul))).toBe(key)
  })

  it.each(bodies)('$name is opened', ({ seq, data, body }) => {
    const opened = openBody(soul, bytesOf(body), { owner, seq })

    expect({ data: hex(opened.data), createdAt: opened.createdAt }).toEqual({ data, createdAt })
  })

  it.each(bodies)('$name opens for no other record', ({ seq, body }) => {
    expect(() => openBody(soul, bytesOf(body), { owner, seq: seq + 1 })).toThrow(expect.objectContaining({ name: 'WrongKeyError' }))
  })

  it.each(bodies)('$name is what its parts are sealed to', ({ plaintext, associatedData, nonce, body, bodySha256 }) => {
    const sealed = seal(sealingKey(soul), bytesOf(plaintext), { nonce: bytesOf(nonce), associatedData: bytesOf(associatedData) })

    expect(hex(concat([sealed.nonce, sealed.ciphertext]))).toBe(body)
    expect(hex(createSha256().update(bytesOf(body)).digest())).toBe(bodySha256)
  })

  it.each(bodies)('$name is sealed anew to the same plaintext under another nonce', ({ seq, data, plaintext, body }) => {
    const again = sealBody(soul, { data: bytesOf(data), createdAt }, { owner, seq })

    expect(again.byteLength).toBe(bytesOf(body).byteLength)
    expect(splitBody(again).nonce).not.toEqual(splitBody(bytesOf(body)).nonce)
    expect(openBody(soul, again, { owner, seq })).toEqual(openBody(soul, bytesOf(body), { owner, seq }))
    expect(again.byteLength).toBe(bytesOf(plaintext).byteLength + 40)
  })
})

describe('padding', () => {
  it.each(padding)('$data bytes of data become a body of $body', ({ data, plaintext, body }) => {
    expect(padmeLength(data + 12)).toBe(plaintext)
    expect(body).toBe(plaintext + 40)
  })
})
