import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../src/wire/ask.ts'
import { encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import { answering } from './answering.ts'
import { FrameReader } from '../../src/wire/framing.ts'
import { bodyFrames, framed, sendQuietly } from './attack.ts'
import { streamPair, until } from './stream-pair.ts'
import type { Placement } from '../../src/index.ts'
import type { SealedRecord } from '@nara-stash/testing'

const owner = testKey(1)
let placement: Placement
let large: SealedRecord

beforeAll(async () => {
  placement = await sealedPlacement(owner)
  large = await sealedRecord({ key: owner, body: new Uint8Array(200_000).fill(9) })
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

  it('that never calls for the body: it has no more time than for any other answer', async () => {
    const huge = await sealedRecord({ key: owner, body: new Uint8Array(8 << 20) })
    const { near } = await streamPair()
    const { clock } = answering()
    const response = ask(near, storeRequest(huge, placement), { clock })
    response.catch(() => {})
    await clock.advance(9_999)
    expect(near.status).not.toBe('aborted')
    await clock.advance(1)

    await expect(response).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('that has kept the body, and says so late: from its call on it has the time that a body of this length takes', async () => {
    const { near, far } = await streamPair()
    const { clock } = answering()
    const response = ask(near, storeRequest(large, placement), { clock })
    const frames = new FrameReader(far, AbortSignal.timeout(10_000))
    await frames.read(32_768)
    far.send(framed(encodeResponse({ type: 'send' }, false)))

    for (let taken = 0; taken < 200_000;) {
      taken += (await frames.read(65_536))?.byteLength ?? 200_000
    }

    await frames.end()
    await clock.advance(13_000)
    far.send(framed(encodeResponse({ type: 'stored' }, false)))
    await far.close()

    expect(await response).toEqual({ type: 'stored' })
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
