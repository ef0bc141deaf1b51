import { UnreachableError } from '@nara-stash/protocol'
import { PeerStateError } from '../errors.ts'
import { peerOf, SimHost } from './sim-host.ts'
import { SimLink } from './sim-link.ts'
import { SimPort } from './sim-port.ts'
import type { HostState } from './sim-host.ts'
import type { SimHub } from './sim-port.ts'
import type { PrivateKey } from '@libp2p/interface'

/** A peer id (its newest process) or a port, which tells twins apart. */
export type Who = string | SimPort

export interface JoinOptions {
  /**
   * The remote host that others see (an IP address).
   *
   * @default the one it had before, or else one in a network (/24) of its own
   */
  address?: string
  /**
   * What the peer signs its peer record with.
   *
   * @default the one it had before, if any
   */
  privateKey?: PrivateKey
  /** Let a second process with the same peer id join while the first is up. */
  twin?: boolean
}

/** Which processes there are and what connects them. */
export class Topology {
  readonly #hub: SimHub
  /** The processes of each peer id, newest last; in order of their first joining. */
  readonly #hosts = new Map<string, SimHost[]>()
  #links = 0
  #upCount = 0

  constructor (hub: SimHub) {
    this.#hub = hub
  }

  /** Processes that are up. */
  get upCount (): number {
    return this.#upCount
  }

  get up (): SimHost[] {
    return [...this.#hosts.values()].flat().filter(host => host.up)
  }

  /** @throws {PeerStateError} it is up already and is to have no twin */
  join (id: string, options: JoinOptions): SimHost {
    const running = this.#hosts.get(id)?.filter(host => host.up) ?? []

    if (running.length > 0 && options.twin !== true) {
      throw new PeerStateError(`${id} is up already: join with { twin: true } for a second process`)
    }

    const former = this.newest(id)
    const address = options.address ?? former?.address ?? freshAddress(this.#hosts.size)
    const host = new SimHost(id, address, this.#hub, options.privateKey ?? former?.privateKey)
    this.#hosts.set(id, [...running, host])
    this.#upCount++

    return host
  }

  /** A peer's newest process that is up, or else its last one. */
  newest (id: string): SimHost | undefined {
    const hosts = this.#hosts.get(id)

    return hosts?.findLast(host => host.up) ?? hosts?.at(-1)
  }

  /** @throws {PeerStateError} it never joined */
  host (who: Who): SimHost {
    const host = who instanceof SimPort ? this.#hosts.get(who.self)?.find(host => host.port === who) : this.newest(who)

    if (host === undefined) {
      throw new PeerStateError(`${who instanceof SimPort ? `the port of ${who.self}` : who} is not part of the network`)
    }

    return host
  }

  /** A further connection between two peers. */
  connect (a: SimHost, b: SimHost): SimLink {
    if (a.id === b.id || !a.up || !b.up || a.suspended || b.suspended || !this.#hub.wire.conditions.reachable(a.id, b.id)) {
      throw new UnreachableError(`${a.id} and ${b.id} cannot be connected`)
    }

    const link = new SimLink(`connection-${++this.#links}`, this.#hub.wire.clock.now(), a, b)
    a.add(link)
    b.add(link)

    this.#hub.connected(link)

    for (const end of link.ends) {
      if (link.isOpenAt(end)) {
        end.port.safeDispatchEvent('peer:connect', { detail: peerOf(end, link) })
      }
    }

    return link
  }

  /** Closes a connection at the ends given, both unless told otherwise. Who is down hears nothing of it. */
  close (link: SimLink, ends: readonly SimHost[] = link.ends): void {
    for (const end of ends) {
      if (link.closeAt(end)) {
        const { id } = link.other(end)
        end.remove(link)

        if (end.up && end.newestLink(id) === undefined) {
          end.port.safeDispatchEvent('peer:disconnect', { detail: { id } })
        }
      }
    }
  }

  /** Ends a process; returns the connections it had. */
  fell (host: SimHost, state: Exclude<HostState, 'up'>): SimLink[] {
    if (!host.up) {
      throw new PeerStateError(`${host.id} is down already`)
    }

    host.state = state
    host.fellAt = this.#hub.wire.clock.now()
    this.#upCount--
    host.clock.end()

    return [...host.links]
  }
}

/** A host in a network (/24) of its own for each of the first 65,536 peers. */
function freshAddress (count: number): string {
  return `10.${(count >> 8) & 255}.${count & 255}.1`
}
