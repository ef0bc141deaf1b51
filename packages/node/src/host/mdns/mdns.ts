import { peerDiscoverySymbol, serviceCapabilities } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { systemClock, systemRandom } from '@nara-stash/protocol'
import { TypedEventEmitter } from 'main-event'
import { toString } from 'uint8arrays/to-string'
import { Bounds } from './bounds.ts'
import { addressesOnLink, dialable, interfacesTo } from './link-addresses.ts'
import { MDNS_PORT } from './link.ts'
import { Links } from './links.ts'
import { isAbout, readMessage } from './message.ts'
import { Talk } from './talk.ts'
import type { InterfaceWatcher } from '../interfaces.ts'
import type { HeardFrom } from './link-addresses.ts'
import type { Link } from './link.ts'
import type { Instance } from './message.ts'
import type { MdnsStatus } from '../../nara-types.ts'
import type { ComponentLogger, Libp2pEvents, Logger, PeerDiscovery, PeerDiscoveryEvents, PeerId, Startable, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, TransportManager } from '@libp2p/interface-internal'
import type { CancelTimer, Clock, Random } from '@nara-stash/protocol'
import type { RemoteInfo } from 'node:dgram'

const second = 1_000

/** Peers that were met here and went away are looked for, at most these. */
const MAX_MISSING = 256

/** After so long a peer is not missed any more. Milliseconds. */
const MISSED_FOR = 60 * 60 * second

/** What cannot be used is tried again, and whether there is trouble is looked at, so often. Milliseconds. */
const RETRY = 30 * second
const FIRST_LOOK = 5 * second

export interface MdnsComponents {
  peerId: PeerId
  addressManager: Pick<AddressManager, 'getListenAddrs'>
  transportManager: Pick<TransportManager, 'getAddrs'>
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

export interface MdnsInit {
  /** Such as `_nara-ef1d1062._udp.local`. */
  service: string
  interfaces: InterfaceWatcher
  /** @default systemClock */
  clock?: Clock
  /** @default systemRandom */
  random?: Random
}

export interface MdnsEvents extends PeerDiscoveryEvents {
  /** It cannot find anybody, or can again. */
  status: CustomEvent<MdnsStatus>
}

/**
 * Finds peers on the LAN by the records of libp2p's mDNS specification, on each interface and in both families. Others
 * that keep to it are found, and find us (@libp2p/mdns among them, which has one socket, for IPv4 and the default route).
 */
export class Mdns extends TypedEventEmitter<MdnsEvents> implements PeerDiscovery, Startable {
  readonly [peerDiscoverySymbol]: PeerDiscovery = this
  readonly [serviceCapabilities] = ['@libp2p/peer-discovery']
  readonly [Symbol.toStringTag] = '@nara-stash/mdns'
  private readonly components: MdnsComponents
  private readonly service: string
  private readonly instance: string
  private readonly interfaces: InterfaceWatcher
  private readonly clock: Clock
  private readonly random: Random
  private readonly log: Logger
  private readonly links: Links
  private readonly talks = new Map<Link, Talk>()
  private readonly bounds: Bounds
  private readonly met = new Set<string>()
  private readonly missing = new Map<string, number>()
  private trouble: string | undefined
  private cancelLook: CancelTimer = () => {}
  private started = false

  constructor (components: MdnsComponents, { service, interfaces, clock = systemClock, random = systemRandom }: MdnsInit) {
    super()
    this.components = components
    this.service = service
    this.instance = `${toString(random.bytes(16), 'base16')}.${service}`
    this.interfaces = interfaces
    this.clock = clock
    this.random = random
    this.log = components.logger.forComponent('nara:host:mdns')
    this.links = new Links({
      onMessage: (bytes, from) => { this.heard(bytes, from) },
      onOpen: link => { this.begin(link) },
      onClosed: link => { this.talks.get(link)?.leave(); this.talks.delete(link) }
    })
    this.bounds = new Bounds(clock)
    interfaces.onChange(() => { this.follow() })
  }

  start (): void {
    const { events } = this.components

    this.started = true
    events.addEventListener('transport:listening', this.onListening)
    events.addEventListener('peer:connect', this.onConnect)
    events.addEventListener('peer:disconnect', this.onDisconnect)
    this.follow()
    this.lookIn(FIRST_LOOK)
  }

  async stop (): Promise<void> {
    const { events } = this.components

    this.started = false
    this.cancelLook()
    events.removeEventListener('transport:listening', this.onListening)
    events.removeEventListener('peer:connect', this.onConnect)
    events.removeEventListener('peer:disconnect', this.onDisconnect)
    await Promise.all([...this.talks.values()].map(async talk => { await talk.stop() }))
    this.talks.clear()
    this.links.close()
  }

  status (): MdnsStatus {
    const interfaces = this.links.all.map(link => {
      const problem = link.problem ?? this.talks.get(link)?.problem

      return { name: link.name, family: link.family === 4 ? 'IPv4' : 'IPv6', ...(problem == null ? {} : { problem }) } as const
    })
    const problems = [...new Set(interfaces.map(({ problem }) => problem))]
    const reasons = interfaces.length === 0 ? ['this machine has no network interface that is up'] : problems

    return reasons.includes(undefined) ? { working: true, interfaces } : { working: false, problem: reasons.join('; '), interfaces }
  }

