import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testBoot, testKey } from '@nara-stash/testing'
import fc from 'fast-check'
import { toString } from 'uint8arrays/to-string'
import { beforeAll, describe, expect, it } from 'vitest'
import { Release, StashRequest, StashResponse } from '../../src/pb/message.ts'
import { peerIdBytes } from '../../src/record/placement.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import type { Placement, RecordHeader, ReleaseReason } from '../../src/index.ts'
import type { WireResponse } from '../../src/wire/codec.ts'

const owner = testKey(1)
const stranger = testKey(2)
const malformed = { name: 'MalformedError' }

let sealed: { record: RecordHeader, body: Uint8Array }
let placement: Placement
let twin: RecordHeader

beforeAll(async () => {
  sealed = await sealedRecord({ key: owner, body: new Uint8Array(100).fill(5) })
  placement = await sealedPlacement(owner, { holders: [testKey(3).id] })
  twin = (await sealedRecord({ key: owner, boot: testBoot(2) })).record
})

const holderId = fc.integer({ min: 3, max: 40 }).map(n => testKey(n).id)
const holders = fc.uniqueArray(fc.integer({ min: 3, max: 40 }).map(n => testKey(n).id), { maxLength: 32 })
const uint32 = fc.nat(2 ** 32 - 1)

/** The fields of a store as the generated code wants them. */
const fields = (): { record: Uint8Array<ArrayBuffer>, placement: Uint8Array<ArrayBuffer> } => ({
  record: new Uint8Array(sealed.record.envelope), placement: new Uint8Array(placement.envelope)
})

const named = (): { owner: Uint8Array<ArrayBuffer>, recordId: Uint8Array<ArrayBuffer> } => ({ owner: peerIdBytes(owner.id), recordId: new Uint8Array(32) })

