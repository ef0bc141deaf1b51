import { encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { createSha256 } from '#sha256'
import { MAX_BODY_FRAME } from '../constants.ts'
import { checkDigest } from '../record/body.ts'
import { readFrame } from './framing.ts'
import { watchPace } from './pace.ts'
import { sendAll } from './stream-source.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from '../deadline.ts'
import type { RecordHeader } from '../record/header.ts'
import type { FrameReader } from './framing.ts'
import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface TransferOptions {
  clock: Clock
  /** Bounds the transfer; a peer that is too slow makes it expire. */
  deadline: Deadline
}

/**
 * Sends a body in frames of at most 64 KiB that are views of it, as fast as the peer takes them.
 *
 * @throws {UnreachableError} the stream broke
 * @throws {TimeoutError} the peer takes it at less than 16 KiB/s
 */
export async function sendBody (stream: Stream, body: Uint8Array, options: TransferOptions): Promise<void> {
  const { clock, deadline } = options
  let handedOver = 0
  const stopWatch = watchPace(clock, () => handedOver - stream.writeBufferLength, err => { deadline.expire(err) })

  try {
    await pipe(framesOf(body), async source => {
      for (const frame of source) {
        handedOver += frame.byteLength
        await sendAll(stream, frame, deadline.signal)
      }
    })
  } finally {
    stopWatch()
  }
}

function * framesOf (body: Uint8Array): Generator<Uint8ArrayList> {
  for (let offset = 0; offset < body.byteLength; offset += MAX_BODY_FRAME) {
    yield encode.single(body.subarray(offset, offset + MAX_BODY_FRAME))
  }
}

/**
 * Collects a body of exactly `length` bytes into one buffer. A frame that would hold more than is missing is refused by its length.
 *
 * @param onBytes sees the bytes as they arrive, in order
 * @throws {ProtocolViolationError} more or fewer bytes
 * @throws {UnreachableError} the stream broke
 * @throws {TimeoutError} the peer sends less than 16 KiB/s
 */
export async function receiveBody (
  frames: FrameReader,
  length: number,
  options: TransferOptions,
  onBytes?: (bytes: Uint8Array) => void
): Promise<Uint8Array> {
  const body = new Uint8Array(length)
  let received = 0
  const stopWatch = watchPace(options.clock, () => received, err => { options.deadline.expire(err) })

  try {
    while (received < length) {
      for (const part of await readFrame(frames, Math.min(MAX_BODY_FRAME, length - received))) {
        body.set(part, received)
        received += part.byteLength
        onBytes?.(part)
      }
    }

    await frames.end()

    return body
  } finally {
    stopWatch()
  }
}

/**
 * Receives the body of a record and checks it against its header, hashing it as it arrives.
 *
 * @throws {BodyMismatchError} not the bytes that the header promises
 */
export async function receiveVerified (frames: FrameReader, record: RecordHeader, options: TransferOptions): Promise<Uint8Array> {
  const hash = createSha256()
  const body = await receiveBody(frames, record.bodyLength, options, bytes => { hash.update(bytes) })
  checkDigest(hash, record)

  return body
}
