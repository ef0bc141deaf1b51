import { createHash } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  DEFAULT_LEASE, MAX_ALLOWED, MAX_HOLDERS, MAX_PLACEMENT_BYTES, PLACEMENT_DOMAIN, PLACEMENT_PAYLOAD_TYPE, RECORD_DOMAIN, RECORD_PAYLOAD_TYPE
} from '../../src/constants.ts'
import { MalformedError } from '../../src/errors.ts'
import { PlacementPayload } from '../../src/pb/record.ts'
import { sealEnvelope } from '../../src/record/envelope.ts'
import { openPlacement, peerIdBytes, peerIdText, sealPlacement } from '../../src/record/placement.ts'
import { mutated } from './mutated.ts'
import { foreignKeys, ownerKey } from './owners.ts'
import type { PlacementClaims } from '../../src/record/placement.ts'
import type { PrivateKey } from '@libp2p/interface'

const KIND = { domain: PLACEMENT_DOMAIN, payloadType: PLACEMENT_PAYLOAD_TYPE, maxBytes: MAX_PLACEMENT_BYTES }

let key: PrivateKey
/** Peer ids of every kind of key that libp2p makes peer ids of, more than a placement may name. */
let peers: string[]

beforeAll(async () => {
  key = await ownerKey(1)

  const keys = await Promise.all(Array.from({ length: MAX_ALLOWED }, async (_, i) => await ownerKey(i + 2)))
  peers = [...await foreignKeys(), ...keys].filter(({ type }) => type !== 'ECDSA').map(key => peerIdFromPrivateKey(key).toString())
})

function claims (changes: Partial<PlacementClaims> = {}): PlacementClaims {
  return {
    version: 1,
    holders: peers.slice(0, 3),
    target: 3,
    minCopies: 2,
    surrogates: 'any',
    allowed: [],
    leaseSeconds: DEFAULT_LEASE,
    ...changes
  }
}

function payload (changes: Partial<PlacementPayload> = {}): PlacementPayload {
  return {
    version: 1,
    holders: peers.slice(0, 3).map(peerIdBytes),
    target: 3,
    minCopies: 2,
    surrogates: PlacementPayload.Surrogates.ANY,
    allowed: [],
    leaseS: 60,
    sinceSeq: 0,
    ...changes
  }
}

async function openPayload (bytes: Uint8Array): Promise<unknown> {
  return await openPlacement(await sealEnvelope(KIND, bytes, key))
}

describe('a placement', () => {
  it('comes back as it was sealed, with its owner, its id and its own bytes', async () => {
    const wanted = claims({ version: 7, surrogates: 'listed', allowed: peers.slice(3, 6), leaseSeconds: 2 ** 32 - 1 })
    const sealed = await sealPlacement(wanted, key)
    const opened = await openPlacement(sealed.envelope)

    expect(opened).toStrictEqual(sealed)
    expect(opened).toMatchObject(wanted)
    expect(opened.owner).toBe(peerIdFromPrivateKey(key).toString())

    const { payload } = RecordEnvelope.createFromProtobuf(sealed.envelope)
    expect(opened.id).toBe(createHash('sha256').update(payload).digest('hex'))
  })

  it('round-trips any honest claims', async () => {
    const honest = fc.record({
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      holders: fc.shuffledSubarray(peers, { maxLength: MAX_HOLDERS }),
      target: fc.integer({ min: 1, max: MAX_HOLDERS }),
      surrogates: fc.constantFrom('any' as const, 'listed' as const, 'none' as const),
      allowed: fc.shuffledSubarray(peers, { maxLength: MAX_ALLOWED }),
      leaseSeconds: fc.nat(2 ** 32 - 1)
    }).chain(rest => fc.integer({ min: 1, max: rest.target }).map(minCopies => ({ ...rest, minCopies })))

    await fc.assert(fc.asyncProperty(honest, async (wanted) => {
      expect(await openPlacement((await sealPlacement(wanted, key)).envelope)).toMatchObject(wanted)
    }), { numRuns: 100 })
  })

  it('fits into its limit with the most holders and allowed peers', async () => {
    const largest = claims({ holders: peers.slice(-MAX_HOLDERS), allowed: peers.slice(-MAX_ALLOWED), version: Number.MAX_SAFE_INTEGER })

    expect((await sealPlacement(largest, key)).envelope.byteLength).toBeLessThanOrEqual(MAX_PLACEMENT_BYTES)
  })

  it('may bear fields that later versions add', async () => {
    const later = concat([PlacementPayload.encode(payload()), Uint8Array.of(0x42, 1, 42)])

    await expect(openPayload(later)).resolves.toMatchObject({ version: 1 })
  })
})

