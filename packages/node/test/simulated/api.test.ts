import { inspect } from 'node:util'
import { formatSoul, soulToWords } from '@nara-stash/crypto'
import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)

describe('what is held', () => {
  it('shows in hasStashFor, getStoredStash, storedCount and storageLimit', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [holder] = holdersAmong(confidants, owner) as [Nara]
    const stored = await holder.stash.getStoredStash(owner.id)

    expect(holder.stash.hasStashFor(owner.id)).toBe(true)
    expect(holder.stash.storedCount).toBe(1)
    expect(holder.stash.storageLimit).toBe(20)
    expect(stored).toMatchObject({ owner: owner.id, storedAt: expect.any(Date) })
    expect(stored?.nonce.byteLength).toBe(24)
    expect(text(stored?.ciphertext)).not.toContain('one')
    expect(owner.stash.hasStashFor(holder.id)).toBe(false)
    expect(await owner.stash.getStoredStash(holder.id)).toBeUndefined()
    expect(owner.stash.targetConfidants).toBe(3)
  })
})

describe('marshalState', () => {
  it('is JSON, and holds neither soul, seed, words nor data', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'attack at dawn')
    owner.stash.getStashData()
    const json = owner.stash.marshalState()
    const { soul } = owner
    const words = soulToWords(soul)
    const secrets = [formatSoul(soul), words, toString(soul.seed, 'base16'), toString(soul.seed, 'base64'), toString(soul.seed, 'base58btc'),
      toString(owner.process.parts.owning?.own.privateKey.raw ?? new Uint8Array(), 'base16'), 'attack at dawn']

    expect(JSON.parse(json)).toMatchObject({ peerId: owner.id, state: 'settled', copies: { have: 3 } })
    secrets.forEach(secret => {
      expect(secret.length).toBeGreaterThan(10)
      expect(json.toLowerCase()).not.toContain(secret.toLowerCase())
    })
    expect(words.split(' ').filter(word => json.includes(`"${word}"`))).toEqual([])
  })

  it('is all that the service becomes in a log: neither keys nor data', async () => {
    const world = new World()
    const { owner } = await world.owned(1)
    await kept(world, owner, 'attack at dawn', 1)
    const key = owner.process.parts.owning?.own.privateKey.raw.subarray(0, 8)

    expect(key).toHaveLength(8)

    for (const log of [JSON.stringify(owner.stash), inspect(owner.stash, { depth: Infinity, showHidden: true, maxArrayLength: null })]) {
      expect(log).not.toContain(JSON.stringify(key).slice(1, -1))
      expect(log).not.toContain(key?.join(', '))
    }
  })
})

describe('a nara without a soul', () => {
  it('holds for others, and has no stash of its own', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const [plain] = await world.confidants(3, { owns: false }) as [Nara]
    world.net.connectAll()
    await kept(world, owner, 'one')

    expect(plain.stash.hasStashFor(owner.id)).toBe(true)
    expect(plain.stash.hasStashData()).toBe(false)
    expect(plain.stash.confidants).toEqual([])
    expect(JSON.parse(plain.stash.marshalState())).toMatchObject({ stash: null, held: { count: 1 } })
    await expect(plain.stash.setStashData(bytes('one'))).rejects.toMatchObject({ name: 'NoSoulError' })
    await expect(plain.stash.requestFrom(owner.id)).rejects.toMatchObject({ name: 'NoSoulError' })
    await expect(plain.stash.recoverFromAny()).rejects.toMatchObject({ name: 'NoSoulError' })
    await expect(plain.stash.storeWith(owner.id, bytes('one'))).rejects.toMatchObject({ name: 'NoSoulError' })
    await expect(plain.stash.distributeToConfidants()).rejects.toMatchObject({ name: 'NoSoulError' })
    await expect(plain.stash.selectConfidantsAutomatically()).rejects.toMatchObject({ name: 'NoSoulError' })

    for (const verb of [() => plain.stash.getStashData(), () => { plain.stash.clearMyStash() }, () => { plain.stash.setConfidants([]) }, () => plain.stash.setAside()]) {
      expect(verb).toThrow(expect.objectContaining({ name: 'NoSoulError' }))
    }
  })
})
