import { createPublicKey, createPrivateKey, verify } from 'node:crypto'
import { createSoul, formatSoul, soulFromSeed } from '@nara-stash/crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { WrongIdentityError } from '../src/errors.ts'
import { checkIdentity, peerIdOf, privateKeyFromSoul, soulFromPrivateKey } from '../src/identity.ts'

const soul = soulFromSeed(new Uint8Array(32).fill(1), 'alice')

describe('a soul\'s libp2p key', () => {
  it('is the Ed25519 key of its seed', async () => {
    const key = privateKeyFromSoul(soul)
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), soul.seed])
    const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
    const message = Buffer.from('hello')

    expect(key.type).toBe('Ed25519')
    expect(key.raw.subarray(0, 32)).toEqual(soul.seed)
    expect(Buffer.from(key.publicKey.raw)).toEqual(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
    expect(verify(null, message, publicKey, await key.sign(message))).toBe(true)
  })

  it('has the soul\'s peer id', () => {
    expect(peerIdFromPrivateKey(privateKeyFromSoul(soul)).toString()).toBe(peerIdOf(soul))
  })

  it('gives the soul back', () => {
    const made = createSoul({ name: 'bob' })

    expect(formatSoul(soulFromPrivateKey(privateKeyFromSoul(made), 'bob'))).toBe(formatSoul(made))
  })
})

describe('a host\'s key', () => {
  it('makes a soul that is this host\'s, with the name given or the default', async () => {
    const key = await generateKeyPair('Ed25519')

    expect(peerIdOf(soulFromPrivateKey(key, 'bob'))).toBe(peerIdFromPrivateKey(key).toString())
    expect(soulFromPrivateKey(key, 'bob').name).toBe('bob')
    expect(soulFromPrivateKey(key).name).toBe(`nara-${Buffer.from(key.publicKey.raw.subarray(0, 4)).toString('hex')}`)
  })

  it.each(['secp256k1', 'ECDSA'] as const)('makes none if it is %s', async type => {
    const key = await generateKeyPair(type as 'secp256k1')

    expect(() => soulFromPrivateKey(key)).toThrow(WrongIdentityError)
    expect(() => soulFromPrivateKey(key)).toThrow(new RegExp(`${type}.*privateKeyFromSoul`))
  })
})

describe('the check of a host', () => {
  it('passes the soul\'s own', () => {
    expect(() => { checkIdentity(soul, peerIdOf(soul)) }).not.toThrow()
  })

  it('refuses any other, names both, shows the mend, and no secret', () => {
    const other = peerIdOf(createSoul())
    let message = ''

    try {
      checkIdentity(soul, other)
    } catch (err) {
      expect(err).toBeInstanceOf(WrongIdentityError)
      message = (err as Error).message
    }

    for (const part of [other, peerIdOf(soul), 'privateKeyFromSoul(soul)', 'soulFromPrivateKey(privateKey, name)']) {
      expect(message).toContain(part)
    }

    expect(message).not.toContain(formatSoul(soul))
  })
})