describe('sealing a placement', () => {
  it.each<[string, () => Partial<PlacementClaims>]>([
    ['version 0', () => ({ version: 0 })],
    ['a fraction of a version', () => ({ version: 1.5 })],
    ['a version above 2^53 - 1', () => ({ version: 2 ** 53 })],
    ['a holder that is no peer id', () => ({ holders: ['nobody'] })],
    ['an allowed peer that is no peer id', () => ({ allowed: ['nobody'] })],
    ['one holder twice', () => ({ holders: [peers[0] ?? '', peers[0] ?? ''] })],
    ['17 holders', () => ({ holders: peers.slice(0, MAX_HOLDERS + 1) })],
    ['65 allowed peers', () => ({ allowed: peers.slice(0, MAX_ALLOWED + 1) })],
    ['target 0', () => ({ target: 0 })],
    ['target 17', () => ({ target: MAX_HOLDERS + 1 })],
    ['min_copies 0', () => ({ minCopies: 0 })],
    ['min_copies above the target', () => ({ minCopies: 4 })],
    ['a lease above 32 bits', () => ({ leaseSeconds: 2 ** 32 })],
    ['a negative lease', () => ({ leaseSeconds: -1 })],
    ['a fraction of a lease', () => ({ leaseSeconds: 1.5 })]
  ])('refuses %s, as every receiver would', async (_, wrong) => {
    await expect(sealPlacement(claims(wrong()), key)).rejects.toThrow(MalformedError)
  })

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('keeps a version of %d', async version => {
    expect(await openPlacement((await sealPlacement(claims({ version }), key)).envelope)).toMatchObject({ version })
  })
})

