import { randomBytes } from 'node:crypto'
import { createSoul, formatSoul, parseSoul } from '@nara-stash/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { Nara } from '../../src/nara-types.ts'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

/** Waits until as many copies as wanted are there. */
async function fullyKept ({ stash }: Nara): Promise<void> {
  await until(stash, 'stash:copies', () => stash.status().copies.have === stash.targetConfidants)
}

describe('a whole nara', () => {
  it('gets its stash back, bit for bit, from nothing but its soul', async () => {
    const [hub] = await loopback.naras(4)
    const soul = createSoul({ name: 'alice' })
    const alice = await loopback.nara({ soul, fresh: true, bootstrap: hub.addresses })
    const data = new Uint8Array(randomBytes(200 * 1024))

    expect(await alice.stash.setStashData(data, { timeout: 45_000 })).toMatchObject({ outcome: 'kept', seq: '1', minimum: 2, target: 3 })
    await fullyKept(alice)
    await loopback.end(alice)

    const back = await loopback.nara({ soul: parseSoul(formatSoul(soul), { name: 'alice' }), bootstrap: hub.addresses })
    expect(back.peerId).toBe(alice.peerId)
    expect(back.stash.hasStashData()).toBe(false)

    expect(await back.stash.whenSettled()).toBe('settled')
    expect(back.stash.getStashData()?.data).toEqual(data)
    expect(back.stash.status().recovery).toMatchObject({ confirmed: true, doubt: null })
    await fullyKept(back)
  })

  it('goes on where it was: the next version builds on the recovered one, and is what comes back next', async () => {
    const [hub] = await loopback.naras(4)
    const soul = createSoul()
    let nara = await loopback.nara({ soul, fresh: true, bootstrap: hub.addresses })
    await nara.stash.setStashData(Uint8Array.of(1), { timeout: 45_000 })

    for (const life of [2, 3]) {
      await fullyKept(nara)
      await loopback.end(nara)
      nara = await loopback.nara({ soul, bootstrap: hub.addresses })
      await nara.stash.whenSettled()
      expect(nara.stash.getStashData()?.data).toEqual(Uint8Array.of(life - 1))
      expect(await nara.stash.setStashData(Uint8Array.of(life), { timeout: 45_000 })).toMatchObject({ outcome: 'kept', seq: String(life) })
    }
  })

  it('replaces a confidant that is gone, and is whole again', async () => {
    const naras = await loopback.naras(5)
    const owner = await loopback.nara({ repairDelay: 0, bootstrap: naras[0].addresses })
    await until(owner.stash, 'peer:connect', () => owner.stash.peers().length === 5)
    await owner.stash.setStashData(Uint8Array.of(7), { timeout: 45_000 })
    await fullyKept(owner)

    const [lost] = naras.filter(({ stash }) => stash.hasStashFor(owner.peerId))
    expect(lost).toBeDefined()
    // without a repair delay it may be whole again before the lost one has ended
    const missed = until(owner.stash, 'stash:copies', () => owner.stash.status().copies.have < 3)
    await loopback.end(lost as Nara)
    await missed
    await fullyKept(owner)

    expect(owner.stash.confidants).not.toContain(lost?.peerId)
    expect(naras.filter(nara => nara !== lost && nara.stash.hasStashFor(owner.peerId))).toHaveLength(3)
  })

  it('is told what became of a write that nobody is there to keep, and keeps trying', async () => {
    const hub = await loopback.nara()
    const owner = await loopback.nara()

    expect(await owner.stash.setStashData(Uint8Array.of(1), { timeout: 10 })).toMatchObject({ outcome: 'unstored', copies: 0 })
    await owner.libp2p.dial(hub.libp2p.getMultiaddrs())
    await until(owner.stash, 'stash:copies', () => owner.stash.status().copies.have === 1)
    expect(hub.stash.hasStashFor(owner.peerId)).toBe(true)
  })
})

describe('the verbs between two naras', () => {
  it('stores with one, asks one, and is pushed to by one', async () => {
    const [hub, other] = await loopback.naras(2)
    const owner = await loopback.nara({ bootstrap: hub.addresses })
    const data = new TextEncoder().encode('remember me')
    await until(owner.stash, 'peer:connect', () => owner.stash.peers().filter(({ connected }) => connected).length === 2)

    await owner.stash.storeWith(hub.peerId, data)
    expect(hub.stash.hasStashFor(owner.peerId)).toBe(true)
    expect(await owner.stash.requestFrom(hub.peerId)).toEqual(data)

    owner.stash.clearMyStash()
    expect(owner.stash.hasStashData()).toBe(false)
    expect(await owner.stash.recoverFromAny()).toEqual(data)

    expect(await hub.stash.pushTo(owner.peerId)).toBe('had it')
    await expect(hub.stash.pushTo(other?.peerId ?? '')).rejects.toMatchObject({ name: 'NotHeldError' })
    await expect(other?.stash.requestFrom(hub.peerId)).rejects.toMatchObject({ name: 'NotFoundError' })

    const stored = await hub.stash.getStoredStash(owner.peerId)
    expect(stored).toMatchObject({ owner: owner.peerId, storedAt: expect.any(Date) as Date })
    expect(stored?.nonce).toHaveLength(24)
    expect(Buffer.from(stored?.ciphertext ?? []).includes('remember me')).toBe(false)
  })
})