describe('requests', () => {
  it('come out as they went in', async () => {
    await fc.assert(fc.asyncProperty(holders, uint32, fc.boolean(), fc.boolean(), fc.boolean(), async (liveHolders, leaseRemaining, direct, inline, isMarked) => {
      const { body, ...store } = storeRequest(sealed, placement, { liveHolders, leaseRemaining })
      const { body: _, ...offer } = offerRequest(sealed, placement, { liveHolders, leaseRemaining, direct, ...(isMarked && { mayBeDeleted: true }) })

      expect(await decodeRequest(encodeRequest({ ...store, body }, inline))).toEqual({ request: store, body: inline ? body : undefined })
      expect(await decodeRequest(encodeRequest({ ...offer, body }, false))).toEqual({ request: offer })
      expect(await decodeRequest(encodeRequest({ type: 'fetch', whole: direct }, false))).toEqual({ request: { type: 'fetch', whole: direct } })
    }), { numRuns: 30 })
  })

  it('without a body come out as they went in', async () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const named = { owner: holderId, recordId: digest.map(bytes => toString(bytes, 'base16')) }
    const plain = fc.oneof(
      fc.record({ type: fc.constant('challenge' as const), ...named, nonce: digest }),
      fc.constant({ type: 'witness' as const }),
      fc.record({
        type: fc.constant('release' as const), ...named, reason: fc.constantFrom<ReleaseReason[]>('leaving', 'lease', 'trimmed', 'relieved')
      })
    )

    await fc.assert(fc.asyncProperty(plain, async request => {
      expect(await decodeRequest(encodeRequest(request, false))).toEqual({ request })
    }), { numRuns: 60 })
  })

  it('keep no hold of the frame they came in', async () => {
    const message = encodeRequest(storeRequest(sealed, placement), true)
    const decoded = await decodeRequest(message)

    expect(decoded?.body?.buffer.byteLength).toBe(100)

    const challenge = await decodeRequest(encodeRequest({ type: 'challenge', owner: owner.id, recordId: sealed.record.id, nonce: new Uint8Array(32) }, false))
    expect(challenge?.request).toMatchObject({ nonce: { buffer: { byteLength: 32 } } })
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

  it('of another kind are not malformed: field 7 is left to later', async () => {
    expect(await decodeRequest(new Uint8Array([0x3a, 2, 8, 1]))).toBeUndefined()
  })

  it.each<readonly [string, () => Uint8Array]>([
    ['bytes that are no message', () => new Uint8Array([0xff, 0xff, 0xff])],
    ['a truncated message', () => encodeRequest(storeRequest(sealed, placement), true).subarray(0, 200)],
    ['no record', () => StashRequest.encode({ store: { ...fields(), record: new Uint8Array(), liveHolders: [], leaseRemainingS: 1 } })],
    ['no placement', () => StashRequest.encode({ offer: { ...fields(), placement: new Uint8Array(), liveHolders: [], leaseRemainingS: 1, direct: true, mayBeDeleted: false } })],
    ['the envelopes in each other\'s place', () => StashRequest.encode({
      store: { record: fields().placement, placement: fields().record, liveHolders: [], leaseRemainingS: 1 }
    })],
    ['a holder that is no peer id', () => StashRequest.encode({ store: { ...fields(), liveHolders: [new Uint8Array([1, 2])], leaseRemainingS: 1 } })],
    ['a shorter body', () => StashRequest.encode({ store: { ...fields(), liveHolders: [], leaseRemainingS: 1, body: new Uint8Array(99) } })],
    ['a longer body', () => StashRequest.encode({ store: { ...fields(), liveHolders: [], leaseRemainingS: 1, body: new Uint8Array(101) } })],
    ...[0, 31, 33].map(length => [`a nonce of ${length} bytes`, () => StashRequest.encode({ challenge: { ...named(), nonce: new Uint8Array(length) } })] as const),
    ...[0, 31, 33].flatMap(length => [
      [`a challenge of a record id of ${length} bytes`, () => StashRequest.encode({ challenge: { ...named(), recordId: new Uint8Array(length), nonce: new Uint8Array(32) } })],
      [`a release of a record id of ${length} bytes`, () => StashRequest.encode({ release: { ...named(), recordId: new Uint8Array(length), reason: Release.Reason.LEASE } })]
    ] as const),
    ['a challenge without an owner', () => StashRequest.encode({ challenge: { ...named(), owner: new Uint8Array(), nonce: new Uint8Array(32) } })],
    ['a release by an owner that is no peer id', () => StashRequest.encode({ release: { ...named(), owner: new Uint8Array([1, 2]), reason: Release.Reason.LEASE } })],
    ['a release without a reason', () => StashRequest.encode({ release: { ...named(), reason: Release.Reason.UNKNOWN } })],
    ['a release for a reason that is not known', () => new Uint8Array([...StashRequest.encode({ release: { ...named(), reason: Release.Reason.RELIEVED } }).slice(0, -1), 5])],
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
    const proof = fc.record({
      type: fc.constant('proof' as const), proof: fc.uint8Array({ minLength: 32, maxLength: 32 }), leaving: fc.boolean()
    })
    const other = fc.boolean().map(leaving => ({ type: 'other' as const, record: sealed.record, placement, leaving }))
    const busy = fc.record({ type: fc.constant('busy' as const), retryAfter: uint32 })
    const held = fc.constantFrom('have' as const, 'not-found' as const).map(type => ({ type, leaving: true }))
    const witnessed = fc.constantFrom<WireResponse[]>(
      { type: 'witnessed', record: sealed.record }, { type: 'witnessed', record: sealed.record, beside: twin })
    const found = fc.record({ liveHolders: holders, leaseRemaining: uint32, direct: fc.boolean() }, { requiredKeys: ['liveHolders', 'leaseRemaining', 'direct'] })
      .chain(rest => fc.constantFrom({ ...rest, leaving: true }, rest))
      .map(rest => ({ type: 'found' as const, record: sealed.record, placement, body: sealed.body, ...rest }))

    await fc.assert(fc.asyncProperty(fc.oneof(carrier, plain, refused, found, proof, other, busy, held, witnessed), async response => {
      expect(await decodeResponse(encodeResponse(response, true))).toEqual(response)
    }), { numRuns: 120 })
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

  it.each<readonly [string, Uint8Array]>([
    ['no status', new Uint8Array([0x10, 0])],
    ['a status that is not known', new Uint8Array([8, 15])],
    ['a refusal without a reason', StashResponse.encode({ status: StashResponse.Status.REFUSED })],
    ['a conflict without a record', StashResponse.encode({ status: StashResponse.Status.CONFLICT })],
    ['something found without a record', StashResponse.encode({ status: StashResponse.Status.FOUND })],
    ...[0, 31, 33].map(length => [`a proof of ${length} bytes`, StashResponse.encode({ status: StashResponse.Status.PROOF, proof: new Uint8Array(length) })] as const),
    ['another without a record', StashResponse.encode({ status: StashResponse.Status.OTHER })],
    ['bytes that are no message', new Uint8Array([1, 2, 3])]
  ])('refuse %s', async (_, message) => {
    await expect(decodeResponse(message)).rejects.toMatchObject(malformed)
  })
})

describe('what was witnessed', () => {
  it('is of one owner', async () => {
    const beside = (await sealedRecord({ key: stranger })).record

    await expect(decodeResponse(encodeResponse({ type: 'witnessed', record: sealed.record, beside }, false))).rejects.toThrow('two owners')
  })

  it('is told from what was found by its having no placement', async () => {
    const found = { type: 'found' as const, record: sealed.record, placement, liveHolders: [], leaseRemaining: 1, direct: false }

    expect(await decodeResponse(encodeResponse({ type: 'witnessed', record: sealed.record }, false))).toMatchObject({ type: 'witnessed' })
    expect(await decodeResponse(encodeResponse(found, false))).toMatchObject({ type: 'found' })
  })
})

describe('garbage', () => {
  it('never makes decoding throw anything but MalformedError', async () => {
    const messages = [
      encodeRequest(storeRequest(sealed, placement), true),
      encodeRequest({ type: 'challenge', owner: owner.id, recordId: sealed.record.id, nonce: new Uint8Array(32) }, false),
      encodeRequest({ type: 'release', owner: owner.id, recordId: sealed.record.id, reason: 'lease' }, false),
      encodeResponse({ type: 'proof', proof: new Uint8Array(32), leaving: true }, false),
      encodeResponse({ type: 'witnessed', record: sealed.record, beside: twin }, false)
    ]
    const mutated = fc.tuple(fc.constantFrom(...messages), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([whole, n, xor]) => {
      const at = n % whole.byteLength
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
