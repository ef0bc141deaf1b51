import { LARGEST_MAX_STASH, MAX_INLINE_BODY, MAX_MESSAGE_BYTES, maxBodyLength } from '../constants.ts'
import { deadlineSignal } from '../deadline.ts'
import { BodyWithheldError, ProtocolViolationError } from '../errors.ts'
import { verifyBody } from '../record/body.ts'
import { checkAllowed } from './allowed.ts'
import { receiveVerified, sendBody } from './body.ts'
import { bringsBody } from './carried.ts'
import { decodeResponse, encodeRequest } from './codec.ts'
import { requestError } from './failure.ts'
import { endWriting, FrameReader, readFrame, sendMessage } from './framing.ts'
import { requestTimeout } from './pace.ts'
import { isShown } from './request-codec.ts'
import type { TransferOptions } from './body.ts'
import type { WireResponse } from './codec.ts'
import type { Clock } from '../clock.ts'
import type { FetchRequest, Found, ResponseTo, StashRequest } from '../messages.ts'
import type { AbortOptions, Stream } from '@libp2p/interface'

export interface AskOptions extends AbortOptions {
  clock: Clock
  /** Who asks, base58: the only owner whose record may come in answer to FETCH and WITNESS. Unchecked if left out. */
  self?: string
  /**
   * The longest body that is taken in answer to a FETCH, in bytes.
   *
   * @default maxBodyLength(LARGEST_MAX_STASH)
   */
  maxBody?: number
  /** When the request began, on the clock's monotonic scale, if that was before the stream was there. */
  since?: number
}

/** One exchange in progress, on the asking side. */
interface Exchange extends TransferOptions {
  stream: Stream
  frames: FrameReader
  signal: AbortSignal
  options: AskOptions
  /** How long the exchange may take with a body of this length, from when the stream was there, in milliseconds. */
  limit (bodyLength: number): number
}

/**
 * Asks over a stream of its own and resolves with the peer's final answer. The stream is closed or aborted afterwards.
 *
 * @throws {UnreachableError} the stream or its connection broke
 * @throws {TimeoutError} no answer within 10 s, no whole one within 10 s + body / 64 KiB/s, or a body at less than 16 KiB/s
 * @throws {BodyWithheldError} the peer wants the body of what it was merely shown
 * @throws {ProtocolViolationError | MalformedError} the peer breaks the protocol
 * @throws {BodyMismatchError} the body found, or the one given, is not what its header promises
 */
export async function ask <R extends StashRequest> (stream: Stream, request: R, options: AskOptions): Promise<ResponseTo<R>> {
  const { clock } = options
  const late = clock.now() - (options.since ?? clock.now())
  const limit = (bodyLength: number): number => requestTimeout(bodyLength) - late
  // a body that was not called for yet counts for what passed before the stream was there, not for the answer
  const deadline = deadlineSignal(clock, Math.min(requestTimeout(0), limit(bodyOf(request)?.byteLength ?? 0)), options.signal)
  const { signal } = deadline
  const frames = new FrameReader(stream, signal)

  try {
    const response = await converse({ stream, frames, deadline, clock, signal, options, limit }, request)

    return response as ResponseTo<R>
  } catch (err) {
    const reason = requestError(err, options.signal, signal)
    stream.abort(reason instanceof Error ? reason : new Error('the request was given up'))
    throw reason
  } finally {
    frames.close()
    deadline.clear()
  }
}

/** The asking side from the request to the end of the answer (SPEC.md, "Exchanges"). */
async function converse (exchange: Exchange, request: StashRequest): Promise<WireResponse> {
  const { stream, frames, signal } = exchange
  const inline = request.type === 'store' && request.body.byteLength <= MAX_INLINE_BODY
  const bodyAwaited = bringsBody(request) && !inline && (isShown(request) ? request.record.bodyLength : request.body.byteLength) > 0

  await sendMessage(stream, encodeRequest(request, inline), signal)

  if (!bodyAwaited) {
    await endWriting(stream, signal)
  }

  let response = await readResponse(exchange, request, bodyAwaited)

  if (bringsBody(request) && (response.type === 'send' || response.type === 'wanted')) {
    if (isShown(request)) {
      throw new BodyWithheldError('the peer lacks the record that it was shown')
    }

    exchange.deadline.extend(exchange.limit(request.body.byteLength))
    await sendBody(stream, request.body, exchange)
    await endWriting(stream, signal)
    response = await readResponse(exchange, request, false)
  } else if (bodyAwaited) {
    await endWriting(stream, signal)
  }

  if (request.type === 'fetch' && response.type === 'found') {
    return await completeFound(exchange, request, response)
  }

  await frames.end()

  return response
}

async function readResponse (exchange: Exchange, request: StashRequest, bodyAwaited: boolean): Promise<WireResponse> {
  const response = await decodeResponse(await readFrame(exchange.frames, MAX_MESSAGE_BYTES))
  checkAllowed(request, response, bodyAwaited, ownerOf(request) ?? exchange.options.self)

  return response
}

function bodyOf (request: StashRequest): Uint8Array | undefined {
  return 'body' in request ? request.body : undefined
}

/** Whose record may come back; undefined if that of who asks. */
function ownerOf (request: StashRequest): string | undefined {
  return 'record' in request ? request.record.owner : 'owner' in request ? request.owner : undefined
}

/** Takes the body of what was found, from inside the answer or from the frames that follow. */
async function completeFound (exchange: Exchange, request: FetchRequest, found: Found): Promise<Found> {
  const { maxBody = maxBodyLength(LARGEST_MAX_STASH) } = exchange.options
  const { record } = found

  if (!request.whole) {
    if (found.body != null) {
      throw new ProtocolViolationError('a body in answer to a request for the header')
    }

    await exchange.frames.end()

    return found
  }

  if (record.bodyLength > maxBody) {
    throw new ProtocolViolationError(`a body of ${record.bodyLength} bytes where at most ${maxBody} are taken`)
  }

  if (found.body != null || record.bodyLength === 0) {
    const body = found.body ?? new Uint8Array()
    verifyBody(body, record)
    await exchange.frames.end()

    return { ...found, body }
  }

  exchange.deadline.extend(exchange.limit(record.bodyLength))

  return { ...found, body: await receiveVerified(exchange.frames, record, exchange) }
}
