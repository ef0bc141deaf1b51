import type { RequestHandler, ResponseTo, StashRequest } from './messages.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'

/** A connected peer that speaks the protocol. */
export interface NetworkPeer {
  /** The peer id in its base58 form. */
  id: string
  /** Id of the newest connection to it. A peer that returns behind a dead connection shows by a new one. */
  connection: string
  /** The remote host (an IP address), if the transport has one. */
  address?: string
  /** Where it was dialled: a multiaddr at which this peer proved to be. Absent if it dialled us, or the network has no addresses. */
  dialled?: string
  /** When the newest connection came up, on the clock's monotonic scale. */
  since: number
}

export interface NetworkEvents {
  /** A peer that speaks the protocol connected, or connected once more. */
  'peer:connect': CustomEvent<NetworkPeer>
  /** The last connection to such a peer closed. */
  'peer:disconnect': CustomEvent<{ id: string }>
}

export interface AskOptions extends AbortOptions {
  /** Id of the connection to ask over. @default the newest */
  connection?: string
}

/**
 * The one narrow port through which everything above it sees the network. libp2p is one implementation
 * (libp2p-network.ts), a simulated network with latency, loss and partitions another.
 */
export interface StashNetwork extends TypedEventTarget<NetworkEvents> {
  /** Our own peer id in its base58 form. */
  readonly self: string

  /** The connected peers that speak the protocol. */
  peers (): NetworkPeer[]

  /**
   * Asks a connected peer, over its newest connection if none is named, and resolves with its answer. Refusals are answers. A body that comes with an
   * answer has the length and digest its header promises.
   *
   * @throws {UnreachableError} the peer is not connected, or its connection broke
   * @throws {TimeoutError} no whole answer within 10 s + body / 64 KiB/s
   * @throws {BodyWithheldError} the peer wants the body of what it was merely shown
   * @throws {ProtocolViolationError | MalformedError | BodyMismatchError} the peer breaks the protocol
   */
  ask <R extends StashRequest> (peer: string, request: R, options?: AskOptions): Promise<ResponseTo<R>>

  /** Says who answers the requests of others. Called once, before the network starts. */
  serve (handler: RequestHandler): void
}
