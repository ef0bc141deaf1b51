import { decode, encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { MAX_BODY_FRAME, MAX_LENGTH_BYTES, MAX_MESSAGE_BYTES } from '../constants.ts'
import { MalformedError, ProtocolViolationError, UnreachableError } from '../errors.ts'
import { closeReason, readable, sendAll } from './stream-source.ts'
import type { StreamSource } from './stream-source.ts'
import type { Stream } from '@libp2p/interface'
import type { LengthDecoderFunction } from 'it-length-prefixed'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * The frames that a peer sends: a varint length of at most four bytes, then that many bytes, at least one (SPEC.md, "Frames").
 * A length is checked before anything of its frame is buffered. Listens from its creation on.
 */
export class FrameReader {
  readonly #source: StreamSource
  readonly #frames: AsyncGenerator<Uint8ArrayList>
  /** What the next frame may hold; 0 when nothing more may come. */
  #cap = 0
  /** Its length was read, its bytes were not. */
  #inFrame = false

  constructor (stream: Stream, signal: AbortSignal) {
    const lengthDecoder: LengthDecoderFunction = Object.assign((data: Uint8ArrayList): number => {
      const { value, bytes } = decodeLength(data)
      lengthDecoder.bytes = bytes
      this.#checkLength(value)
      this.#inFrame = true

      return value
    }, { bytes: 0 })

    this.#source = readable(stream, signal)
    this.#frames = pipe(this.#source, source => decode(source, {
      lengthDecoder,
      maxLengthLength: MAX_LENGTH_BYTES,
      maxDataLength: Math.max(MAX_MESSAGE_BYTES, MAX_BODY_FRAME)
    }))
  }

  /**
   * The next frame, or undefined if the peer has ended its side between two frames.
   *
   * @param cap the bytes it may hold
   * @throws {ProtocolViolationError} an empty or larger frame, a length of more than four bytes, an end amid a frame
   * @throws {UnreachableError} the stream or its connection broke
   */
  async read (cap: number): Promise<Uint8ArrayList | undefined> {
    this.#cap = cap

    const result = await this.#next()

    if (result.done !== true) {
      this.#inFrame = false

      return result.value
    }

    if (this.#inFrame) {
      throw new ProtocolViolationError('the stream ended amid a frame')
    }
  }

  /**
   * Resolves when the peer has ended its side.
   *
   * @throws {ProtocolViolationError} it sent more
   */
  async end (): Promise<void> {
    await this.read(0)
  }

  /** Stops listening. */
  close (): void {
    this.#source.close()
  }

  async #next (): Promise<IteratorResult<Uint8ArrayList, unknown>> {
    try {
      return await this.#frames.next()
    } catch (err) {
      throw isLengthPrefixedError(err) ? new ProtocolViolationError('a broken frame', { cause: err }) : err
    }
  }

  #checkLength (length: number): void {
    if (this.#cap === 0) {
      throw new ProtocolViolationError('bytes after the end')
    }

    if (length === 0) {
      throw new ProtocolViolationError('an empty frame')
    }

    if (length > this.#cap) {
      throw new ProtocolViolationError(`a frame of ${length} bytes where at most ${this.#cap} may come`)
    }
  }
}

/** The errors of it-length-prefixed that its input causes. */
function isLengthPrefixedError (err: unknown): boolean {
  return err instanceof Error && /^(Invalid(Message|DataLength)Length(Length)?|InvalidDataLength|UnexpectedEOF)Error$/.test(err.name)
}

/**
 * Reads an unsigned varint in its only valid, shortest form. A RangeError tells the decoder to wait for more bytes.
 */
function decodeLength (data: Uint8ArrayList): { value: number, bytes: number } {
  let value = 0

  for (let i = 0; i < MAX_LENGTH_BYTES; i++) {
    if (i === data.byteLength) {
      throw new RangeError('a varint continues')
    }

    const byte = data.get(i)
    value |= (byte & 0x7f) << (7 * i)

    if (byte < 0x80) {
      if (byte === 0 && i > 0) {
        throw new ProtocolViolationError('a length that is not in its shortest form')
      }

      return { value, bytes: i + 1 }
    }
  }

  throw new ProtocolViolationError(`a length of more than ${MAX_LENGTH_BYTES} bytes`)
}

/**
 * The next frame, which must come.
 *
 * @throws {ProtocolViolationError} the peer ended its side instead
 */
export async function readFrame (frames: FrameReader, cap: number): Promise<Uint8ArrayList> {
  const frame = await frames.read(cap)

  if (frame == null) {
    throw new ProtocolViolationError('the stream ended where a frame must come')
  }

  return frame
}

/**
 * Sends a message as one frame.
 *
 * @throws {MalformedError} above 32 KiB, which no receiver takes
 * @throws {UnreachableError} the stream closed
 */
export async function sendMessage (stream: Stream, message: Uint8Array, signal: AbortSignal): Promise<void> {
  if (message.byteLength > MAX_MESSAGE_BYTES) {
    throw new MalformedError(`a message of ${message.byteLength} bytes is over the limit of ${MAX_MESSAGE_BYTES}`)
  }

  await sendAll(stream, encode.single(message), signal)
}

/**
 * Ends the writing side; every byte was handed to the connection when it resolves.
 *
 * @throws {UnreachableError} the stream broke
 */
export async function endWriting (stream: Stream, signal: AbortSignal): Promise<void> {
  try {
    await stream.close({ signal })
  } catch (err) {
    signal.throwIfAborted()
    throw new UnreachableError('the stream broke before it took all bytes', { cause: closeReason(err) })
  }
}