describe('opening a placement that breaks a rule', () => {
  it.each<[string, () => Partial<PlacementPayload>]>([
    ['version 0', () => ({ version: 0 })],
    ['one holder twice', () => ({ holders: [...payload().holders, ...payload().holders.slice(0, 1)] })],
    ['17 holders', () => ({ holders: peers.slice(0, MAX_HOLDERS + 1).map(peerIdBytes) })],
    ['18 holders', () => ({ holders: peers.slice(0, MAX_HOLDERS + 2).map(peerIdBytes) })],
    ['an empty holder', () => ({ holders: [new Uint8Array(0)] })],
    ['a holder that is no multihash', () => ({ holders: [new Uint8Array(38).fill(0xff)] })],
    ['a holder cut short', () => ({ holders: payload().holders.map(bytes => bytes.slice(0, -1)) })],
    ['65 allowed peers', () => ({ allowed: peers.slice(0, MAX_ALLOWED + 1).map(peerIdBytes) })],
    ['66 allowed peers', () => ({ allowed: peers.slice(0, MAX_ALLOWED + 2).map(peerIdBytes) })],
    ['an allowed peer that is none', () => ({ allowed: [new Uint8Array(5)] })],
    ['target 0', () => ({ target: 0, minCopies: 0 })],
    ['target 17', () => ({ target: MAX_HOLDERS + 1 })],
    ['min_copies 0', () => ({ minCopies: 0 })],
    ['min_copies above the target', () => ({ minCopies: 4 })]
  ])('refuses %s', async (_, wrong) => {
    await expect(openPayload(PlacementPayload.encode(payload()))).resolves.toMatchObject({ version: 1 })
    await expect(openPayload(PlacementPayload.encode(payload(wrong())))).rejects.toThrow(MalformedError)
  })

  it.each<[string, number[]]>([
    ['a surrogates rule that does not exist', [0x28, 3]],
    ['version 2^53', [0x08, ...Array.from({ length: 7 }, () => 0x80), 0x10]],
    ['version 2^64 - 1', [0x08, ...Array.from({ length: 9 }, () => 0xff), 1]],
    ['a holder longer than the payload', [0x12, 200, 1]],
    ['nothing after a tag', [0x08]]
  ])('refuses a payload with %s', async (_, bytes) => {
    await expect(openPayload(concat([PlacementPayload.encode(payload()), Uint8Array.from(bytes)]))).rejects.toThrow(MalformedError)
  })

  it('refuses an empty payload', async () => {
    await expect(openPayload(new Uint8Array(0))).rejects.toThrow(MalformedError)
  })

  it('refuses another key than Ed25519, however valid its signature', async () => {
    for (const foreign of await foreignKeys()) {
      await expect(openPlacement(await sealEnvelope(KIND, PlacementPayload.encode(payload()), foreign)), foreign.type)
        .rejects.toThrow(/must be Ed25519/)
    }
  })

  it('refuses a record\'s domain and payload type, together or alone', async () => {
    for (const wrong of [
      { domain: RECORD_DOMAIN }, { payloadType: RECORD_PAYLOAD_TYPE }, { domain: RECORD_DOMAIN, payloadType: RECORD_PAYLOAD_TYPE }
    ]) {
      await expect(openPlacement(await sealEnvelope({ ...KIND, ...wrong }, PlacementPayload.encode(payload()), key)))
        .rejects.toThrow(MalformedError)
    }
  })

  it('refuses every envelope with one flipped bit', async () => {
    const { envelope } = await sealPlacement(claims({ holders: peers.slice(3, 5), allowed: peers.slice(0, 1) }), key)

    for (let bit = 0; bit < envelope.byteLength * 8; bit++) {
      const flipped = new Uint8Array(envelope)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))

      await expect(openPlacement(flipped), `bit ${bit}`).rejects.toThrow(MalformedError)
    }
  })

  it('refuses an envelope over the limit before it looks inside', async () => {
    await expect(openPlacement(new Uint8Array(MAX_PLACEMENT_BYTES + 1))).rejects.toThrow(/over the limit/)
  })

  it('answers garbage with nothing but MalformedError', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 1_000 }), async (garbage) => {
      await expect(openPlacement(garbage)).rejects.toThrow(MalformedError)
    }), { numRuns: 500 })
  })

  it('answers garbage under a valid signature with a placement or MalformedError', async () => {
    const honest = PlacementPayload.encode(payload({ allowed: payload().holders }))

    await fc.assert(fc.asyncProperty(mutated(honest), async (bytes) => {
      const outcome = await openPayload(bytes).catch((err: unknown) => err)

      if (!(outcome instanceof MalformedError)) {
        expect(outcome).toMatchObject({ id: createHash('sha256').update(bytes).digest('hex'), version: expect.any(Number) })
      }
    }), { numRuns: 1_000 })
  })
})

describe('a peer id on the wire', () => {
  it('round-trips for every kind of key', () => {
    expect(peers.map(peerIdBytes).map(peerIdText)).toStrictEqual(peers)
  })

  it('is the same each time, however many there are and whatever a caller does with the bytes', () => {
    const multihashes = Array.from({ length: 3_000 }, (_, i) => concat([Uint8Array.of(0x12, 32), createHash('sha256').update(`${i}`).digest()]))
    const ids = multihashes.map(peerIdText)

    for (const round of [1, 2]) {
      for (const [i, id] of [...ids.entries(), ...[...ids.entries()].toReversed()]) {
        const bytes = peerIdBytes(id)

        expect(Buffer.compare(bytes, multihashes[i] ?? bytes.fill(0)), `peer ${i}, round ${round}`).toBe(0)
        bytes.fill(0)
      }
    }
  })

  it('has one encoding', async () => {
    const rsa = peerIdFromPrivateKey(await generateKeyPair('RSA', 2048)).toMultihash().bytes
    const ed25519 = peerIdFromPrivateKey(key).toMultihash().bytes

    for (const variant of [
      // the same number as a longer varint
      concat([Uint8Array.of(0x92, 0), rsa.subarray(1)]),
      concat([Uint8Array.of(0x80, 0), ed25519.subarray(1)]),
      // a URL, which libp2p takes for a peer id
      concat([Uint8Array.of(0, 17), fromString('https://nara.test')]),
      // a field that the key does not have
      concat([Uint8Array.of(0, 38), ed25519.subarray(2), Uint8Array.of(0x78, 0)])
    ]) {
      expect(() => peerIdText(variant)).toThrow(MalformedError)
    }
  })
})
