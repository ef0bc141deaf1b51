import { encode } from 'it-length-prefixed'
import { pEvent } from 'p-event'
import { expect } from 'vitest'
import { FrameReader } from '../../src/wire/framing.ts'
import { sendAll } from '../../src/wire/stream-source.ts'
import { answering } from './answering.ts'
import { arrivals, streamPair } from './stream-pair.ts'
import type { Answering } from './answering.ts'
import type { StreamPair } from './stream-pair.ts'
import type { RequestHandler } from '../../src/messages.ts'
import type { Stream } from '@libp2p/interface'

/** A signal that never aborts. */
export const { signal } = new AbortController()

/** A message in its frame. */
export const framed = (message: Uint8Array): Uint8Array => encode.single(message).subarray()

/** Body frames of the given sizes. */
export const bodyFrames = (...sizes: number[]): Uint8Array[] => sizes.map(size => framed(new Uint8Array(size).fill(9)))

export interface Attack extends StreamPair {
  side: Answering
  answered: Promise<void>
  /** The frames that come back. */
  frames: FrameReader
  /** Bytes that have arrived at the answering side. */
  arrived (): number
}

/** A peer that says what it likes on one stream, and what it is told. */
export async function attack (handler: (side: Answering) => RequestHandler = side => side.wanting('send')): Promise<Attack> {
  const pair = await streamPair()
  const side = answering()
  const answered = side.on(pair.far, handler(side))

  return { ...pair, side, answered, arrived: arrivals(pair.far), frames: new FrameReader(pair.near, signal) }
}

/** The stream is gone on both sides, and so are its timers and its share of the budget. */
export async function expectReset ({ side, answered, near, far, muxers }: Attack): Promise<void> {
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

export async function sendQuietly (stream: Stream, chunks: Uint8Array[]): Promise<void> {
  try {
    for (const chunk of chunks) {
      await sendAll(stream, chunk, signal)
    }

    await stream.close()
  } catch {
    // cut off amid the attack
  }
}
