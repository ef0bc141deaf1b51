import { anySignal } from 'any-signal'
import { TypedEventEmitter, setMaxListeners } from 'main-event'
import { systemClock } from './clock.ts'
import { MAX_STREAMS, STASH_PROTOCOL } from './constants.ts'
import { deadlineSignal } from './deadline.ts'
import { AlreadyRegisteredError, UnreachableError } from './errors.ts'
import { answer } from './wire/answer.ts'
import { ask } from './wire/ask.ts'
import { BodyBudget } from './wire/body-budget.ts'
import { requestError } from './wire/failure.ts'
import { Gate } from './wire/gate.ts'
import { requestTimeout } from './wire/pace.ts'
import { PeerTable } from './wire/peer-table.ts'
import { Penalties } from './wire/penalties.ts'
import { probe } from './wire/probe.ts'
import { remoteHost } from './wire/remote-address.ts'
import type { Clock } from './clock.ts'
import type { AskOptions, NetworkEvents, NetworkPeer, StashNetwork } from './network.ts'
import type { RequestHandler, ResponseTo, StashRequest } from './messages.ts'
import type { AbortOptions, ComponentLogger, Connection, CounterGroup, Logger, Metrics, PeerId, Startable, Stream } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface Libp2pStashNetworkComponents {
  peerId: PeerId
  registrar: Pick<Registrar, 'handle' | 'unhandle' | 'register' | 'unregister'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  addressManager: Pick<AddressManager, 'getAddresses'>
  logger: ComponentLogger
  metrics?: Metrics
}

export interface Libp2pStashNetworkInit {
  /**
   * @default systemClock
   */
  clock?: Clock
  /**
   * The longest body taken in answer to a FETCH, in bytes.
   *
   * @default maxBodyLength(LARGEST_MAX_STASH)
   */
  maxBody?: number
}

/**
 * The stash protocol over a libp2p node (SPEC.md, "Streams"). Only direct connections count: bodies do not go through relays.
 */
export class Libp2pStashNetwork extends TypedEventEmitter<NetworkEvents> implements StashNetwork, Startable {
  readonly self: string
  readonly #components: Libp2pStashNetworkComponents
  readonly #clock: Clock
  readonly #maxBody?: number
  readonly #log: Logger
  readonly #counters?: CounterGroup
  readonly #table: PeerTable
  readonly #penalties: Penalties
  readonly #budget = new BodyBudget()
  readonly #gates = new Map<string, Gate>()
  #handler?: RequestHandler
  #topology?: string
  /** Ends every exchange when the network stops. */
  #stopping = new AbortController()