  private follow (): void {
    if (this.started) {
      this.links.follow(this.interfaces.addresses)
      // those that stay may have other addresses
      this.talks.forEach(talk => { talk.announce() })
    }
  }

  private begin (link: Link): void {
    const { components, interfaces } = this
    const talk = new Talk({
      service: this.service,
      instance: this.instance,
      clock: this.clock,
      random: this.random,
      addresses: () => addressesOnLink(
        interfaces.addresses.filter(({ name }) => name === link.name),
        components.transportManager.getAddrs().map(String),
        components.addressManager.getListenAddrs().map(String)
      ).map(address => `${address}/p2p/${components.peerId.toString()}`),
      isMissing: () => this.isMissing(),
      send: async bytes => await link.send(bytes)
    })

    // it may have been open before
    this.talks.get(link)?.leave()
    this.talks.set(link, talk)
    talk.start()
  }

  private heard (bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (port !== MDNS_PORT || !isAbout(bytes, this.service) || !this.bounds.mayRead(address, bytes)) {
      return
    }

    const message = readMessage(bytes, this.service)
    const names = interfacesTo(address, this.interfaces.addresses)
    const family = address.includes(':') ? 6 : 4
    const isHere = ({ name }: Link): boolean => names.length === 0 || names.includes(name)
    const talks = [...this.talks].filter(([link]) => link.family === family && isHere(link)).map(([, talk]) => talk)

    if (message?.type === 'query') {
      talks.forEach(talk => { talk.onQuery(message) })
    }

    if (message?.type === 'response') {
      const from = {
        sender: address,
        zone: names.length === 1 ? names[0] : undefined,
        isOnMachine: this.interfaces.addresses.some(own => own.address === address.split('%')[0])
      }

      message.instances.forEach(instance => { this.found(instance, from, talks) })
    }
  }

  private found (instance: Instance, from: HeardFrom & { sender: string }, talks: readonly Talk[]): void {
    if (instance.name === this.instance.toLowerCase()) {
      talks.forEach(talk => { talk.onEcho() })

      return
    }

    if (instance.ttl > 0 && !talks.some(talk => talk.isKnown(instance.name)) &&
      !this.bounds.mayBring(from.sender)) {
      this.log('too many newcomers, %s is left out', instance.name)

      return
    }

    talks.forEach(talk => { talk.onInstance(instance) })

    const peer = peerOf(instance)
    const addresses = dialable(instance.addresses.filter(address => address.endsWith(`/p2p/${peer}`)), from)

    if (instance.ttl > 0 && peer != null && peer !== this.components.peerId.toString() && this.bounds.mayTell(from.sender, peer)) {
      this.tell(peer, addresses)
    }
  }

  private tell (peer: string, addresses: readonly string[]): void {
    try {
      const multiaddrs = addresses.map(address => multiaddr(address.replace(`/p2p/${peer}`, '')))

      if (multiaddrs.length > 0) {
        this.met.delete(peer)
        this.met.add(peer)
        bound(this.met, MAX_MISSING)
        this.safeDispatchEvent('peer', { detail: { id: peerIdFromString(peer), multiaddrs } })
      }
    } catch (err) {
      this.log('what %s says of itself is not understood - %e', peer, err)
    }
  }

  private isMissing (): boolean {
    const since = this.clock.now() - MISSED_FOR

    return [...this.missing.values()].some(at => at > since)
  }

  private readonly onListening = (): void => { this.talks.forEach(talk => { talk.announce() }) }

  private readonly onConnect = ({ detail }: CustomEvent<PeerId>): void => { this.missing.delete(detail.toString()) }

  private readonly onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const peer = detail.toString()

    if (this.met.has(peer)) {
      this.missing.delete(peer)
      this.missing.set(peer, this.clock.now())
      bound(this.missing, MAX_MISSING)
      this.talks.forEach(talk => { talk.ask() })
    }
  }

  private lookIn (ms: number): void {
    this.cancelLook = this.clock.setTimer(() => {
      this.links.follow(this.interfaces.addresses)

      const status = this.status()
      const { problem } = status

      if (problem !== this.trouble) {
        this.trouble = problem
        this.log.error(problem == null ? 'finds others on this network again' : 'finds nobody on this network: %s', problem)
        this.safeDispatchEvent('status', { detail: status })
      }

      this.lookIn(RETRY)
    }, ms)
  }
}

/** The peer that an instance is, by its first address that says so. */
function peerOf ({ addresses }: Instance): string | undefined {
  return addresses.map(address => /\/p2p\/([^/]+)$/.exec(address)?.[1]).find(peer => peer != null)
}

function bound (entries: Set<string> | Map<string, unknown>, size: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= size) {
      return
    }

    entries.delete(key)
  }
}
