import { randomBytes } from 'node:crypto'
import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODIES_IN_FLIGHT } from '../../src/constants.ts'
import { ask } from '../../src/wire/ask.ts'
import { answering, CALLER } from './answering.ts'
import { openPair, streamPair } from './stream-pair.ts'
import type { Answering } from './answering.ts'
import type { StreamPair } from './stream-pair.ts'
import type { Found, Placement, RequestHandler, ResponseTo, StashRequest } from '../../src/index.ts'
import type { SealedRecord } from '@nara-stash/testing'

const owner = testKey(1)
let placement: Placement
let small: SealedRecord
let large: SealedRecord
let tombstone: SealedRecord

beforeAll(async () => {
  placement = await sealedPlacement(owner, { holders: [testKey(3).id] })
  small = await sealedRecord({ key: owner, body: randomBytes(16_384) })
  large = await sealedRecord({ key: owner, body: randomBytes(300_001) })
  tombstone = await sealedRecord({ key: owner, body: null })
})

/** One whole exchange; afterwards neither muxer may have a stream left. */
async function exchange <R extends StashRequest> (
  side: Answering, handler: RequestHandler, request: R, pair?: StreamPair
): Promise<ResponseTo<R>> {
  const { near, far, muxers } = pair ?? await streamPair()
  const answered = side.on(far, handler)

  try {
    return await ask(near, request, { clock: side.clock, self: owner.id })
  } finally {
    await answered
    expect({ near: muxers.near.streams.length, far: muxers.far.streams.length }).toEqual({ near: 0, far: 0 })
    expect(side.clock.pending).toBe(0)
    expect(side.budget.inFlight).toBe(0)
  }
}

function found (sealed: SealedRecord, changes: Partial<Found> = {}): Found {
  return { type: 'found', ...sealed, placement, liveHolders: [testKey(3).id], leaseRemaining: 9, direct: true, ...changes }
}

describe('STORE', () => {
  it.each([['inside the message', () => small], ['streamed', () => large], ['of a tombstone', () => tombstone]])('brings a body %s', async (_, sealed) => {
    const side = answering()
    const { body, ...request } = storeRequest(sealed(), placement, { liveHolders: [testKey(3).id] })

    expect(await exchange(side, side.wanting('send'), { ...request, body })).toEqual({ type: 'stored' })
    expect(side.requests).toEqual([request])
    expect(side.bodies).toEqual([new Uint8Array(body)])
  })

  it('tells who is asking', async () => {
    const side = answering()
    let caller

    await exchange(side, async who => {
      caller = who
      return { type: 'have' }
    }, storeRequest(small, placement))

    expect(caller).toEqual(CALLER)
  })

  it.each([
    { type: 'have' as const },
    { type: 'refused' as const, reason: 'at capacity' as const, retryAfter: 60_000 }
  ])('is answered $type before any body', async response => {
    const side = answering()

    expect(await exchange(side, async () => response, storeRequest(large, placement))).toEqual(response)
    expect(await exchange(side, async () => response, storeRequest(small, placement))).toEqual(response)
  })

  it('is answered with the header that is held instead, also after the body', async () => {
    const side = answering()
    const held = await sealedRecord({ key: owner, seq: 2 })
    const response = { type: 'stale' as const, record: held.record, placement }

    expect(await exchange(side, async () => response, storeRequest(large, placement))).toEqual(response)
    expect(await exchange(side, side.wanting('send', response), storeRequest(large, placement))).toEqual(response)
  })
})

describe('OFFER', () => {
  it.each([['small', () => small], ['large', () => large], ['no', () => tombstone]])('brings a %s body when it is wanted', async (_, sealed) => {
    const side = answering()
    const { body, ...request } = offerRequest(sealed(), placement, { direct: false })

    expect(await exchange(side, side.wanting('wanted'), { ...request, body })).toEqual({ type: 'stored' })
    expect(side.requests).toEqual([request])
    expect(side.bodies).toEqual([new Uint8Array(body)])
  })

  it('is relieved', async () => {
    const side = answering()

    expect(await exchange(side, async () => ({ type: 'relieved' }), offerRequest(small, placement))).toEqual({ type: 'relieved' })
  })
})