  constructor (components: Libp2pStashNetworkComponents, init: Libp2pStashNetworkInit = {}) {
    super()
    this.self = components.peerId.toString()
    this.#components = components
    this.#clock = init.clock ?? systemClock
    this.#maxBody = init.maxBody
    this.#log = components.logger.forComponent('nara:stash:network')
    this.#counters = components.metrics?.registerCounterGroup('nara_stash_exchanges_total', {
      label: 'exchange',
      help: 'Requests asked, requests answered, streams reset for breaking the protocol, streams of peers shut out for that'
    })
    this.#penalties = new Penalties(this.#clock)
    this.#table = new PeerTable(this.#clock, {
      hostOf: connection => this.#hostOf(connection),
      onConnect: peer => { this.safeDispatchEvent('peer:connect', { detail: peer }) },
      onDisconnect: id => {
        this.#gates.delete(id)
        this.safeDispatchEvent('peer:disconnect', { detail: { id } })
      }
    })
  }

  serve (handler: RequestHandler): void {
    this.#handler = handler
  }

  /**
   * Speaks the protocol from here on.
   *
   * @throws {AlreadyRegisteredError} something else on this node does so already
   */
  async start (): Promise<void> {
    this.#stopping = new AbortController()
    setMaxListeners(Infinity, this.#stopping.signal)

    await this.#register()
    // no filter: it would hide the return of a peer whose dead connection still lingers
    this.#topology = await this.#components.registrar.register(STASH_PROTOCOL, {
      onConnect: (_, connection) => { this.#table.add(connection) }
    })
  }

  /** Exchanges are reset before the muxer would end their streams as if they were complete. */
  beforeStop (): void {
    this.#stopping.abort(new UnreachableError('the node is stopping'))
  }

  async stop (): Promise<void> {
    this.beforeStop()

    if (this.#topology != null) {
      this.#components.registrar.unregister(this.#topology)
      this.#topology = undefined
      await this.#components.registrar.unhandle(STASH_PROTOCOL)
    }

    this.#table.clear()
    this.#gates.clear()
  }

  peers (): NetworkPeer[] {
    return this.#table.peers()
  }

  async ask <R extends StashRequest> (peer: string, request: R, options: AskOptions = {}): Promise<ResponseTo<R>> {
    const since = this.#clock.now()
    const gate = this.#gate(peer)
    const signal = anySignal([options.signal, this.#stopping.signal])
    const opening = deadlineSignal(this.#clock, requestTimeout('body' in request ? request.body.byteLength : 0), signal)
    let leave: (() => void) | undefined

    this.#counters?.increment({ [`ask_${request.type}`]: true })

    try {
      leave = await gate.enter(opening.signal)
      const stream = await this.#open(peer, opening.signal, options.connection)
      opening.clear()

      return await ask(stream, request, { clock: this.#clock, self: this.self, maxBody: this.#maxBody, since, signal })
    } catch (err) {
      throw requestError(err, signal, opening.signal)
    } finally {
      opening.clear()
      signal.clear()
      leave?.()
      this.#dropIdle(peer, gate)
    }
  }

  /**
   * Finds out which of a peer's older connections are dead and aborts them: each must negotiate a stream, one round trip, within 5 s.
   * For a peer that is back with another boot: what is left of its former life may linger until TCP gives up on it.
   *
   * @param options.newest - the newest connection, too: that it has another boot was heard from others
   */
  async probe (peer: string, { newest = false, signal }: AbortOptions & { newest?: boolean } = {}): Promise<void> {
    const connections = this.#table.connections(peer)

    await Promise.all(connections.slice(newest ? 0 : 1).map(async connection => {
      await probe(connection, { clock: this.#clock, log: this.#log, signal })
    }))
  }

  async #register (): Promise<void> {
    try {
      await this.#components.registrar.handle(STASH_PROTOCOL, this.#onStream, {
        maxInboundStreams: MAX_STREAMS,
        maxOutboundStreams: MAX_STREAMS,
        runOnLimitedConnection: false
      })
    } catch (err) {
      if (err instanceof Error && err.name === 'DuplicateProtocolHandlerError') {
        throw new AlreadyRegisteredError(
          `this libp2p node speaks ${STASH_PROTOCOL} already: use either stash() or stashProtocol(), and only once (stash() includes what stashProtocol() does)`,
          { cause: err }
        )
      }

      throw err
    }
  }

  readonly #onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const peer = connection.remotePeer.toString()

    if (this.#handler == null || this.#penalties.shutOut(peer)) {
      this.#counters?.increment({ shut_out: true })
      stream.abort(new Error('no answers for this peer'))
      return
    }

    const address = this.#hostOf(connection)

    await answer(stream, { peer, connection: connection.id, ...(address != null && { address }) }, this.#handler, {
      clock: this.#clock,
      budget: this.#budget,
      log: this.#log,
      signal: this.#stopping.signal,
      onViolation: violator => {
        this.#counters?.increment({ violation: true })
        this.#penalties.add(violator)
      }
    })

    this.#counters?.increment({ answer: true })
  }

  #hostOf (connection: Connection): string | undefined {
    return remoteHost(connection.remoteAddr, this.#components.addressManager.getAddresses())
  }

  /** A stream on the newest connection that gives one, or on the one that is named. */
  async #open (peer: string, signal: AbortSignal, only?: string): Promise<Stream> {
    let lastError: unknown

    for (const connection of this.#table.connections(peer).filter(({ id }) => only == null || id === only)) {
      try {
        return await connection.newStream(STASH_PROTOCOL, { signal, maxOutboundStreams: MAX_STREAMS })
      } catch (err) {
        signal.throwIfAborted()
        lastError = err

        if (err instanceof Error && err.name === 'UnsupportedProtocolError') {
          this.#table.remove(connection)
        }
      }
    }

    throw new UnreachableError(`no connection to ${peer} that takes a request`, { cause: lastError })
  }

  /** Requests beyond what the muxer's limit admits wait for their turn. */
  #gate (peer: string): Gate {
    const gate = this.#gates.get(peer) ?? new Gate(MAX_STREAMS)
    this.#gates.set(peer, gate)

    return gate
  }

  #dropIdle (peer: string, gate: Gate): void {
    if (gate.idle && this.#gates.get(peer) === gate) {
      this.#gates.delete(peer)
    }
  }
}
