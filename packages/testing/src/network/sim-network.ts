import { Conditions } from './conditions.ts'
import { dial, probe } from './dial.ts'
import { Gossip } from './gossip.ts'
import { peerOf } from './sim-host.ts'
import { Topology } from './topology.ts'
import { TrafficStats } from './traffic.ts'
import { Wire } from './wire.ts'
import type { LinkConditions } from './conditions.ts'
import type { Interceptor } from './ports.ts'
import type { SimPort } from './sim-port.ts'
import type { JoinOptions, Who } from './topology.ts'
import type { Clock, NetworkPeer, Random } from '@nara-stash/protocol'

export interface SimNetworkInit extends Partial<LinkConditions> {
  clock: Clock
  random: Random
  /**
   * How long a connection to a peer that died without a word, or that is cut off, lingers. Milliseconds.
   *
   * @default 30_000
   */
  lingerMs?: number
  /**
   * How long a connection must have been up before presence crosses it: gossipsub needs a moment to exchange subscriptions, and
   * what is published earlier is lost. Milliseconds.
   *
   * @default 0
   */
  meshDelay?: number
}

export interface LingerOptions {
  /**
   * Milliseconds that connections linger.
   *
   * @default that of the network
   */
  lingerMs?: number
}

/** Two missed keep-alives of 10 s and a time-out. */
const DEFAULT_LINGER = 30_000

/** A network in memory, on the clock and the randomness that it is given: the same seed makes the same things happen. */
export class SimNetwork {
  readonly stats = new TrafficStats()
  readonly conditions: Conditions
  readonly #clock: Clock
  readonly #lingerMs: number
  readonly #topology: Topology
  readonly #interceptors: Interceptor[] = []
  /** By peer that is cut off, which time this is. */
  readonly #outages = new Map<string, object>()
  /** Goes up with every change of partition, so that the lingering of an earlier one ends nothing. */
  #era = 0

