import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { peerDiscoverySymbol } from '@libp2p/interface'
import { kadDHT } from '@libp2p/kad-dht'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createSha256, systemClock } from '@nara-stash/protocol'
import { createSoul } from '@nara-stash/crypto'
import { createLibp2p } from 'libp2p'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { DIAL_TIMEOUT, PRESENCE_TOPIC } from './constants.ts'
import { announced, withoutLinkLocal } from './host/announced.ts'
import { InterfaceWatcher } from './host/interfaces.ts'
import { keepAlive } from './host/keep-alive.ts'
import { Listening } from './host/listening.ts'
import { Mdns } from './host/mdns/mdns.ts'
import { OwnAddresses } from './host/own-addresses.ts'
import { DialRaces } from './host/racing-tcp.ts'
import { wholeSegments } from './host/whole-segments.ts'
import { privateKeyFromSoul } from './identity.ts'
import { announceAddresses, bootstrapPeer, listenAddresses, pskBytes } from './nara-options.ts'
import { isSamePlace, worthDialling } from './policy/reach.ts'
import { stash } from './stash.ts'
import type { BootstrapPeer } from './nara-options.ts'
import type { Nara, NaraOptions } from './nara-types.ts'
import type { StashService } from './stash-service.ts'
import type { PeerInfo, TypedEventTarget } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'

const DEFAULT_NETWORK = 'nara'

/** Connections at most, and inbound ones that have not proved who they are yet. */
const MAX_CONNECTIONS = 100
const MAX_PENDING = 10

/**
 * New inbound connections per second and host. libp2p's 5 is for the open internet; a household's naras share one host behind a
 * router, or one machine.
 */
const INBOUND_PER_SECOND = 20

/** Below the stream's read buffer of 4 MiB, or a paused stream would be reset. Bytes. */
const STREAM_WINDOW = 2 << 20

/** An RPC of gossipsub: presence messages of 4 KiB, a few at a time. Bytes. */
const MAX_GOSSIP_RPC = 256 * 1024

/**
 * A whole nara: tcp, noise, yamux, identify, ping, gossipsub, a DHT, mDNS and bootstrap peers, and the stash. Without a soul it makes one; keep
 * it (`formatSoul(nara.soul)`), it is all that brings the stash back.
 *
 * @throws {InvalidOptionError} names the option, its value and what is allowed
 */
export async function createNara (options: NaraOptions = {}): Promise<Nara> {
  const soul = options.soul ?? createSoul()
  const network = options.network ?? DEFAULT_NETWORK
  const bootstrap = (options.bootstrap ?? []).map(bootstrapPeer)
  const key = options.psk == null ? undefined : pskBytes(options.psk)
  const privateKey = privateKeyFromSoul(soul)
  const self = peerIdFromPrivateKey(privateKey).toString()
  const clock = options.clock ?? systemClock
  const interfaces = new InterfaceWatcher({ clock })
  const listening = new Listening(options.anotherPort ?? false)
  const races = new DialRaces({
    clock,
    listening,
    interfaces: () => interfaces.addresses,
    // the dialler asks the same, but libp2p dials by itself, too
    denies: address => !bootstrap.some(given => isSamePlace(given.address, address)) && worthDialling([address], nara.addresses).length === 0
  })
  const found = ({ id, multiaddrs }: PeerInfo): void => { nara.stash.discovered(id.toString(), multiaddrs.map(String)) }

  let mdns: Mdns | undefined

  const libp2p = await createLibp2p({
    privateKey,
    start: false,
    addresses: {
      listen: listenAddresses(options.listen, self),
      appendAnnounce: announceAddresses(options.announce, self),
      announceFilter: addresses => announced(addresses.map(String), interfaces.addresses).map(address => multiaddr(address))
    },
    connectionGater: { denyDialMultiaddr: address => races.denyDialMultiaddr(address) },
    transports: [races.transport(wholeSegments(tcp()))],
    connectionEncrypters: [noise()],
    streamMuxers: [keepAlive(yamux({ enableKeepAlive: false, streamOptions: { maxStreamWindowSize: STREAM_WINDOW } }))],
    // keepAlive notices who is gone: a tenth of the packets
    connectionMonitor: { enabled: false },
    connectionManager: {
      // all addresses of a peer are dialled within one of these
      addressDialTimeout: DIAL_TIMEOUT,
      maxPeerAddrsToDial: Infinity,
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_PENDING,
      inboundConnectionThreshold: INBOUND_PER_SECOND
    },
    ...(options.psk == null ? {} : { connectionProtector: preSharedKey({ psk: options.psk }) }),
    peerDiscovery: options.mdns === false ? [] : [hookDiscovery(found)(components => {
      mdns = new Mdns(components, { service: serviceTag(network, key), interfaces, clock })

      return mdns
    })],
    services: {
      addresses: components => new OwnAddresses(components, interfaces),
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub({
        fallbackToFloodsub: false,
        allowPublishToZeroTopicPeers: true,
        allowedTopics: [PRESENCE_TOPIC],
        maxInboundDataLength: MAX_GOSSIP_RPC,
        // a message arrives from many sides: only the first one's signature needs to be verified
        fastMsgIdFn: ({ signature }) => signature == null ? '' : toString(signature, 'base64'),
        // naras of one household share an address; presence only wakes checks, so nothing is won by flooding it
        scoreParams: { IPColocationFactorWeight: 0 }
      }),
      dht: hookDiscovery(found)(kadDHT({
        protocol: `/nara/${network}/kad/1.0.0`,
        clientMode: false,
        peerInfoMapper: withoutLinkLocal
      })),
      stash: stash({ ...options, soul, fresh: options.fresh ?? options.soul == null })
    }
  })
  const nara: StandaloneNara = new StandaloneNara({ libp2p, stash: libp2p.services.stash, soul, bootstrap, interfaces, place: listening, mdns })

  if (options.start !== false) {
    await nara.start()
  }

  return nara
}

