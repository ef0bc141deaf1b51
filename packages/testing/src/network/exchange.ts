import { BodyWithheldError, REQUEST_RATE, REQUEST_TIMEOUT, TimeoutError, UnreachableError } from '@nara-stash/protocol'
import { bodyOf, checkAnswer, copyOfAnswer, headBytes, incoming, isInline, wantsBody } from './message.ts'
import type { Interceptor } from './ports.ts'
import type { SimHost } from './sim-host.ts'
import type { SimLink } from './sim-link.ts'
import type { Wire } from './wire.ts'
import type { CancelTimer, StashRequest, StashResponse, WantsBody } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/** A body on its way: what it is for, and how its sender gives up on it. */
interface AwaitedBody {
  wants: WantsBody
  giveUp: (reason: unknown) => void
}

/**
 * One request and its answer on one link (SPEC.md, "Streams"). It has two sides, and they may end apart: an asker that lost its
 * power leaves a responder that waits for the body until the deadline.
 */
export class Exchange {
  readonly #wire: Wire
  readonly #link: SimLink
  readonly #asker: SimHost
  readonly #responder: SimHost
  readonly #request: StashRequest
  readonly #interceptors: readonly Interceptor[]
  readonly #started: number
  readonly #outcome = Promise.withResolvers<StashResponse>()
  readonly #signal: AbortSignal | undefined
  /** The asker still waits. */
  #asking = true
  /** The responder knows that nobody waits. */
  #cutOff = false
  readonly #awaited = new Set<AwaitedBody>()
  #cancelDeadline: CancelTimer = () => {}

  constructor (
    wire: Wire, link: SimLink, asker: SimHost, request: StashRequest, interceptors: readonly Interceptor[], options: AbortOptions = {}
  ) {
    this.#wire = wire
    this.#link = link
    this.#asker = asker
    this.#responder = link.other(asker)
    this.#request = request
    this.#interceptors = interceptors
    this.#started = wire.clock.now()
    this.#signal = options.signal
  }

  /** Sends the request and resolves with the answer, or rejects as `StashNetwork.ask` says. */
  async run (): Promise<StashResponse> {
    this.#signal?.throwIfAborted()
    this.#link.exchanges.add(this)
    this.#signal?.addEventListener('abort', this.#abort)
    this.#setDeadline(0)

    const bytes = headBytes(this.#request) + (isInline(this.#request) ? bodyOf(this.#request)?.byteLength ?? 0 : 0)
    this.#send(this.#asker, this.#request.type, bytes, () => { void this.#serve() })

    return await this.#outcome.promise
  }

  /** An end of the link closed. */
  lost (end: SimHost): void {
    const reason = new UnreachableError(`the connection to ${this.#responder.id} broke`)

    if (end === this.#asker) {
      this.#endAsking(() => { this.#outcome.reject(reason) })
    } else {
      this.#endServing(reason)
    }
  }

  readonly #abort = (): void => {
    this.#hangUp(this.#signal?.reason)
  }

