import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { StashRequest, StashResponse } from '../../src/pb/message.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import type { Placement, RecordHeader } from '../../src/index.ts'
import type { WireResponse } from '../../src/wire/codec.ts'

const owner = testKey(1)
const stranger = testKey(2)
const malformed = { name: 'MalformedError' }

let sealed: { record: RecordHeader, body: Uint8Array }
let placement: Placement

beforeAll(async () => {
  sealed = await sealedRecord({ key: owner, body: new Uint8Array(100).fill(5) })
  placement = await sealedPlacement(owner, { holders: [testKey(3).id] })
})

const holders = fc.uniqueArray(fc.integer({ min: 3, max: 40 }).map(n => testKey(n).id), { maxLength: 32 })
const uint32 = fc.nat(2 ** 32 - 1)

/** The fields of a store as the generated code wants them. */
const fields = (): { record: Uint8Array<ArrayBuffer>, placement: Uint8Array<ArrayBuffer> } => ({
  record: new Uint8Array(sealed.record.envelope), placement: new Uint8Array(placement.envelope)
})

describe('requests', () => {
  it('come out as they went in', async () => {
    await fc.assert(fc.asyncProperty(holders, uint32, fc.boolean(), fc.boolean(), async (liveHolders, leaseRemaining, direct, inline) => {
      const { body, ...store } = storeRequest(sealed, placement, { liveHolders, leaseRemaining })
      const { body: _, ...offer } = offerRequest(sealed, placement, { liveHolders, leaseRemaining, direct })

      expect(await decodeRequest(encodeRequest({ ...store, body }, inline))).toEqual({ request: store, body: inline ? body : undefined })
      expect(await decodeRequest(encodeRequest({ ...offer, body }, false))).toEqual({ request: offer })
      expect(await decodeRequest(encodeRequest({ type: 'fetch', whole: direct }, false))).toEqual({ request: { type: 'fetch', whole: direct } })
    }), { numRuns: 30 })
  })

  it('keep no hold of the frame they came in', async () => {
    const message = encodeRequest(storeRequest(sealed, placement), true)
    const decoded = await decodeRequest(message)

    expect(decoded?.body?.buffer.byteLength).toBe(100)
  })

  it('are refused to the sender if the body is not as long as the header says', () => {
    expect(() => encodeRequest({ ...storeRequest(sealed, placement), body: new Uint8Array(99) }, true)).toThrow(
      expect.objectContaining({ name: 'BodyMismatchError' }))
  })

  it('name at most 32 live holders', async () => {
    const liveHolders = Array.from({ length: 33 }, (_, i) => testKey(i).id)
    const decoded = await decodeRequest(encodeRequest(storeRequest(sealed, placement, { liveHolders }), true))
    expect(decoded?.request).toMatchObject({ liveHolders: liveHolders.slice(0, 32) })

    const tooMany = StashRequest.encode({
      store: { ...fields(), liveHolders: Array.from({ length: 33 }, () => new Uint8Array([0, 0])), leaseRemainingS: 0 }
    })
    await expect(decodeRequest(tooMany)).rejects.toMatchObject(malformed)
  })

  it('of another kind are not malformed: field 4 is left to later', async () => {
    expect(await decodeRequest(new Uint8Array([0x22, 2, 8, 1]))).toBeUndefined()
  })

  it.each([
    ['bytes that are no message', () => new Uint8Array([0xff, 0xff, 0xff])],
    ['a truncated message', () => encodeRequest(storeRequest(sealed, placement), true).subarray(0, 200)],
    ['no record', () => StashRequest.encode({ store: { ...fields(), record: new Uint8Array(), liveHolders: [], leaseRemainingS: 1 } })],
    ['no placement', () => StashRequest.encode({ offer: { ...fields(), placement: new Uint8Array(), liveHolders: [], leaseRemainingS: 1, direct: true } })],
    ['the envelopes in each other\'s place', () => StashRequest.encode({
      store: { record: fields().placement, placement: fields().record, liveHolders: [], leaseRemainingS: 1 }
    })],
    ['a holder that is no peer id', () => StashRequest.encode({ store: { ...fields(), liveHolders: [new Uint8Array([1, 2])], leaseRemainingS: 1 } })],
    ['a shorter body', () => StashRequest.encode({ store: { ...fields(), liveHolders: [], leaseRemainingS: 1, body: new Uint8Array(99) } })],
    ['a longer body', () => StashRequest.encode({ store: { ...fields(), liveHolders: [], leaseRemainingS: 1, body: new Uint8Array(101) } })],
    ['nested groups without end', () => new Uint8Array(32_768).fill(0x3b)]
  ])('refuse %s', async (_, message) => {
    await expect(decodeRequest(message())).rejects.toMatchObject(malformed)
  })

  it('refuse a record and a placement of two owners, and one altered byte', async () => {
    const foreign = await sealedPlacement(stranger)
    await expect(decodeRequest(encodeRequest(storeRequest(sealed, foreign), true))).rejects.toThrow('different owners')

    const altered = fields()
    altered.record[altered.record.length - 1]! ^= 1
    await expect(decodeRequest(StashRequest.encode({ store: { ...altered, liveHolders: [], leaseRemainingS: 1 } })))
      .rejects.toMatchObject(malformed)
  })

  it('refuse a body above 16 KiB inside', async () => {
    const large = await sealedRecord({ key: owner, body: new Uint8Array(16_385) })

    await expect(decodeRequest(encodeRequest(storeRequest(large, placement), true))).rejects.toMatchObject(malformed)
  })
})

