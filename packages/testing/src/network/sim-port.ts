import { UnreachableError } from '@nara-stash/protocol'
import { TypedEventEmitter } from 'main-event'
import { Exchange } from './exchange.ts'
import { sealPeerRecord } from './peer-record.ts'
import type { HostClock } from './host-clock.ts'
import type { Dialler, Interceptor, PresenceListener, PresencePort } from './ports.ts'
import type { SimHost } from './sim-host.ts'
import type { SimLink } from './sim-link.ts'
import type { Wire } from './wire.ts'
import type { AskOptions, NetworkEvents, NetworkPeer, RequestHandler, ResponseTo, StashNetwork, StashRequest } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/** What a port needs of the network that it is part of. */
export interface SimHub {
  readonly wire: Wire
  readonly interceptors: readonly Interceptor[]
  dial (host: SimHost, peer: string, options?: AbortOptions): Promise<void>
  announce (host: SimHost, presence: Uint8Array): void
  /** A process began to listen to presence. */
  subscribed (host: SimHost): void
  /** A connection came up. */
  connected (link: SimLink): void
  probe (host: SimHost, peer: string, newest: boolean): Promise<void>
}

/**
 * One running nara's way into the simulated network. When its process dies the port does, too: no events, no peers, and every
 * call rejects with UnreachableError, so that what is left of the process's code can be stopped without hanging.
 */
export class SimPort extends TypedEventEmitter<NetworkEvents> implements StashNetwork, PresencePort, Dialler {
  readonly #hub: SimHub
  readonly #host: SimHost

  constructor (hub: SimHub, host: SimHost) {
    super()
    this.#hub = hub
    this.#host = host
  }

  get self (): string {
    return this.#host.id
  }

  /** The address that others see. */
  get address (): string {
    return this.#host.address
  }

  /** False once its process was killed or crashed. */
  get up (): boolean {
    return this.#host.up
  }

  /** This machine's clock: give it to what runs here, and its timers die with the process. */
  get clock (): HostClock {
    return this.#host.clock
  }

  peers (): NetworkPeer[] {
    return this.#host.peers()
  }

  async ask <R extends StashRequest> (peer: string, request: R, options?: AskOptions): Promise<ResponseTo<R>> {
    const { connection } = options ?? {}
    const link = connection === undefined ? this.#host.newestLink(peer) : this.#host.linksTo(peer).find(({ id }) => id === connection)

    if (link === undefined) {
      throw new UnreachableError(`${peer} is not connected`)
    }

    const exchange = new Exchange(this.#hub.wire, link, this.#host, request, this.#hub.interceptors, options)

    // the exchange has checked that the answer is one to this kind of request
    return await exchange.run() as ResponseTo<R>
  }

  /** Ends the connections to `peer` that are dead at its end, after the time that finding out takes: the older ones, or all. */
  async probe (peer: string, { newest = false }: { newest?: boolean } = {}): Promise<void> {
    await this.#hub.probe(this.#host, peer, newest)
  }

  serve (handler: RequestHandler): void {
    this.#host.handler = handler
  }

  async announce (presence: Uint8Array, options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()

    if (!this.#host.up) {
      throw new UnreachableError(`${this.self} is down`)
    }

    this.#hub.announce(this.#host, presence)
  }

  onPresence (listener: PresenceListener): void {
    this.#host.presenceListeners.push(listener)
    this.#hub.subscribed(this.#host)
  }

  onSubscriber (listener: () => void): void {
    this.#host.subscriberListeners.push(listener)
  }

  /** The network knows where everyone is: `addresses` are not looked at. */
  async dial (peer: string, addresses: readonly string[] = [], options?: AbortOptions): Promise<void> {
    await this.#hub.dial(this.#host, peer, options)
  }

  async peerRecord (options?: AbortOptions): Promise<Uint8Array | undefined> {
    const { address, privateKey } = this.#host

    return privateKey === undefined ? undefined : await sealPeerRecord(privateKey, address, options)
  }
}