  /** The asker stops waiting and resets the stream; a responder that cannot hear that waits until the deadline. */
  #hangUp (reason: unknown): void {
    this.#endAsking(() => { this.#outcome.reject(reason) })
    this.#send(this.#asker, 'reset', 0, () => { this.#endServing(reason) })
  }

  #setDeadline (bodyLength: number): void {
    this.#cancelDeadline()

    const deadline = this.#started + REQUEST_TIMEOUT + 1_000 * bodyLength / REQUEST_RATE

    this.#cancelDeadline = this.#wire.clock.setTimer(() => {
      const reason = new TimeoutError(`${this.#responder.id} did not answer in time`)

      this.#endAsking(() => { this.#outcome.reject(reason) })
      this.#endServing(reason)
    }, deadline - this.#wire.clock.now())
  }

  async #serve (): Promise<void> {
    try {
      const response = await this.#ask(0, this.#request)

      if (response !== undefined && !this.#cutOff) {
        this.#answer(response)
      }
    } catch (err) {
      this.#send(this.#responder, 'reset', 0, () => {
        const reason = new UnreachableError(`${this.#responder.id} reset the stream`, { cause: err })

        this.#endAsking(() => { this.#outcome.reject(reason) })
        this.#endServing(reason)
      })
    }
  }

  async #ask (depth: number, request: StashRequest): Promise<StashResponse | undefined> {
    const interceptor = this.#interceptors[depth]

    if (interceptor === undefined) {
      return await this.#handle(request)
    }

    // where the next one never answers, this one waits for ever
    return await interceptor(this.#asker.id, this.#responder.id, request, async (changed = request) =>
      await this.#ask(depth + 1, changed) ?? await new Promise<never>(() => {}))
  }

  async #handle (request: StashRequest): Promise<StashResponse> {
    const { handler } = this.#responder

    if (handler === undefined) {
      throw new Error(`${this.#responder.id} does not speak the protocol`)
    }

    const verdict = await handler({ peer: this.#asker.id, connection: this.#link.id, address: this.#asker.address }, incoming(request))
    const body = bodyOf(request)

    if (!wantsBody(verdict)) {
      return verdict
    }

    if (body === undefined) {
      verdict.abandon()
      throw new Error(`${request.type} has no body to send`)
    }

    return await this.#transfer(verdict, body, isInline(request))
  }

  /** Brings the body over, each its own copy, or abandons it if nobody is there to send it. */
  async #transfer (wants: WantsBody, body: Uint8Array, inline: boolean): Promise<StashResponse> {
    if (this.#cutOff) {
      wants.abandon()
      throw new UnreachableError(`${this.#asker.id} is gone`)
    }

    if (inline) {
      return await wants.receive(body.slice())
    }

    // a body counts once it is called for
    this.#setDeadline(body.byteLength)

    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const awaited = { wants, giveUp: reject }
    this.#awaited.add(awaited)

    this.#send(this.#responder, wants.type, 0, () => {
      // one that no longer waits has reset the stream instead
      if (this.#asking && 'withheld' in this.#request && this.#request.withheld === true) {
        this.#hangUp(new BodyWithheldError(`${this.#responder.id} lacks the record that it was shown`))
      } else if (this.#asking) {
        const copy = body.slice()

        this.#send(this.#asker, 'body', copy.byteLength, () => {
          this.#awaited.delete(awaited)
          resolve(copy)
        })
      }
    })

    return await wants.receive(await promise)
  }

  #answer (response: StashResponse): void {
    const answer = copyOfAnswer(response)
    const bodyLength = bodyOf(answer)?.byteLength ?? 0

    const sent = this.#send(this.#responder, answer.type, headBytes(answer) + bodyLength, () => {
      this.#endServing()
      this.#endAsking(() => { this.#deliver(answer) })
    })

    if (sent && bodyLength > 0 && this.#asking) {
      this.#setDeadline(bodyLength)
    }
  }

  #deliver (answer: StashResponse): void {
    try {
      checkAnswer(this.#asker.id, this.#request, answer)
      this.#outcome.resolve(answer)
    } catch (err) {
      this.#outcome.reject(err)
    }
  }

  #send (from: SimHost, type: Parameters<Wire['carry']>[2], bytes: number, arrived: () => void): boolean {
    return this.#wire.carry(this.#link, from, type, bytes, arrived)
  }

  #endAsking (settle: () => void): void {
    if (this.#asking) {
      this.#asking = false
      this.#signal?.removeEventListener('abort', this.#abort)
      settle()
      this.#tidy()
    }
  }

  #endServing (reason?: unknown): void {
    this.#cutOff = true

    for (const { wants, giveUp } of this.#awaited) {
      wants.abandon()
      giveUp(reason)
    }

    this.#awaited.clear()
    this.#tidy()
  }

  #tidy (): void {
    if (!this.#asking && this.#cutOff) {
      this.#cancelDeadline()
      this.#link.exchanges.delete(this)
    }
  }
}
