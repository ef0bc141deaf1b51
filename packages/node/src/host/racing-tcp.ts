import { transportSymbol } from '@libp2p/interface'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { DIAL_TIMEOUT } from '../constants.ts'
import { placeOf } from '../policy/reach.ts'
import { dialOrder } from './dial-order.ts'
import { DialRace, DialRaceError } from './dial-race.ts'
import { acceptZones } from './zoned-listener.ts'
import type { AttemptOptions } from './dial-race.ts'
import type { InterfaceAddress } from './interfaces.ts'
import type { Listening } from './listening.ts'
import type { Connection, CreateListenerOptions, DialTransportOptions, Listener, Transport, Upgrader } from '@libp2p/interface'
import type { Clock } from '@nara-stash/protocol'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Peers whose addresses are remembered for a dial that may follow, and those where one answered. */
const MAX_ROUNDS = 256
const MAX_WORKED = 4_096

/** Addresses of one peer in one race. */
const MAX_RACERS = 64

/** Shorter than a dial may take, so that each address can say why it failed. Milliseconds. */
const RACE_TIMEOUT = 9_000

/** What is known of a dial is of no use for another one: it is over after libp2p's DIAL_TIMEOUT. */
const ROUND_LIFE = DIAL_TIMEOUT

/** One dial of a peer, as libp2p's dial queue goes about it. */
interface Round {
  /** When libp2p began with it, on the monotonic clock. */
  since: number
  addresses: Set<string>
  /** The transport was given one of the addresses: those that are asked about from here on belong to another dial. */
  isRun?: boolean
  /** After the race: what libp2p is told when it comes to an address. */
  reasons?: Map<string, Error>
}

export interface DialRacesInit {
  clock: Clock
  interfaces (): readonly InterfaceAddress[]
  listening: Listening
  /** Whether an address is not dialled at all. */
  denies (address: string): boolean
}

/**
 * Makes libp2p race the addresses of a peer. Its dial queue asks the connection gater for each of them, then hands them to the transport one by one and waits for each to
 * fail. So the gater here takes note of those that pass, and the transport, given the first, races them all; to the others it answers with what became of them.
 */
export class DialRaces {
  private readonly init: DialRacesInit
  private readonly rounds = new Map<string, Round>()
  private readonly worked = new Map<string, string>()

  constructor (init: DialRacesInit) {
    this.init = init
  }

  /** For the `connectionGater` of libp2p. */
  denyDialMultiaddr (address: Multiaddr): boolean {
    if (this.init.denies(address.toString())) {
      return true
    }

    const peer = peerOf(address)
    const before = this.roundOf(peer)
    const round = before == null || before.isRun === true ? { since: this.init.clock.now(), addresses: new Set<string>() } : before

    if (peer !== '' && round.addresses.size < MAX_RACERS) {
      round.addresses.add(address.toString())
      setRecent(this.rounds, peer, round, MAX_ROUNDS)
    }

    return false
  }

  /** A peer answered at an address before. */
  answered (peer: string, address: string): void {
    if (peer !== '') {
      setRecent(this.worked, peer, withoutPeer(address), MAX_WORKED)
    }
  }

  /** Wraps a transport over TCP. */
  transport <Components> (create: (components: Components) => Transport): (components: Components) => Transport {
    const { listening } = this.init

    return components => new RacingTcp(create(components), listening, async (address, attempt, signal) => await this.dial(address, attempt, signal))
  }

  private async dial (address: Multiaddr, attempt: Attempt, signal: AbortSignal): Promise<Connection> {
    const peer = peerOf(address)
    const round = this.roundOf(peer)
    const reason = round?.reasons?.get(address.toString())

    if (reason != null) {
      throw reason
    }

    const worked = this.worked.get(peer)
    const others = round == null || round.isRun === true ? [] : round.addresses
    const addresses = dialOrder([address.toString(), ...others], {
      ...(worked == null ? {} : { worked: `${worked}/p2p/${peer}` }),
      interfaces: this.init.interfaces()
    })
    const { clock } = this.init

    if (round != null) {
      round.isRun = true
    }

    try {
      const won = await new DialRace({
        addresses,
        attempt: async (address, options) => await attempt(multiaddr(address), options),
        discard: connection => { connection.abort(new Error('another address was faster')) },
        clock,
        timeout: RACE_TIMEOUT,
        signal
      }).run()

      this.rounds.delete(peer)
      this.answered(peer, won.address)

      return won.connection
    } catch (error) {
      if (round != null && error instanceof DialRaceError) {
        round.reasons = new Map([...round.reasons ?? [], ...error.reasons])
      }

      throw error instanceof DialRaceError ? error.reasons.get(address.toString()) : error
    }
  }

  /** The dial of a peer that is under way. Those of which nothing can come any more are forgotten. */
  private roundOf (peer: string): Round | undefined {
    const overBefore = this.init.clock.now() - ROUND_LIFE

    this.rounds.forEach(({ since }, peer) => {
      if (since < overBefore) {
        this.rounds.delete(peer)
      }
    })

    return this.rounds.get(peer)
  }
}

type Attempt = (address: Multiaddr, options: AttemptOptions) => Promise<Connection>

/** TCP whose `dial` races, and that knows zones (RFC 4007). */
class RacingTcp implements Transport {
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = '@nara-stash/racing-tcp'
  private readonly tcp: Transport
  private readonly listening: Listening
  private readonly race: (address: Multiaddr, attempt: Attempt, signal: AbortSignal) => Promise<Connection>

  constructor (tcp: Transport, listening: Listening, race: RacingTcp['race']) {
    this.tcp = tcp
    this.listening = listening
    this.race = race
  }

  async dial (address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const attempt: Attempt = async (address, { signal, connected }) => await this.tcp.dial(address, {
      ...options,
      ...zonedHost(address),
      signal,
      upgrader: afterwards(connected, options.upgrader)
    })

    return await this.race(address, attempt, options.signal)
  }

  createListener (options: CreateListenerOptions): Listener {
    return this.listening.wrap(acceptZones(this.tcp.createListener(options)))
  }

  listenFilter (addresses: Multiaddr[]): Multiaddr[] {
    return this.tcp.listenFilter(addresses)
  }

  dialFilter (addresses: Multiaddr[]): Multiaddr[] {
    return this.tcp.dialFilter(addresses)
  }
}

/** An upgrader that is not let near a connection before `connected` returned: the transport closes it if that throws. */
function afterwards (connected: () => void, upgrader: Upgrader): Upgrader {
  const upgradeOutbound: Upgrader['upgradeOutbound'] = async (connection, options) => {
    connected()

    return await upgrader.upgradeOutbound(connection, options)
  }

  return Object.assign(Object.create(upgrader) as Upgrader, { upgradeOutbound })
}

/** `host` for `net.connect`, which takes a zone after a percent sign; @libp2p/tcp leaves the zone out. */
function zonedHost (address: Multiaddr): { host?: string } {
  const { host, zone } = placeOf(address.toString()) ?? {}

  return zone == null ? {} : { host: `${host}%${zone}` }
}

function peerOf (address: Multiaddr): string {
  return address.getComponents().findLast(({ code }) => code === CODE_P2P)?.value ?? ''
}

function withoutPeer (address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}

/** Sets an entry as the most recent one, and drops the least recent above the bound. */
function setRecent <Value> (map: Map<string, Value>, key: string, value: Value, most: number): void {
  const [oldest] = map.delete(key) || map.size < most ? [] : map.keys()

  map.set(key, value)

  if (oldest != null) {
    map.delete(oldest)
  }
}
