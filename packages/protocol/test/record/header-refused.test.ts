import { createHash } from 'node:crypto'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { describe, expect, it } from 'vitest'
import { MAX_HEADER_BYTES, MAX_PAST, PLACEMENT_DOMAIN, PLACEMENT_PAYLOAD_TYPE, RECORD_PAYLOAD_TYPE } from '../../src/constants.ts'
import { MalformedError } from '../../src/errors.ts'
import { RecordPayload } from '../../src/pb/record.ts'
import { sealEnvelope } from '../../src/record/envelope.ts'
import { openHeader, sealHeader } from '../../src/record/header.ts'
import { boot, claims, key, KIND, openPayload, past, payload } from './header-claims.ts'
import { mutated } from './mutated.ts'
import { foreignKeys, ownerKey } from './owners.ts'

describe('opening a header that breaks a rule', () => {
  it.each<[string, Partial<RecordPayload>]>([
    ['no kind', { kind: RecordPayload.Kind.UNKNOWN }],
    ['seq 0', { seq: 0 }],
    ['no boot', { boot: new Uint8Array(0) }],
    ['a boot of 7 bytes', { boot: new Uint8Array(7) }],
    ['a boot of 9 bytes', { boot: new Uint8Array(9) }],
    ['65 past boots', { past: Array.from({ length: MAX_PAST + 1 }, (_, i) => past(i, i + 1)) }],
    ['66 past boots', { past: Array.from({ length: MAX_PAST + 2 }, (_, i) => past(i, i + 1)) }],
    ['a past boot of 7 bytes', { past: [{ boot: new Uint8Array(7), seq: 1 }] }],
    ['past seq 0', { past: [past(1, 0)] }],
    ['a past seq that equals its own', { past: [past(1, 100)] }],
    ['a past seq above its own', { past: [past(1, 101)] }],
    ['a past that is not lowest first', { past: [past(1, 3), past(2, 2)] }],
    ['one past boot twice', { past: [past(1, 2), past(1, 3)] }],
    ['its own boot in its past', { past: [{ boot: new Uint8Array(8).fill(1), seq: 2 }] }],
    ['data without a body', { bodyLength: 0 }],
    ['data without a digest', { bodySha256: new Uint8Array(0) }],
    ['a digest of 31 bytes', { bodySha256: new Uint8Array(31) }],
    ['a digest of 33 bytes', { bodySha256: new Uint8Array(33) }],
    ['a tombstone with a body', { kind: RecordPayload.Kind.TOMBSTONE, bodySha256: new Uint8Array(0) }],
    ['a tombstone with a digest', { kind: RecordPayload.Kind.TOMBSTONE, bodyLength: 0 }]
  ])('refuses %s', async (_, wrong) => {
    await expect(openPayload(RecordPayload.encode(payload()))).resolves.toMatchObject({ seq: 100 })
    await expect(openPayload(RecordPayload.encode(payload(wrong)))).rejects.toThrow(MalformedError)
  })

  it.each<[string, number[]]>([
    ['a kind that does not exist', [0x08, 9]],
    ['a kind that is text', [0x0a, 1, 65]],
    ['seq 2^53', [0x10, ...Array.from({ length: 7 }, () => 0x80), 0x10]],
    ['past seq 2^53', [0x22, 19, 0x0a, 8, 1, 1, 1, 1, 1, 1, 1, 2, 0x10, ...Array.from({ length: 7 }, () => 0x80), 0x10]],
    ['seq 2^64 - 1', [0x10, ...Array.from({ length: 9 }, () => 0xff), 1]],
    ['a seq of eleven varint bytes', [0x10, ...Array.from({ length: 10 }, () => 0xff), 1]],
    ['a boot longer than the payload', [0x1a, 200, 1]],
    ['nothing after a tag', [0x10]],
    ['an unfinished group', [0x7b]],
    ['nothing at all', []]
  ])('refuses a payload with %s', async (name, bytes) => {
    const whole = name === 'nothing at all' ? new Uint8Array(0) : RecordPayload.encode(payload())

    await expect(openPayload(concat([whole, Uint8Array.from(bytes)]))).rejects.toThrow(MalformedError)
  })

  it('refuses another key than Ed25519, however valid its signature', async () => {
    for (const foreign of await foreignKeys()) {
      await expect(openHeader(await sealEnvelope(KIND, RecordPayload.encode(payload()), foreign)), foreign.type)
        .rejects.toThrow(/must be Ed25519/)
    }
  })

  it('refuses another domain', async () => {
    for (const domain of [PLACEMENT_DOMAIN, '', 'libp2p-peer-record']) {
      await expect(openHeader(await sealEnvelope({ ...KIND, domain }, RecordPayload.encode(payload()), key)))
        .rejects.toThrow(MalformedError)
    }
  })

  it('refuses another payload type in the same domain', async () => {
    for (const payloadType of [PLACEMENT_PAYLOAD_TYPE, '', `${RECORD_PAYLOAD_TYPE}0`, RECORD_PAYLOAD_TYPE.slice(0, -1)]) {
      await expect(openHeader(await sealEnvelope({ ...KIND, payloadType }, RecordPayload.encode(payload()), key)))
        .rejects.toThrow(/payload type/)
    }
  })

  it('refuses the signature of another key', async () => {
    const mine = RecordEnvelope.createFromProtobuf((await sealHeader(claims(), key)).envelope)
    const other = RecordEnvelope.createFromProtobuf((await sealHeader(claims(), await ownerKey(2))).envelope)
    const { payloadType, payload, signature } = mine
    const swapped = new RecordEnvelope({ payloadType, payload, signature, publicKey: other.publicKey })

    await expect(openHeader(swapped.marshal())).rejects.toThrow(MalformedError)
  })

  it('refuses every envelope with one flipped bit', async () => {
    const { envelope } = await sealHeader(claims({ seq: 2, past: [{ boot: boot(2), seq: 1 }] }), key)

    for (let bit = 0; bit < envelope.byteLength * 8; bit++) {
      const flipped = new Uint8Array(envelope)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))

      await expect(openHeader(flipped), `bit ${bit}`).rejects.toThrow(MalformedError)
    }
  })

  it('refuses every envelope that is cut short', async () => {
    const { envelope } = await sealHeader(claims(), key)

    for (let length = 0; length < envelope.byteLength; length++) {
      await expect(openHeader(envelope.subarray(0, length)), `${length} bytes`).rejects.toThrow(MalformedError)
    }
  })

  it('refuses one byte more than the limit, and takes the limit', async () => {
    const least = (await sealEnvelope(KIND, RecordPayload.encode(payload()), key)).byteLength
    // a field of later versions fills the payload up: tag 15, length, zeros; the payload's own length takes one byte more
    const filled = async (size: number): Promise<Uint8Array> => {
      const room = size - least - 4
      const filler = concat([Uint8Array.of(0x7a, (room & 0x7f) | 0x80, room >> 7), new Uint8Array(room)])

      return await sealEnvelope(KIND, concat([RecordPayload.encode(payload()), filler]), key)
    }

    const largest = await filled(MAX_HEADER_BYTES)
    expect(largest.byteLength).toBe(MAX_HEADER_BYTES)
    await expect(openHeader(largest)).resolves.toMatchObject({ seq: 100 })
    await expect(openHeader(await filled(MAX_HEADER_BYTES + 1))).rejects.toThrow(/over the limit/)
  })

  it('refuses every other encoding of the same envelope', async () => {
    const { envelope } = await sealHeader(claims(), key)
    const signed = RecordEnvelope.createFromProtobuf(envelope)
    const field = (tag: number, bytes: Uint8Array): Uint8Array => concat([Uint8Array.of(tag, bytes.byteLength), bytes])
    const publicKey = field(0x0a, publicKeyToProtobuf(signed.publicKey))
    const payloadType = field(0x12, signed.payloadType)
    const body = field(0x1a, signed.payload)
    const signature = field(0x2a, signed.signature)

    await expect(openHeader(concat([publicKey, payloadType, body, signature]))).resolves.toMatchObject(claims())

    for (const variant of [
      [publicKey, payloadType, signature, body],
      [publicKey, payloadType, body, body, signature],
      [publicKey, payloadType, body, signature, Uint8Array.of(0x7a, 0)],
      [publicKey, payloadType, body, field(0x2d, signed.signature)],
      [Uint8Array.of(0x8a, 0), publicKey.subarray(1), payloadType, body, signature]
    ]) {
      await expect(openHeader(concat(variant))).rejects.toThrow(MalformedError)
    }
  })

  it('answers garbage with nothing but MalformedError', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: MAX_HEADER_BYTES + 10 }), async (garbage) => {
      await expect(openHeader(garbage)).rejects.toThrow(MalformedError)
    }), { numRuns: 500 })
  })

  it('answers garbage under a valid signature with a header or MalformedError', async () => {
    const honest = RecordPayload.encode(payload({ past: [past(1, 2), past(2, 3)] }))

    await fc.assert(fc.asyncProperty(mutated(honest), async (bytes) => {
      const outcome = await openPayload(bytes).catch((err: unknown) => err)

      if (!(outcome instanceof MalformedError)) {
        expect(outcome).toMatchObject({
          id: createHash('sha256').update(bytes).digest('hex'),
          boot: expect.stringMatching(/^[0-9a-f]{16}$/),
          seq: expect.any(Number)
        })
      }
    }), { numRuns: 1_000 })
  })

  it('names itself and keeps the cause', async () => {
    await expect(openHeader(fromString('garbage'))).rejects.toMatchObject({ name: 'MalformedError', cause: expect.any(Error) })
  })
})
