import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { openHeader, openPlacement, order, peerIdBytes, sealHeader, sealPlacement } from '../../src/index.ts'
import { bytesOf, committed, keyOf, named, peerIdOf, peers } from './committed.ts'

const records = committed('records')
const placements = committed('placements')
const refused = committed('refused')
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')

describe('peers', () => {
  it.each(peers)('$name: the seed gives this peer id', async ({ name, publicKey, peerId, peerIdBytes: multihash }) => {
    const key = await keyOf(name)

    expect(hex(key.publicKey.raw)).toBe(publicKey)
    expect(peerIdFromPrivateKey(key).toString()).toBe(peerId)
    expect(hex(peerIdBytes(peerId))).toBe(multihash)
  })
})

describe('headers', () => {
  it.each(records)('$name is sealed to these bytes and opened to these claims', async ({ claims: { bodySha256, ...claims }, envelope, id }) => {
    const expected = { ...claims, bodyDigest: bodySha256 }
    const sealed = await sealHeader(expected, await keyOf('owner'))

    expect(hex(sealed.envelope)).toBe(envelope)
    expect(await openHeader(bytesOf(envelope))).toMatchObject({ ...expected, id, owner: named(peers, 'owner').peerId })
  })

  it.each(refused.records)('with $why is refused', async ({ envelope }) => {
    await expect(openHeader(bytesOf(envelope))).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('with a later field in its payload is taken', async () => {
    expect(await openHeader(bytesOf(refused.takenAllTheSame.record))).toMatchObject({ seq: 1 })
  })
})

describe('placements', () => {
  it.each(placements)('$name is sealed to these bytes and opened to these claims', async ({ claims, envelope, id }) => {
    const expected = { ...claims, holders: claims.holders.map(peerIdOf), allowed: claims.allowed.map(peerIdOf) }
    const sealed = await sealPlacement(expected, await keyOf('owner'))

    expect(hex(sealed.envelope)).toBe(envelope)
    expect(await openPlacement(bytesOf(envelope))).toMatchObject({ ...expected, id, owner: named(peers, 'owner').peerId })
  })

  it.each(refused.placements)('with $why is refused', async ({ envelope }) => {
    await expect(openPlacement(bytesOf(envelope))).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('with a later field in its payload is taken', async () => {
    expect(await openPlacement(bytesOf(refused.takenAllTheSame.placement))).toMatchObject({ version: 1 })
  })
})

describe('order', () => {
  const opposite: Record<string, string> = { same: 'same', supersedes: 'superseded', superseded: 'supersedes', conflict: 'conflict' }

  it.each(committed('order'))('$a $relation $b: $why', async ({ a, relation, b }) => {
    const [left, right] = await Promise.all([a, b].map(async name => await openHeader(bytesOf(named(records, name).envelope))))

    expect(order(left!, right!)).toBe(relation)
    expect(order(right!, left!)).toBe(opposite[relation])
  })
})
