import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { pEvent } from 'p-event'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeRequest } from '../../src/wire/codec.ts'
import { sendAll } from '../../src/wire/stream-source.ts'
import { answering } from './answering.ts'
import { attack, bodyFrames, expectReset, framed, signal } from './attack.ts'
import { streamPair, until } from './stream-pair.ts'
import type { Found, Placement } from '../../src/index.ts'
import type { SealedRecord } from '@nara-stash/testing'

const owner = testKey(1)
let placement: Placement
let large: SealedRecord

beforeAll(async () => {
  placement = await sealedPlacement(owner)
  large = await sealedRecord({ key: owner, body: new Uint8Array(200_000).fill(9) })
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