  constructor (init: SimNetworkInit) {
    const { clock, random, lingerMs = DEFAULT_LINGER, meshDelay = 0, ...conditions } = init

    this.#clock = clock
    this.#lingerMs = lingerMs
    this.conditions = new Conditions(random, conditions)

    const wire = new Wire(clock, this.conditions, this.stats)
    const gossip = new Gossip(wire, meshDelay, () => this.#topology.upCount)

    this.#topology = new Topology({
      wire,
      interceptors: this.#interceptors,
      announce: (host, presence) => { gossip.announce(host, presence) },
      subscribed: (host) => { gossip.subscribed(host) },
      connected: (link) => { gossip.connected(link) },
      probe: async (host, peer, newest) => { await probe(wire, this.#topology, host, peer, newest) },
      dial: async (host, peer, options) => { await dial(wire, this.#topology, host, peer, options) }
    })
  }

  /**
   * Starts a process. For a peer that was killed or crashed this is the restart: another port and other connections, beside which its
   * old ones may linger with the others.
   *
   * @throws {PeerStateError} the peer is up, and `twin` is not set
   */
  join (peer: string, options: JoinOptions = {}): SimPort {
    return this.#topology.join(peer, options).port
  }

  /** The newest port of a peer, also of one that is down. */
  port (peer: string): SimPort {
    return this.#topology.host(peer).port
  }

  /** The connections that `a` holds open to `b`, lingering ones too, oldest first. */
  connections (a: Who, b: Who): NetworkPeer[] {
    const host = this.#topology.host(a)

    return host.linksTo(this.#topology.host(b).id).map(link => peerOf(host, link))
  }

  /**
   * Connects two peers at once, once more if they are connected. Returns the connection's id.
   *
   * @throws {UnreachableError} one of them is down, or cut off from the other
   */
  connect (a: Who, b: Who): string {
    return this.#topology.connect(this.#topology.host(a), this.#topology.host(b)).id
  }

  /** Connects all that are up, can reach each other and share no living connection. */
  connectAll (): void {
    const hosts = this.#topology.up

    for (const [i, a] of hosts.entries()) {
      for (const b of hosts.slice(i + 1)) {
        const connected = a.linksTo(b.id).some(link => link.isOpenAt(b))

        if (a.id !== b.id && !connected && this.conditions.reachable(a.id, b.id)) {
          this.#topology.connect(a, b)
        }
      }
    }
  }

  /** Closes all connections between two peers, at both ends at once. */
  disconnect (a: Who, b: Who): void {
    const [one, other] = [this.#topology.host(a), this.#topology.host(b)]

    for (const link of [...one.linksTo(other.id), ...other.linksTo(one.id)]) {
      this.#topology.close(link)
    }
  }

  /**
   * Cuts the wires between groups; peers in no group make up one of their own. What travels across is lost (there is no
   * retransmission), and connections across close at both ends after `lingerMs` unless the network heals before. Replaces any
   * earlier partition.
   */
  partition (groups: ReadonlyArray<readonly Who[]>, options: LingerOptions = {}): void {
    const era = ++this.#era
    this.conditions.partition(groups.map(group => group.map(who => this.#topology.host(who).id)))

    const cut = new Set(this.#topology.up.flatMap(host => [...host.links])
      .filter(({ ends: [a, b] }) => !this.conditions.reachable(a.id, b.id)))

    this.#clock.setTimer(() => {
      if (era === this.#era) {
        cut.forEach(link => { this.#topology.close(link) })
      }
    }, options.lingerMs ?? this.#lingerMs)
  }

  /** Ends the partition. Connections that have closed stay closed: it is the peers' business to dial again. */
  heal (): void {
    this.#era++
    this.conditions.heal()
  }

  /**
   * Cuts one peer off from all others, as when its router restarts, beside any partition. What travels is lost, and its connections close at both ends after
   * `lingerMs` unless it is back before.
   */
  cutOff (who: Who, options: LingerOptions = {}): void {
    const { id, links } = this.#topology.host(who)
    const outage = {}
    const cut = [...links]

    this.#outages.set(id, outage)
    this.conditions.cutOff(id)
    this.#clock.setTimer(() => {
      if (this.#outages.get(id) === outage) {
        cut.forEach(link => { this.#topology.close(link) })
      }
    }, options.lingerMs ?? this.#lingerMs)
  }

  /** Ends that. Connections that have closed stay closed. */
  reconnect (who: Who): void {
    const { id } = this.#topology.host(who)

    this.#outages.delete(id)
    this.conditions.reconnect(id)
  }

  /** Cuts a peer's power: nobody is told, connections to it linger, and what is asked of it times out. */
  kill (who: Who, options: LingerOptions = {}): void {
    const host = this.#topology.host(who)

    for (const link of this.#topology.fell(host, 'killed')) {
      const far = link.other(host)

      this.#topology.close(link, [host])
      this.#clock.setTimer(() => { this.#topology.close(link, [far]) }, options.lingerMs ?? this.#lingerMs)
    }
  }

  /** Ends a peer's process: its machine closes the connections at once and refuses new ones. */
  crash (who: Who): void {
    for (const link of this.#topology.fell(this.#topology.host(who), 'crashed')) {
      this.#topology.close(link)
    }
  }

  /**
   * Suspends a peer's machine, as by closing its lid: it says and hears nothing, none of its timers runs, and the others' connections to it
   * close after `lingerMs`.
   */
  suspend (who: Who, options: LingerOptions = {}): void {
    const host = this.#topology.host(who)

    host.suspended = true
    host.clock.suspend()

    for (const link of host.links) {
      this.#clock.setTimer(() => {
        if (host.suspended) {
          this.#topology.close(link, [link.other(host)])
        }
      }, options.lingerMs ?? this.#lingerMs)
    }
  }

  /** Wakes it. Connections that the others have given up turn out to be closed. `counted`: its clock has gone on meanwhile. */
  resume (who: Who, { counted = false } = {}): void {
    const host = this.#topology.host(who)

    host.suspended = false
    host.clock.resume(counted)
    ;[...host.links].filter(link => !link.isOpenAt(link.other(host))).forEach(link => { this.#topology.close(link) })
  }

  isSuspended (who: Who): boolean {
    return this.#topology.host(who).suspended
  }

  /** Joins again, under the same peer id and address, after `kill` or `crash`. */
  restart (peer: string, options?: JoinOptions): SimPort {
    this.#topology.host(peer)

    return this.join(peer, options)
  }

  /** Overrides the conditions between two peers, both ways; what is left out stays as it is everywhere. */
  setLink (a: Who, b: Who, conditions: Partial<LinkConditions>): void {
    this.conditions.setLink(this.#topology.host(a).id, this.#topology.host(b).id, conditions)
  }

  /** Everything to and from a peer takes `factor` times as long; 1 is as fast as ever. */
  slow (who: Who, factor: number): void {
    this.conditions.slow(this.#topology.host(who).id, factor)
  }

  /** Puts `interceptor` before every request; the last one put there is asked first. Returns what takes it away. */
  intercept (interceptor: Interceptor): () => void {
    this.#interceptors.unshift(interceptor)

    return () => {
      const at = this.#interceptors.indexOf(interceptor)

      if (at >= 0) {
        this.#interceptors.splice(at, 1)
      }
    }
  }
}
