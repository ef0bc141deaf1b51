import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSoul } from '@nara-stash/crypto'
import { LevelDatastore } from 'datastore-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'

const loopback = new Loopback()
let dir: string

beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'nara-stash-')) })
afterEach(async () => {
  await loopback.stop()
  await rm(dir, { recursive: true })
})

async function opened (): Promise<LevelDatastore> {
  const datastore = new LevelDatastore(dir)
  await datastore.open()

  return datastore
}

describe('a confidant with a datastore', () => {
  it('still has the stash after a restart, and pushes it to its owner', async () => {
    const confidantSoul = createSoul({ name: 'confidant' })
    const soul = createSoul({ name: 'owner' })
    const data = new Uint8Array(100_000).fill(7)
    let datastore = await opened()
    const before = await loopback.nara({ soul: confidantSoul, datastore })
    const owner = await loopback.nara({ soul, fresh: true, target: 1, bootstrap: before.addresses })
    expect(await owner.stash.setStashData(data, { timeout: 45_000 })).toMatchObject({ outcome: 'kept' })
    await loopback.end(owner)
    await loopback.end(before)
    await datastore.close()

    datastore = await opened()
    const after = await loopback.nara({ soul: confidantSoul, datastore })
    expect(after.stash.hasStashFor(owner.peerId)).toBe(true)
    expect(after.stash.status().held).toMatchObject({ count: 1 })

    const pushed: string[] = []
    after.stash.addEventListener('held:pushed', ({ detail }) => { pushed.push(detail.owner) })
    const back = await loopback.nara({ soul, target: 1, minConnections: 0 })
    await after.libp2p.dial(back.libp2p.getMultiaddrs())

    expect(await back.stash.whenSettled()).toBe('settled')
    expect(back.stash.getStashData()?.data).toEqual(data)
    await until(after.stash, 'held:pushed', () => pushed.includes(owner.peerId))
    await loopback.stop()
    await datastore.close()
  })

  it('keeps ciphertext only', async () => {
    const secret = 'the plaintext is nowhere on the disk of the confidant'
    const datastore = await opened()
    const confidant = await loopback.nara({ datastore })
    const owner = await loopback.nara({ target: 1, bootstrap: confidant.addresses })
    await owner.stash.setStashData(new TextEncoder().encode(secret), { timeout: 45_000 })
    await loopback.stop()

    const stored: Buffer[] = []

    for await (const { key, value } of datastore.query({})) {
      stored.push(Buffer.from(key.toString()), Buffer.from(value))
    }

    await datastore.close()
    expect(stored.length).toBeGreaterThan(0)
    expect(Buffer.concat(stored).byteLength).toBeGreaterThan(1_024)
    expect(Buffer.concat(stored).includes(secret)).toBe(false)
  })
})
