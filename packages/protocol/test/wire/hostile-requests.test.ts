import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_FRAME, MAX_INLINE_BODY } from '../../src/constants.ts'
import { StashRequest, StashResponse } from '../../src/pb/message.ts'
import { sealHeader } from '../../src/record/header.ts'
import { peerIdBytes } from '../../src/record/placement.ts'
import { encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import { sendAll } from '../../src/wire/stream-source.ts'
import { scene } from '../handlers/scene.ts'
import { answering } from './answering.ts'
import { attack, bodyFrames, expectReset, framed, sendQuietly, signal } from './attack.ts'
import { streamPair } from './stream-pair.ts'
import type { StreamPair } from './stream-pair.ts'
import type { Placement } from '../../src/index.ts'
import type { SealedRecord } from '@nara-stash/testing'

const owner = testKey(1)
let placement: Placement
let large: SealedRecord
let small: SealedRecord

beforeAll(async () => {
  placement = await sealedPlacement(owner)
  large = await sealedRecord({ key: owner, body: new Uint8Array(200_000).fill(9) })
  small = await sealedRecord({ key: owner })
})

describe('a request that breaks the protocol resets its stream, is reported and leaves nothing behind', () => {
  it.each([
    ['random bytes', () => [new Uint8Array(100).map((_, i) => i * 37 + 11)]],
    ['an endless varint', () => [new Uint8Array(10_000).fill(0x80)]],
    ['a huge length', () => [new Uint8Array([0xff, 0xff, 0xff, 0x7f])]],
    ['an empty frame', () => [new Uint8Array([0])]],
    ['a truncated message', () => [framed(encodeRequest(storeRequest(large, placement), false)).subarray(0, 150)]],
    ['a message of the wrong kind', () => [framed(encodeResponse({ type: 'stale', record: large.record, placement }, false))]],
    ['a record for a placement', () => [framed(StashRequest.encode({
      store: {
        record: new Uint8Array(large.record.envelope), placement: new Uint8Array(large.record.envelope), liveHolders: [], leaseRemainingS: 1
      }
    }))]],
    ['a nonce of 31 bytes', () => [framed(StashRequest.encode({
      challenge: { owner: peerIdBytes(owner.id), recordId: new Uint8Array(32), nonce: new Uint8Array(31) }
    }))]],
    ['bytes after a challenge', () => [
      framed(encodeRequest({ type: 'challenge', owner: owner.id, recordId: large.record.id, nonce: new Uint8Array(32) }, false)), new Uint8Array([1, 1])
    ]],
    ['bytes after a question for a witness', () => [framed(encodeRequest({ type: 'witness' }, false)), new Uint8Array([1, 1])]],
    ['bytes after a release', () => [
      framed(encodeRequest({ type: 'release', owner: owner.id, recordId: large.record.id, reason: 'lease' }, false)), new Uint8Array([1, 1])
    ]],
    ['bytes after a fetch', () => [framed(encodeRequest({ type: 'fetch', whole: true }, false)), new Uint8Array([1, 1])]]
  ])('%s', async (_, chunks) => {
    const attacked = await attack()
    await sendQuietly(attacked.near, chunks())

    await expectReset(attacked)
    expect(attacked.side.violations).toHaveLength(1)
    expect(attacked.side.violations[0]).toMatch(/^the caller: (ProtocolViolation|Malformed)Error$/)
    expect(attacked.side.requests).toEqual([])
    expect(attacked.side.bodies).toEqual([])
  })

  it('wrong owner: the placement of somebody else', async () => {
    const attacked = await attack()
    await sendQuietly(attacked.near, [framed(encodeRequest(storeRequest(large, await sealedPlacement(testKey(2))), false))])

    await expectReset(attacked)
    expect(attacked.side.violations).toEqual(['the caller: MalformedError'])
  })

  it('a tombstone with a body inside, or behind it', async () => {
    const { record } = await sealedRecord({ key: owner, body: null })
    const fields = { record: new Uint8Array(record.envelope), placement: new Uint8Array(placement.envelope), liveHolders: [], leaseRemainingS: 1 }
    const store = framed(StashRequest.encode({ store: fields }))
    const offer = framed(StashRequest.encode({ offer: { ...fields, direct: true, mayBeDeleted: false } }))

    for (const chunks of [
      [framed(StashRequest.encode({ store: { ...fields, body: new Uint8Array(1) } }))], [store, ...bodyFrames(1)], [offer, ...bodyFrames(1)]
    ]) {
      const { handler, held } = scene()
      const attacked = await attack(() => handler)
      await sendQuietly(attacked.near, chunks)

      await expectReset(attacked)
      expect(attacked.side.violations[0]).toMatch(/^the caller: (ProtocolViolation|Malformed)Error$/)
      expect([attacked.side.requests, held.tombstone(owner.id)]).toEqual([[], undefined])
    }
  })

  it('a forged tombstone: one byte altered, or the key of somebody else', async () => {
    const { record } = await sealedRecord({ key: owner, body: null })
    const altered = new Uint8Array(record.envelope)
    altered[altered.length - 1]! ^= 1
    const foreign = new Uint8Array((await sealedRecord({ key: testKey(2), body: null })).record.envelope)

    for (const envelope of [altered, foreign]) {
      const attacked = await attack()
      await sendQuietly(attacked.near, [framed(StashRequest.encode({
        store: { record: envelope, placement: new Uint8Array(placement.envelope), liveHolders: [], leaseRemainingS: 1 }
      }))])

      await expectReset(attacked)
      expect([attacked.side.violations, attacked.side.requests]).toEqual([['the caller: MalformedError'], []])
    }
  })

  it('bytes after a store whose body was inside', async () => {
    const attacked = await attack()
    await sendQuietly(attacked.near, [framed(encodeRequest(storeRequest(small, placement), true)), new Uint8Array([1, 1])])

    await expectReset(attacked)
    expect(attacked.side.violations).toEqual(['the caller: ProtocolViolationError'])
    expect(attacked.side.requests).toEqual([])
  })

  it.each([
    ['too many bytes in the last frame', [65_536, 65_536, 65_536, 3_393]],
    ['a frame after the last', [65_536, 65_536, 65_536, 3_392, 1]],
    ['too few bytes', [65_536, 65_536]],
    ['a frame above 64 KiB', [65_537]],
    ['nothing', []]
  ])('a body with %s: the handler is told that none will come', async (_, sizes) => {
    for (const request of [storeRequest(large, placement), offerRequest(large, placement)]) {
      const attacked = await attack()
      await sendAll(attacked.near, framed(encodeRequest(request, false)), signal)
      await attacked.frames.read(1_000)
      await sendQuietly(attacked.near, bodyFrames(...sizes))

      await expectReset(attacked)
      expect(attacked.side.violations).toEqual(['the caller: ProtocolViolationError'])
      expect(attacked.side.bodies).toEqual(['abandoned'])
    }
  })

  it.each([['in frames', () => large], ['inside', () => small]])('a body %s that is not the one of its header is not kept', async (_, sealed) => {
    const { record, body } = sealed()
    const { handler, held } = scene({ capacity: { bytes: 1_000_000, maxStash: 500_000 } })
    const attacked = await attack(() => handler)
    const inline = body.byteLength <= MAX_INLINE_BODY
    const request = storeRequest({ record, body: body.map(byte => byte ^ 1) }, placement)
    await sendAll(attacked.near, framed(encodeRequest(request, inline)), signal)

    if (!inline) {
      await attacked.frames.read(1_000)
      for (let at = 0; at < body.byteLength; at += MAX_BODY_FRAME) {
        await sendAll(attacked.near, framed(request.body.subarray(at, at + MAX_BODY_FRAME)), signal)
      }
    }

    await attacked.near.close()
    await expectReset(attacked)
    expect(attacked.side.violations).toEqual(['the caller: BodyMismatchError'])
    expect(held.count).toBe(0)
  })
})

describe('what is no violation', () => {
  it('a stream that is closed without a word', async () => {
    const attacked = await attack()
    await attacked.near.close()
    await attacked.answered

    expect(attacked.side.violations).toEqual([])
    expect(attacked.muxers.far.streams).toEqual([])
  })

  it('a request of a kind that is not known yet', async () => {
    const attacked = await attack()
    await sendQuietly(attacked.near, [framed(new Uint8Array([0x3a, 2, 8, 1]))])
    const answer = await attacked.frames.read(1_000)
    await attacked.answered

    expect(StashResponse.decode(answer?.subarray() ?? new Uint8Array())).toMatchObject({ status: 'REFUSED', reason: 'UNSUPPORTED' })
    expect(attacked.side.violations).toEqual([])
  })

  it('a body above what anybody may store: refused without asking the handler', async () => {
    const record = await sealHeader({
      kind: 'data', boot: '00'.repeat(8), seq: 1, past: [], bodyLength: 2 ** 32 - 1, bodyDigest: '00'.repeat(32)
    }, owner.privateKey)
    const attacked = await attack()
    await sendAll(attacked.near, framed(StashRequest.encode({
      store: { record: new Uint8Array(record.envelope), placement: new Uint8Array(placement.envelope), liveHolders: [], leaseRemainingS: 1 }
    })), signal)
    const answer = await attacked.frames.read(1_000)
    await attacked.near.close()
    await attacked.answered

    expect(StashResponse.decode(answer?.subarray() ?? new Uint8Array())).toMatchObject({ status: 'REFUSED', reason: 'TOO_LARGE' })
    expect(attacked.side.requests).toEqual([])
  })

  it.each([
    ['the stream', (pair: StreamPair) => { pair.near.abort(new Error('died')) }],
    ['the connection', (pair: StreamPair) => { pair.connections.near.abort(new Error('died')) }],
    ['the connection, in an orderly way', (pair: StreamPair) => { void pair.connections.near.close() }]
  ])('a peer that dies amid its body, with it %s', async (_, kill) => {
    const attacked = await attack()
    await sendAll(attacked.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await attacked.frames.read(1_000)
    await sendAll(attacked.near, bodyFrames(65_536)[0] as Uint8Array, signal)
    kill(attacked)
    await attacked.answered

    expect(attacked.side.violations).toEqual([])
    expect(attacked.side.bodies).toEqual(['abandoned'])
    expect(attacked.side.budget.inFlight).toBe(0)
    expect(attacked.muxers.far.streams).toEqual([])
  })

  it('a peer that is gone while the handler thinks, which then wants its body', async () => {
    const controller = new AbortController()
    const pair = await streamPair()
    const side = answering()
    const asked = Promise.withResolvers<void>()
    const thought = Promise.withResolvers<void>()
    const answered = side.on(pair.far, async (caller, request) => {
      asked.resolve()
      await thought.promise
      return await side.wanting('send')(caller, request)
    }, controller.signal)

    await sendAll(pair.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await asked.promise
    controller.abort(new Error('stopping'))
    await answered
    expect(side.bodies).toEqual([])

    thought.resolve()
    await side.clock.settle()
    expect(side.bodies).toEqual(['abandoned'])
  })
})