describe('FETCH', () => {
  it.each([['inside the message', () => small], ['streamed', () => large], ['of a tombstone', () => tombstone]])('finds a body %s', async (_, sealed) => {
    const side = answering()
    const response = found(sealed())
    const answer = await exchange(side, async () => response, { type: 'fetch', whole: true })

    expect(answer).toEqual({ ...response, body: new Uint8Array(sealed().body) })
  })

  it('finds the header only', async () => {
    const side = answering()
    const { body: _, ...rest } = found(large)

    expect(await exchange(side, async () => found(large), { type: 'fetch', whole: false })).toEqual(rest)
    expect(await exchange(side, async () => rest, { type: 'fetch', whole: false })).toEqual(rest)
  })

  it('finds nothing', async () => {
    const side = answering()

    expect(await exchange(side, async () => ({ type: 'not-found' }), { type: 'fetch', whole: true })).toEqual({ type: 'not-found' })
  })

  it.each([['inside', () => small], ['streamed', () => large]])('does not take altered bytes %s', async (_, sealed) => {
    const side = answering()
    const body = new Uint8Array(sealed().body)
    body[7]! ^= 1

    await expect(exchange(side, async () => found(sealed(), { body }), { type: 'fetch', whole: true }))
      .rejects.toMatchObject({ name: 'BodyMismatchError' })
  })

  it('takes no more than it is told to', async () => {
    const side = answering()
    const { near, far } = await streamPair()
    const answered = side.on(far, async () => found(large))

    await expect(ask(near, { type: 'fetch', whole: true }, { clock: side.clock, maxBody: 300_000 }))
      .rejects.toMatchObject({ name: 'ProtocolViolationError' })
    await answered
  })

  it('does not take the record of another owner', async () => {
    const side = answering()
    const foreign = { ...await sealedRecord({ key: testKey(2) }), placement: await sealedPlacement(testKey(2)) }

    await expect(exchange(side, async () => found(small, foreign), { type: 'fetch', whole: true }))
      .rejects.toMatchObject({ name: 'ProtocolViolationError' })
  })
})

describe('an answer that the request does not allow', () => {
  it.each([
    ['store', 'relieved'], ['store', 'newer'], ['store', 'not-found'], ['fetch', 'stored'], ['fetch', 'have'], ['offer', 'stale'],
    ['offer', 'not-found'], ['store', 'wanted'], ['offer', 'send']
  ])('%s: %s', async (type, answer) => {
    const side = answering()
    const request = type === 'fetch' ? { type, whole: true } as const : type === 'store' ? storeRequest(large, placement) : offerRequest(large, placement)
    const handler = answer === 'wanted' || answer === 'send'
      ? side.wanting(answer)
      : async () => ({ type: answer, record: small.record, placement }) as never

    await expect(exchange(side, handler, request)).rejects.toMatchObject({ name: 'ProtocolViolationError' })
    expect(side.violations).toEqual([])
  })

  it('the record of another owner', async () => {
    const side = answering()
    const { record } = await sealedRecord({ key: testKey(2) })

    await expect(exchange(side, async () => ({ type: 'stale', record }), storeRequest(small, placement)))
      .rejects.toMatchObject({ name: 'ProtocolViolationError' })
  })
})

describe('a handler that fails', () => {
  it.each([
    ['with the request', async () => { throw new Error('disk on fire at /secret/path') }],
    ['at once', () => { throw new Error('disk on fire at /secret/path') }],
    ['with the body', async () => ({
      type: 'send' as const, receive: async () => { throw new Error('disk on fire at /secret/path') }, abandon: () => {}
    })]
  ])('%s: the stream is reset, the cause is logged and stays here', async (_, handler) => {
    const side = answering()
    const err: unknown = await exchange(side, handler as RequestHandler, storeRequest(large, placement)).catch((err: unknown) => err)

    expect(err).toMatchObject({ name: 'UnreachableError' })
    expect(JSON.stringify([err, String((err as Error).cause)])).not.toContain('secret')
    expect(String(side.logged)).toContain('disk on fire')
    expect(side.violations).toEqual([])
  })

  it('a body that is not as long as its header says is never sent', async () => {
    const side = answering()

    await expect(exchange(side, async () => found(small, { body: large.body }), { type: 'fetch', whole: true }))
      .rejects.toMatchObject({ name: 'UnreachableError' })
    expect(String(side.logged)).toContain('not as long')
  })
})

describe('many bodies at once', () => {
  it('are refused before their bytes when there is no room, and their handlers know', async () => {
    const side = answering()
    const release = side.budget.reserve(MAX_BODIES_IN_FLIGHT - 1)
    const { near, far } = await streamPair()
    const answered = side.on(far, side.wanting('send'))

    expect(await ask(near, storeRequest(large, placement), { clock: side.clock }))
      .toEqual({ type: 'refused', reason: 'rate limited', retryAfter: 5_000 })
    await answered
    expect(side.bodies).toEqual(['abandoned'])

    release?.()
    expect(await exchange(side, side.wanting('send'), storeRequest(large, placement))).toEqual({ type: 'stored' })
  })

  it('share one connection', async () => {
    const side = answering()
    const pair = await streamPair()
    const streams = [await openPair(pair.muxers)]
    while (streams.length < 64) {
      streams.push(await openPair(pair.muxers))
    }

    const answers = await Promise.all(streams.map(async ({ near, far }, i) => {
      const answered = side.on(far, i % 2 === 0 ? side.wanting('send') : async () => found(large))
      const response = await ask(near, i % 2 === 0 ? storeRequest(large, placement) : { type: 'fetch', whole: true }, { clock: side.clock })
      await answered

      return response.type
    }))

    expect(answers).toEqual(streams.map((_, i) => i % 2 === 0 ? 'stored' : 'found'))
    expect(side.bodies).toHaveLength(32)
    // the stream that came with the pair was never used
    expect(pair.muxers.near.streams).toHaveLength(1)
    expect(side.budget.inFlight).toBe(0)
  })
})
