import { HostClock } from './host-clock.ts'
import { SimPort } from './sim-port.ts'
import type { PresenceListener } from './ports.ts'
import type { SimLink } from './sim-link.ts'
import type { SimHub } from './sim-port.ts'
import type { NetworkPeer, RequestHandler } from '@nara-stash/protocol'
import type { PrivateKey } from '@libp2p/interface'

/**
 * `killed`: the power is cut and nobody was told. `crashed`: the process is gone, its machine closed the connections and refuses
 * new ones.
 */
export type HostState = 'up' | 'killed' | 'crashed'

/** One run of one process: the network's side of a port. A restart makes another one for the same peer id. */
export class SimHost {
  readonly id: string
  readonly address: string
  readonly clock: HostClock
  readonly port: SimPort
  readonly privateKey: PrivateKey | undefined
  readonly presenceListeners: PresenceListener[] = []
  readonly subscriberListeners: Array<() => void> = []
  handler: RequestHandler | undefined
  state: HostState = 'up'
  /** Its machine sleeps: it says and hears nothing. */
  suspended = false
  /** When it was killed or crashed; Infinity while it is up. */
  fellAt = Infinity
  /** The connections that this end holds open, oldest first. */
  readonly links = new Set<SimLink>()
  readonly #byPeer = new Map<string, SimLink[]>()
  /** What `peers` says: of each peer the newest connection. */
  readonly #peers = new Map<string, NetworkPeer>()

  constructor (id: string, address: string, hub: SimHub, privateKey?: PrivateKey) {
    this.id = id
    this.address = address
    this.privateKey = privateKey
    this.clock = new HostClock(hub.wire.clock, () => this.up)
    this.port = new SimPort(hub, this)
  }

  get up (): boolean {
    return this.state === 'up'
  }

  /** The connections to a peer that this end holds open, oldest first. */
  linksTo (peer: string): readonly SimLink[] {
    return this.#byPeer.get(peer) ?? []
  }

  newestLink (peer: string): SimLink | undefined {
    return this.#byPeer.get(peer)?.at(-1)
  }

  peers (): NetworkPeer[] {
    return [...this.#peers.values()]
  }

  add (link: SimLink): void {
    const peer = link.other(this).id

    this.#peers.set(peer, peerOf(this, link))
    this.links.add(link)
    this.#byPeer.set(peer, [...this.linksTo(peer), link])
  }

  remove (link: SimLink): void {
    const peer = link.other(this).id
    const rest = this.linksTo(peer).filter(other => other !== link)
    const newest = rest.at(-1)

    this.links.delete(link)

    if (newest === undefined) {
      this.#byPeer.delete(peer)
      this.#peers.delete(peer)
    } else {
      this.#byPeer.set(peer, rest)
      this.#peers.set(peer, peerOf(this, newest))
    }
  }
}

/** The far end of `link` as `host` sees it. */
export function peerOf (host: SimHost, link: SimLink): NetworkPeer {
  const { id, address } = link.other(host)

  return { id, connection: link.id, address, since: link.sinceAt(host) }
}