interface NaraParts {
  libp2p: Libp2p
  stash: StashService
  soul: Nara['soul']
  bootstrap: BootstrapPeer[]
  interfaces: InterfaceWatcher
  place: Listening
  mdns: Mdns | undefined
}

class StandaloneNara implements Nara {
  readonly libp2p: Libp2p
  readonly stash: StashService
  readonly soul: Nara['soul']
  readonly mdns: Nara['mdns']
  private readonly bootstrap: BootstrapPeer[]
  private readonly interfaces: InterfaceWatcher
  private readonly place: Listening

  constructor ({ libp2p, stash, soul, bootstrap, interfaces, place, mdns }: NaraParts) {
    this.libp2p = libp2p
    this.stash = stash
    this.soul = soul
    this.bootstrap = bootstrap
    this.interfaces = interfaces
    this.place = place
    this.mdns = mdns
  }

  get peerId (): string {
    return this.libp2p.peerId.toString()
  }

  get name (): string {
    return this.soul.name
  }

  get addresses (): string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  get listening (): readonly string[] {
    return this.place.addresses
  }

  async start (): Promise<void> {
    this.interfaces.start()

    try {
      await this.libp2p.start()
      this.place.check()
    } catch (error) {
      await this.stop()
      throw error
    }

    // all addresses of a peer are dialled in one race
    Map.groupBy(this.bootstrap, ({ peer }) => peer).forEach((places, peer) => {
      this.stash.discovered(peer, places.map(({ address }) => address), true)
    })
  }

  async stop (): Promise<void> {
    this.interfaces.stop()
    await this.libp2p.stop()
  }
}

/** Keeps the naras of different networks, and of different keys, from finding each other on a LAN. Shows neither (SPEC.md, "Discovery"). */
function serviceTag (network: string, key: Uint8Array = new Uint8Array(0)): string {
  const digest = createSha256().update(fromString(network)).update(Uint8Array.of(0)).update(key).digest()

  return `_nara-${toString(digest.subarray(0, 4), 'base16')}._udp.local`
}

/**
 * Listens to what a discovery finds at the source: libp2p itself tells of a peer only the first time, and after a partition it must be dialled
 * again.
 */
function hookDiscovery (onPeer: (peer: PeerInfo) => void): <Components, Service extends object> (create: (components: Components) => Service) => (components: Components) => Service {
  return (create) => (components) => {
    const service = create(components)
    const discovery = (service as { [peerDiscoverySymbol]?: unknown })[peerDiscoverySymbol] as TypedEventTarget<{ peer: CustomEvent<PeerInfo> }> | undefined

    discovery?.addEventListener('peer', ({ detail }) => { onPeer(detail) })

    return service
  }
}

