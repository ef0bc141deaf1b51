import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { encode } from 'it-length-prefixed'
import { pEvent } from 'p-event'
import { beforeAll, describe, expect, it } from 'vitest'
import { StashRequest, StashResponse } from '../../src/pb/message.ts'
import { sealHeader } from '../../src/record/header.ts'
import { ask } from '../../src/wire/ask.ts'
import { encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import { FrameReader } from '../../src/wire/framing.ts'
import { sendAll } from '../../src/wire/stream-source.ts'
import { answering } from './answering.ts'
import { arrivals, streamPair, until } from './stream-pair.ts'
import type { Answering } from './answering.ts'
import type { StreamPair } from './stream-pair.ts'
import type { Found, Placement, RequestHandler } from '../../src/index.ts'
import type { Stream } from '@libp2p/interface'
import type { SealedRecord } from '@nara-stash/testing'

const signal = new AbortController().signal
const owner = testKey(1)
let placement: Placement
let large: SealedRecord

beforeAll(async () => {
  placement = await sealedPlacement(owner)
  large = await sealedRecord({ key: owner, body: new Uint8Array(200_000).fill(9) })
})

/** A message in its frame. */
const framed = (message: Uint8Array): Uint8Array => encode.single(message).subarray()

/** Body frames of the given sizes. */
const bodyFrames = (...sizes: number[]): Uint8Array[] => sizes.map(size => framed(new Uint8Array(size).fill(9)))

interface Attack extends StreamPair {
  side: Answering
  answered: Promise<void>
  /** The frames that come back. */
  frames: FrameReader
  /** Bytes that have arrived at the answering side. */
  arrived (): number
}

/** A peer that says what it likes on one stream, and what it is told. */
async function attack (handler: (side: Answering) => RequestHandler = side => side.wanting('send')): Promise<Attack> {
  const pair = await streamPair()
  const side = answering()
  const answered = side.on(pair.far, handler(side))

  return { ...pair, side, answered, arrived: arrivals(pair.far), frames: new FrameReader(pair.near, signal) }
}

/** The stream is gone on both sides, and so are its timers and its share of the budget. */
async function expectReset ({ side, answered, near, far, muxers }: Attack): Promise<void> {
  await answered
  expect(far.status).toBe('aborted')

  if (near.status === 'open') {
    await pEvent(near, 'close')
  }

  expect(near.status).toBe('reset')
  expect({ near: muxers.near.streams.length, far: muxers.far.streams.length }).toEqual({ near: 0, far: 0 })
  expect(side.clock.pending).toBe(0)
  expect(side.budget.inFlight).toBe(0)
}

async function sendQuietly (stream: Stream, chunks: Uint8Array[]): Promise<void> {
  try {
    for (const chunk of chunks) {
      await sendAll(stream, chunk, signal)
    }

    await stream.close()
  } catch {
    // cut off amid the attack
  }
}

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

  it('bytes after a store whose body was inside', async () => {
    const small = await sealedRecord({ key: owner })
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
    await sendQuietly(attacked.near, [framed(new Uint8Array([0x22, 2, 8, 1]))])
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

describe('a slow peer is cut off', () => {
  it('when it sends its request byte by byte', async () => {
    const attacked = await attack()
    const request = framed(encodeRequest(storeRequest(large, placement), false))

    for (let second = 0; second < 5; second++) {
      expect(attacked.far.status).toBe('open')
      await sendAll(attacked.near, request.subarray(second, second + 1), signal)
      await attacked.side.clock.advance(1_000)
    }

    await expectReset(attacked)
    expect(attacked.side.violations).toEqual([])
  })

  it('when it says nothing', async () => {
    const attacked = await attack()
    await attacked.side.clock.advance(4_999)
    expect(attacked.far.status).toBe('open')
    await attacked.side.clock.advance(1)

    await expectReset(attacked)
  })

  it('when it sends its body byte by byte', async () => {
    const attacked = await attack()
    await sendAll(attacked.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await attacked.frames.read(1_000)

    for (let second = 0; second < 5; second++) {
      expect(attacked.far.status).toBe('open')
      await sendAll(attacked.near, bodyFrames(1)[0] as Uint8Array, signal)
      await attacked.side.clock.advance(1_000)
    }

    await expectReset(attacked)
    expect(attacked.side.bodies).toEqual(['abandoned'])
  })

  it('when it starts fast and then stalls', async () => {
    const attacked = await attack()
    await sendAll(attacked.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await attacked.frames.read(1_000)
    const request = attacked.arrived()
    await sendAll(attacked.near, bodyFrames(65_536)[0] as Uint8Array, signal)
    await sendAll(attacked.near, bodyFrames(65_536)[0] as Uint8Array, signal)
    await until(() => attacked.arrived() === request + 2 * (65_536 + 3))
    await attacked.side.clock.advance(9_999)
    expect(attacked.far.status).toBe('open')
    await attacked.side.clock.advance(1)

    await expectReset(attacked)
  })

  it('but not while it keeps the minimum rate', async () => {
    const attacked = await attack()
    await sendAll(attacked.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await attacked.frames.read(1_000)

    for (let left = 200_000; left > 0; left -= 16_384) {
      const [frame] = bodyFrames(Math.min(left, 16_384))
      const before = attacked.arrived()
      await sendAll(attacked.near, frame as Uint8Array, signal)
      await until(() => attacked.arrived() === before + (frame as Uint8Array).byteLength)
      await attacked.side.clock.advance(1_000)
    }

    await attacked.near.close()
    await attacked.answered
    expect(attacked.side.bodies).toEqual([new Uint8Array(200_000).fill(9)])
  })

  it('when it does not read what it asked for', async () => {
    const huge = await sealedRecord({ key: owner, body: new Uint8Array(8 << 20) })
    const found: Found = { type: 'found', ...huge, placement, liveHolders: [], leaseRemaining: 1, direct: true }
    const pair = await streamPair()
    const side = answering()
    const answer = pEvent(pair.near, 'message')
    pair.near.addEventListener('message', () => { pair.near.pause() })
    pair.near.send(framed(encodeRequest({ type: 'fetch', whole: true }, false)))
    await pair.near.close()
    const answered = side.on(pair.far, async () => found)
    await answer
    await until(() => pair.far.writableNeedsDrain && pair.near.readBufferLength > 200_000)
    await side.clock.advance(9_999)
    expect(pair.far.status).not.toBe('aborted')
    await side.clock.advance(1)
    await answered

    expect(pair.far.status).toBe('aborted')
    expect(side.violations).toEqual([])
  })

  it('when its handler takes for ever', async () => {
    const attacked = await attack(() => async () => await new Promise(() => {}))
    await sendAll(attacked.near, framed(encodeRequest(storeRequest(large, placement), false)), signal)
    await attacked.side.clock.advance(9_999)
    expect(attacked.far.status).toBe('open')
    await attacked.side.clock.advance(1)

    await expectReset(attacked)
  })
})

describe('the asking side against a peer', () => {
  const fetch = { type: 'fetch' as const, whole: true }

  /** Asks a peer that answers with these chunks, whatever the request. */
  async function asked (chunks: Uint8Array[], request: Parameters<typeof ask>[1] = fetch): Promise<unknown> {
    const pair = await streamPair()
    const { clock } = answering()
    const sending = sendQuietly(pair.far, chunks)
    const err: unknown = await ask(pair.near, request, { clock, self: owner.id }).catch((err: unknown) => err)
    await sending
    expect(pair.muxers.near.streams).toEqual([])
    expect(clock.pending).toBe(0)

    return err
  }

  const header = (): Uint8Array => framed(encodeResponse({
    type: 'found', record: large.record, placement, liveHolders: [], leaseRemaining: 1, direct: true
  }, false))

  it.each([
    ['random bytes', 'ProtocolViolationError', () => [new Uint8Array(100).fill(0xee)]],
    ['a request', 'MalformedError', () => [framed(encodeRequest(storeRequest(large, placement), false))]],
    ['a truncated answer', 'ProtocolViolationError', () => [header().subarray(0, 100)]],
    ['nothing at all', 'ProtocolViolationError', () => []],
    ['no body after the header', 'ProtocolViolationError', () => [header()]],
    ['too little body', 'ProtocolViolationError', () => [header(), ...bodyFrames(65_536)]],
    ['too much body', 'ProtocolViolationError', () => [header(), ...bodyFrames(65_536, 65_536, 65_536, 3_393)]],
    ['a frame after the body', 'ProtocolViolationError', () => [header(), ...bodyFrames(65_536, 65_536, 65_536, 3_392, 1)]],
    ['a second answer', 'ProtocolViolationError', () => [framed(encodeResponse({ type: 'not-found' }, false)), framed(encodeResponse({ type: 'not-found' }, false))]],
    ['another body', 'BodyMismatchError', () => [header(), ...bodyFrames(65_536, 65_536, 65_536), framed(new Uint8Array(3_392))]]
  ])('that answers with %s', async (_, name, chunks) => {
    expect(await asked(chunks())).toMatchObject({ name })
  })

  it('that wants a body it has already', async () => {
    const small = await sealedRecord({ key: owner })

    expect(await asked([framed(encodeResponse({ type: 'send' }, false))], storeRequest(small, placement)))
      .toMatchObject({ name: 'ProtocolViolationError' })
  })

  it('that never answers', async () => {
    const { near } = await streamPair()
    const { clock } = answering()
    const response = ask(near, fetch, { clock })
    response.catch(() => {})
    await clock.advance(9_999)
    expect(near.status).not.toBe('aborted')
    await clock.advance(1)

    await expect(response).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(near.status).toBe('aborted')
  })

  it('that does not take the body it called for', async () => {
    const huge = await sealedRecord({ key: owner, body: new Uint8Array(8 << 20) })
    const { near, far } = await streamPair()
    const { clock } = answering()
    const response = ask(near, storeRequest(huge, placement), { clock })
    response.catch(() => {})
    far.addEventListener('message', () => { far.pause() }, { once: true })
    far.send(framed(encodeResponse({ type: 'send' }, false)))
    await until(() => near.writableNeedsDrain && far.readBufferLength > 200_000)
    await clock.advance(10_000)

    await expect(response).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('bytes per second') as string })
  })

  it('whom it has no more patience with', async () => {
    const { near } = await streamPair()
    const { clock } = answering()
    const controller = new AbortController()
    const response = ask(near, fetch, { clock, signal: controller.signal })
    controller.abort()

    await expect(response).rejects.toMatchObject({ name: 'AbortError' })
    expect(near.status).toBe('aborted')
    expect(clock.pending).toBe(0)
  })

  it('that is gone', async () => {
    const { near, connections } = await streamPair()
    const { clock } = answering()
    const response = ask(near, fetch, { clock })
    connections.far.abort(new Error('died'))

    await expect(response).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})
