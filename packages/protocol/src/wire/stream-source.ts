import { pEvent } from 'p-event'
import { raceSignal } from 'race-signal'
import { Uint8ArrayList } from 'uint8arraylist'
import { UnreachableError } from '../errors.ts'
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'

type Chunk = Uint8Array | Uint8ArrayList

/**
 * The bytes of a stream as an async iterable with back-pressure: the stream is paused while a chunk waits to be taken, so what
 * is buffered stays within two of the muxer's receive windows (one in the chunk, one in the paused stream). It listens from its
 * creation on, and for one consumer.
 *
 * It ends when the peer has closed its writing side and every byte was taken, and throws an UnreachableError when the stream or
 * its connection breaks before that, or the signal's reason when the signal aborts. The stream itself is left to the caller
 * to close or abort.
 */
export class StreamSource implements AsyncIterableIterator<Chunk, undefined> {
  readonly #stream: Stream
  readonly #signal: AbortSignal
  #chunk?: Chunk
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: unknown
  /** A transport that closes ends the stream as well, without this word of the peer. */
  #closedByPeer: boolean
  #resuming = false
  #wake?: () => void

  constructor (stream: Stream, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
    this.#closedByPeer = stream.remoteWriteStatus === 'closed' && stream.status === 'open'

    if (signal.aborted) {
      this.#fail(signal.reason)
    } else if (stream.status === 'reset' || stream.status === 'aborted') {
      this.#fail(new UnreachableError('the stream was reset'))
    } else if (stream.readableEnded && stream.readBufferLength === 0) {
      this.#onEnd()
    } else {
      signal.addEventListener('abort', this.#onAbort)
      stream.addEventListener('message', this.#onMessage)
      stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
      stream.addEventListener('end', this.#onEnd)
      stream.addEventListener('close', this.#onClose)
    }
  }

  [Symbol.asyncIterator] (): this {
    return this
  }

  async next (): Promise<IteratorResult<Chunk, undefined>> {
    for (;;) {
      if (this.#state === 'failed') {
        throw this.#error
      }

      if (this.#chunk == null && this.#state === 'open') {
        this.#resume()
      }

      if (this.#chunk != null) {
        const value = this.#chunk
        this.#chunk = undefined

        return { value, done: false }
      }

      if (this.#state === 'ended') {
        return { value: undefined, done: true }
      }

      if (this.#state === 'open') {
        await new Promise<void>(resolve => { this.#wake = resolve })
      }
    }
  }

  async return (): Promise<IteratorResult<Chunk, undefined>> {
    this.close()

    return { value: undefined, done: true }
  }

  /** Stops listening and drops what was not taken. */
  close (): void {
    if (this.#state === 'open') {
      this.#state = 'ended'
    }

    this.#chunk = undefined
    this.#detach()
    this.#wake?.()
  }

  readonly #onMessage = (evt: StreamMessageEvent): void => {
    // a transport without latency may answer resume() with more before it returns
    this.#chunk = this.#chunk == null ? evt.data : new Uint8ArrayList(this.#chunk, evt.data)

    if (this.#stream.readableEnded) {
      // a request that came in one go with its protocol's name was handed back after the stream had told its end; it tells it once
      this.#onEnd()
      return
    }

    // within resume() the muxer would overrule this pause by granting the peer a new window right after
    if (!this.#resuming) {
      this.#pause()
    }

    this.#wake?.()
  }

  readonly #onRemoteCloseWrite = (): void => {
    this.#closedByPeer = true
  }

  readonly #onEnd = (): void => {
    if (this.#stream.status === 'reset' || this.#stream.status === 'aborted') {
      // the 'close' event follows and says why
      return
    }

    if (this.#closedByPeer) {
      this.#finish()
    } else {
      this.#fail(new UnreachableError('the connection closed before the peer had ended the stream'))
    }
  }

  readonly #onClose = (evt: StreamCloseEvent): void => {
    if (evt.error != null) {
      this.#fail(new UnreachableError('the stream was reset', { cause: evt.error }))
    }
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#signal.reason)
  }

  #pause (): void {
    if (this.#stream.readStatus === 'readable') {
      this.#stream.pause()
    }
  }

  #resume (): void {
    if (this.#stream.readStatus !== 'paused') {
      return
    }

    this.#resuming = true

    try {
      this.#stream.resume()
    } catch (err) {
      // bytes of a closed connection are still handed over, but the muxer cannot grant the peer a window any more
      if (this.#chunk == null && this.#state === 'open') {
        this.#fail(new UnreachableError('the connection closed', { cause: err }))
      }
    } finally {
      this.#resuming = false
    }

    if (this.#chunk != null) {
      this.#pause()
    }
  }

  #finish (): void {
    if (this.#state === 'open') {
      this.#state = 'ended'
      this.#detach()
      this.#wake?.()
    }
  }

  #fail (error: unknown): void {
    if (this.#state === 'open') {
      this.#state = 'failed'
      this.#error = error
      this.#chunk = undefined
      this.#detach()
      this.#wake?.()
    }
  }

  #detach (): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    this.#stream.removeEventListener('end', this.#onEnd)
    this.#stream.removeEventListener('close', this.#onClose)
  }
}

/** A StreamSource over `stream`. */
export function readable (stream: Stream, signal: AbortSignal): StreamSource {
  return new StreamSource(stream, signal)
}

/**
 * Hands `chunk` to the stream and resolves when the stream takes more. The bytes are not copied.
 *
 * @throws {UnreachableError} the stream closed first
 */
export async function sendAll (stream: Stream, chunk: Chunk, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()

  if (send(stream, chunk)) {
    return
  }

  // a drained stream first sends what it queued, which may fill it up again
  do {
    // no signal for p-event: it would leave a listener behind with every chunk
    const drained = pEvent(stream, 'drain', { rejectionEvents: ['close'] })

    try {
      await raceSignal(drained, signal)
    } catch (err) {
      signal.throwIfAborted()
      throw new UnreachableError('the stream closed before it took all bytes', { cause: closeReason(err) })
    } finally {
      drained.cancel()
    }
  } while (stream.writableNeedsDrain)
}

/** p-event rejects with the 'close' event itself. */
export function closeReason (rejection: unknown): unknown {
  return rejection instanceof Event && 'error' in rejection ? rejection.error : rejection
}

function send (stream: Stream, chunk: Chunk): boolean {
  try {
    return stream.send(chunk)
  } catch (err) {
    throw new UnreachableError('the stream is closed', { cause: err })
  }
}
