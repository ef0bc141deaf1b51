import type { NetworkPeer } from '../network.ts'
import type { Clock } from '../clock.ts'
import type { Connection } from '@libp2p/interface'

interface Entry {
  connection: Connection
  /** Asked once: it does not change while the connection lasts. */
  host: string | undefined
  since: number
  onClose: () => void
}

export interface PeerTableInit {
  /** The host that a connection comes from. */
  hostOf (connection: Connection): string | undefined
  /** A connection to a peer that speaks the protocol, told once. */
  onConnect (peer: NetworkPeer): void
  /** The last connection to such a peer is gone. */
  onDisconnect (id: string): void
}

/**
 * The connections to peers that speak the protocol, told apart by their ids: a peer that returns behind a dead connection
 * shows by a second one.
 */
export class PeerTable {
  readonly #clock: Clock
  readonly #init: PeerTableInit
  /** By peer, oldest first. */
  readonly #entries = new Map<string, Entry[]>()

  constructor (clock: Clock, init: PeerTableInit) {
    this.#clock = clock
    this.#init = init
  }

  /** Notes a connection on which the protocol is spoken; what is known or no longer open is ignored. */
  add (connection: Connection): void {
    const id = connection.remotePeer.toString()
    const entries = this.#entries.get(id) ?? []

    if (connection.status !== 'open' || entries.some(entry => entry.connection.id === connection.id)) {
      return
    }

    const entry = { connection, host: this.#init.hostOf(connection), since: this.#clock.now(), onClose: () => { this.remove(connection) } }
    connection.addEventListener('close', entry.onClose)
    entries.push(entry)
    this.#entries.set(id, entries)
    this.#init.onConnect(toPeer(entry))
  }

  /** The connection closed, or the peer turned out not to speak the protocol on it. */
  remove (connection: Connection): void {
    const id = connection.remotePeer.toString()
    const entries = this.#entries.get(id) ?? []
    const index = entries.findIndex(entry => entry.connection.id === connection.id)

    if (index === -1) {
      return
    }

    entries.splice(index, 1).forEach(release)

    if (entries.length === 0) {
      this.#entries.delete(id)
      this.#init.onDisconnect(id)
    }
  }

  /** Open connections to a peer, newest first. */
  connections (id: string): Connection[] {
    return this.#open(id).map(entry => entry.connection).reverse()
  }

  /** Every peer with an open connection. */
  peers (): NetworkPeer[] {
    return [...this.#entries.keys()].flatMap(id => this.#open(id).slice(-1).map(toPeer))
  }

  /** Forgets everything without a word. */
  clear (): void {
    for (const entries of this.#entries.values()) {
      entries.forEach(release)
    }

    this.#entries.clear()
  }

  #open (id: string): Entry[] {
    return this.#entries.get(id)?.filter(entry => entry.connection.status === 'open') ?? []
  }
}

function release ({ connection, onClose }: Entry): void {
  connection.removeEventListener('close', onClose)
}

function toPeer ({ connection, host, since }: Entry): NetworkPeer {
  return {
    id: connection.remotePeer.toString(),
    connection: connection.id,
    since,
    ...(host != null && { address: host }),
    ...(connection.direction === 'outbound' && { dialled: connection.remoteAddr.toString().replace(/\/p2p\/[^/]+$/, '') })
  }
}
