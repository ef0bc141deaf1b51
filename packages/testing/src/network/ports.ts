import type { StashRequest, StashResponse } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/** As gossipsub's validators say it: only what is accepted travels on. */
export type PresenceVerdict = 'accept' | 'reject' | 'ignore'

export type PresenceListener = (from: string, presence: Uint8Array) => PresenceVerdict

/** Presence as the code above the network sees it. */
export interface PresencePort {
  /** Tells all whom it may reach; resolves when it is sent, not when it is heard. */
  announce (presence: Uint8Array, options?: AbortOptions): Promise<void>

  /** `from` is the announcing peer, authenticated. */
  onPresence (listener: PresenceListener): void

  /** Calls back when a neighbour begins to listen: what was announced before did not reach it. */
  onSubscriber (listener: () => void): void
}

export interface Dialler {
  /**
   * Connects to a peer, or keeps the connection there is.
   *
   * @throws {UnreachableError} it is not there, or does not answer
   */
  dial (peer: string, addresses: readonly string[], options?: AbortOptions): Promise<void>

  /** Our own libp2p signed peer record (RFC 0003); undefined if the peer joined without its key. */
  peerRecord (options?: AbortOptions): Promise<Uint8Array | undefined>
}

/**
 * Stands in a request's way at the peer that is asked, so that a test can make that peer lie, dawdle or drop. `next` goes to
 * the next interceptor and in the end to the honest handler, body transfer included, with the request given (the same unless
 * another is passed). What is returned is the peer's answer; undefined means that it never answers, an exception
 * that it resets the stream.
 */
export type Interceptor = (
  from: string,
  to: string,
  request: StashRequest,
  next: (request?: StashRequest) => Promise<StashResponse>
) => Promise<StashResponse | undefined> | StashResponse | undefined
