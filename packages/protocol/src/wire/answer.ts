import {
  BUSY_RETRY_AFTER, FIRST_FRAME_TIMEOUT, LARGEST_MAX_STASH, MAX_INLINE_BODY, MAX_MESSAGE_BYTES, maxBodyLength
} from '../constants.ts'
import { deadlineSignal } from '../deadline.ts'
import { BodyMismatchError } from '../errors.ts'
import { refused } from '../refusal.ts'
import { receiveBody, sendBody } from './body.ts'
import { bringsBody } from './carried.ts'
import { decodeRequest, encodeResponse } from './codec.ts'
import { isViolation } from './failure.ts'
import { endWriting, FrameReader, sendMessage } from './framing.ts'
import { callOrAbandon, HandlerFailure, untilAborted } from './handler-call.ts'
import { requestTimeout } from './pace.ts'
import type { TransferOptions } from './body.ts'
import type { BodyBudget } from './body-budget.ts'
import type { DecodedRequest, WireResponse } from './codec.ts'
import type { Clock } from '../clock.ts'
import type {
  Caller, FetchRequest, IncomingRequest, PlainRequest, RequestHandler, StashResponse, WantsBody
} from '../messages.ts'
import type { AbortOptions, Logger, Stream } from '@libp2p/interface'

export interface AnswerOptions extends AbortOptions {
  clock: Clock
  /** Shared by all streams. */
  budget: BodyBudget
  log: Logger
  /** The peer broke the protocol; its stream was reset and nothing was kept. */
  onViolation (peer: string, err: Error): void
}

/** One exchange in progress, on the answering side. */
interface Exchange extends TransferOptions {
  stream: Stream
  frames: FrameReader
  signal: AbortSignal
  caller: Caller
  handler: RequestHandler
  budget: BodyBudget
}

type Carrier = Exclude<IncomingRequest, PlainRequest>

/**
 * Reads the one request of a stream and answers it (SPEC.md, "Exchanges"). Never rejects: what goes wrong resets the stream, which is all
 * that the peer learns. The stream is closed or aborted afterwards.
 */
export async function answer (stream: Stream, caller: Caller, handler: RequestHandler, options: AnswerOptions): Promise<void> {
  const { clock, budget, log } = options
  const deadline = deadlineSignal(clock, FIRST_FRAME_TIMEOUT, options.signal)
  const { signal } = deadline
  const frames = new FrameReader(stream, signal)

  try {
    await converse({ stream, frames, deadline, clock, signal, caller, handler, budget })
  } catch (err) {
    stream.abort(err instanceof Error ? err : new Error('the exchange was given up'))

    if (isViolation(err)) {
      log('reset a stream of %s - %e', caller.peer, err)
      options.onViolation(caller.peer, err)
    } else if (err instanceof HandlerFailure) {
      log.error('could not answer %s - %e', caller.peer, err.cause ?? err)
    } else {
      log.trace('an exchange with %s ended early - %e', caller.peer, err)
    }
  } finally {
    frames.close()
    deadline.clear()
  }
}

async function converse (exchange: Exchange): Promise<void> {
  const { stream, frames, deadline, signal } = exchange
  const message = await frames.read(MAX_MESSAGE_BYTES)

  if (message == null) {
    // opened and closed without a word: so a peer finds out whether a connection lives
    await endWriting(stream, signal)
    return
  }

  deadline.extend(requestTimeout(0))

  const decoded = await decodeRequest(message)

  if (decoded == null) {
    await reply(exchange, refused('unsupported'))
    await frames.end()
  } else if (bringsBody(decoded.request)) {
    await answerCarrier(exchange, decoded.request, decoded)
  } else {
    await frames.end()
    await answerPlain(exchange, decoded.request)
  }
}

async function answerPlain (exchange: Exchange, request: PlainRequest): Promise<void> {
  const response = await callHandler(exchange, request)

  if ('receive' in response) {
    response.abandon()
    throw new HandlerFailure(`a ${request.type} brings no body`)
  }

  if (request.type === 'fetch') {
    await replyFetch(exchange, request, response)
  } else {
    await reply(exchange, response)
  }
}

async function replyFetch (exchange: Exchange, request: FetchRequest, response: StashResponse): Promise<void> {
  const { stream, deadline, signal } = exchange
  const body = response.type === 'found' && request.whole ? response.body : undefined

  if (response.type === 'found' && request.whole && (body?.byteLength ?? 0) !== response.record.bodyLength) {
    throw new HandlerFailure('a body that is not as long as its header says')
  }

  if (body == null || body.byteLength <= MAX_INLINE_BODY) {
    await reply(exchange, response, body != null)
    return
  }

  deadline.extend(requestTimeout(body.byteLength))
  await sendMessage(stream, encodeResponse(response, false), signal)
  await sendBody(stream, body, exchange)
  await endWriting(stream, signal)
}

/** STORE and OFFER: the body came inside, or there is none, or it follows if it is wanted. */
async function answerCarrier (exchange: Exchange, request: Carrier, { body: inline }: DecodedRequest): Promise<void> {
  const { frames } = exchange
  const complete = inline != null || request.record.bodyLength === 0

  if (complete) {
    await frames.end()
  }

  if (request.record.bodyLength > maxBodyLength(LARGEST_MAX_STASH)) {
    await reply(exchange, refused('too large'))
    await frames.end()
    return
  }

  const response = await callHandler(exchange, request)

  if (!('receive' in response)) {
    await reply(exchange, response)
    await frames.end()
  } else if (complete) {
    await reply(exchange, await keep(exchange, response, inline ?? new Uint8Array()))
  } else {
    await takeBody(exchange, request, response)
  }
}

/** Calls for the body and keeps it, or refuses if too many bytes are on their way already. */
async function takeBody (exchange: Exchange, request: Carrier, wants: WantsBody): Promise<void> {
  const { stream, frames, deadline, signal, budget, caller } = exchange
  const { bodyLength } = request.record
  const release = budget.reserve(bodyLength, caller.peer)

  if (release == null) {
    wants.abandon()
    await reply(exchange, refused('rate limited', BUSY_RETRY_AFTER))
    await frames.end()
    return
  }

  try {
    const body = await collect()
    await reply(exchange, await keep(exchange, wants, body))
  } finally {
    release()
  }

  async function collect (): Promise<Uint8Array> {
    try {
      deadline.extend(requestTimeout(bodyLength))
      await sendMessage(stream, encodeResponse({ type: wants.type }, false), signal)

      return await receiveBody(frames, bodyLength, exchange)
    } catch (err) {
      wants.abandon()
      throw err
    }
  }
}

/** @throws {BodyMismatchError} the peer's bytes are not those that its header promises, which only the handler can tell */
async function keep (exchange: Exchange, wants: WantsBody, body: Uint8Array): Promise<StashResponse> {
  try {
    return await untilAborted(wants.receive(body), exchange.signal)
  } catch (err) {
    throw err instanceof HandlerFailure && err.cause instanceof BodyMismatchError ? err.cause : err
  }
}

async function callHandler (exchange: Exchange, request: IncomingRequest): Promise<StashResponse | WantsBody> {
  return await callOrAbandon(async () => await exchange.handler(exchange.caller, request), exchange.signal)
}

/** Sends the answer and ends the writing side. */
async function reply (exchange: Exchange, response: WireResponse, inline = false): Promise<void> {
  await sendMessage(exchange.stream, encodeResponse(response, inline), exchange.signal)
  await endWriting(exchange.stream, exchange.signal)
}