describe('responses', () => {
  it('come out as they went in', async () => {
    const carrier = fc.constantFrom('stale' as const, 'conflict' as const, 'newer' as const)
      .map(type => ({ type, record: sealed.record, placement }))
    const plain = fc.constantFrom('send', 'stored', 'have', 'not-found', 'wanted', 'relieved').map(type => ({ type }) as WireResponse)
    const refused = fc.record({
      type: fc.constant('refused' as const),
      reason: fc.constantFrom('at capacity', 'too large', 'not trusted', 'draining', 'rate limited', 'over quota', 'unsupported'),
      retryAfter: uint32
    }) as fc.Arbitrary<WireResponse>
    const found = fc.record({ liveHolders: holders, leaseRemaining: uint32, direct: fc.boolean() })
      .map(rest => ({ type: 'found' as const, record: sealed.record, placement, body: sealed.body, ...rest }))

    await fc.assert(fc.asyncProperty(fc.oneof(carrier, plain, refused, found), async response => {
      expect(await decodeResponse(encodeResponse(response, true))).toEqual(response)
    }), { numRuns: 60 })
  })

  it('leave out what does not go with them', async () => {
    const { record } = sealed

    expect(await decodeResponse(encodeResponse({ type: 'stale', record }, true))).toEqual({ type: 'stale', record })
    const found = { type: 'found' as const, record, placement, liveHolders: [], leaseRemaining: 1, direct: false }
    expect(await decodeResponse(encodeResponse({ ...found, body: sealed.body }, false))).toEqual(found)
  })

  it('clamp what does not fit their fields', async () => {
    const response = { type: 'refused' as const, reason: 'draining' as const, retryAfter: 1e12 + 0.5 }

    expect(await decodeResponse(encodeResponse(response, false))).toMatchObject({ retryAfter: 2 ** 32 - 1 })
  })

  it.each([
    ['no status', new Uint8Array([0x10, 0])],
    ['a status that is not known', new Uint8Array([8, 12])],
    ['a refusal without a reason', StashResponse.encode({ status: StashResponse.Status.REFUSED })],
    ['a conflict without a record', StashResponse.encode({ status: StashResponse.Status.CONFLICT })],
    ['something found without a record', StashResponse.encode({ status: StashResponse.Status.FOUND })],
    ['bytes that are no message', new Uint8Array([1, 2, 3])]
  ])('refuse %s', async (_, message) => {
    await expect(decodeResponse(message)).rejects.toMatchObject(malformed)
  })
})

describe('garbage', () => {
  it('never makes decoding throw anything but MalformedError', async () => {
    const whole = encodeRequest(storeRequest(sealed, placement), true)
    const mutated = fc.tuple(fc.nat(whole.byteLength - 1), fc.integer({ min: 1, max: 255 })).map(([at, xor]) => {
      const copy = new Uint8Array(whole)
      copy[at]! ^= xor
      return copy
    })

    await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 2_000 }), mutated), async bytes => {
      for (const decode of [decodeRequest, decodeResponse]) {
        await decode(bytes).catch((err: unknown) => { expect(err).toMatchObject(malformed) })
      }
    }), { numRuns: 300 })
  })
})
