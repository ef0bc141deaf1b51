import type { AbortOptions } from '@libp2p/interface'

/** The presence half of the network port: one topic that all naras listen to. */
export interface PresencePort {
  /** Says `presence` to everybody. With nobody there it does nothing. */
  announce (presence: Uint8Array): Promise<void>

  /**
   * Says who judges what is heard; only what is accepted travels on. `from` is the authenticated author, base58. Called once, before the start.
   */
  onPresence (listener: PresenceListener): void

  /** Calls back when somebody begins to listen. */
  onSubscriber (listener: () => void): void
}

export type PresenceListener = (from: string, presence: Uint8Array) => 'accept' | 'reject' | 'ignore'

/** Connects to a peer at addresses that were heard of; the connection proves that it is this peer. */
export interface Dialler {
  /**
   * @throws {UnreachableError} its message says why, for people
   */
  dial (peer: string, addresses: readonly string[], options?: DialOptions): Promise<void>

  /** Our own signed peer record, if there is one. */
  peerRecord (): Promise<Uint8Array | undefined>

  /** Calls back when we are at other addresses than the record said that was made last. */
  onMove? (listener: () => void): void
}

export interface DialOptions extends AbortOptions {
  /** Those of the addresses that our user named: they are dialled wherever they lead, as a tunnel may begin on loopback. */
  given?: readonly string[]
}
