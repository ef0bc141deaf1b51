import { CONNECT_INTERVAL, DIAL_BACKOFF, DIALS_AT_ONCE } from '../constants.ts'
import { shuffled } from '@nara-stash/protocol'
import type { PeerDirectory } from './peer-directory.ts'
import type { Dialler } from '../ports/presence-port.ts'
import type { Clock, Random, StashNetwork } from '@nara-stash/protocol'

export interface ConnectorInit {
  network: Pick<StashNetwork, 'peers' | 'self'>
  dialler: Pick<Dialler, 'dial'>
  directory: PeerDirectory
  clock: Clock
  random: Random
  /** Connections to others of our kind to keep, if there are as many. */
  minConnections: number
  admits (peer: string): boolean
  /** Peers that we want to be connected to in any case: our confidants. */
  wanted (): readonly string[]
}

/**
 * Keeps connections to others of our kind: dials what was heard of and discovered, again and again. Level-triggered: events only wake it.
 */
export class Connector {
  private readonly init: ConnectorInit
  private readonly failures = new Map<string, { count: number, notBefore: number }>()
  private readonly dialling = new Set<string>()
  private cancelTimer: () => void = () => {}
  private stopped = true

  constructor (init: ConnectorInit) {
    this.init = init
  }

  start (): void {
    this.stopped = false
    this.look()
  }

  stop (): void {
    this.stopped = true
    this.cancelTimer()
  }

  /** A peer was heard of at an address: what failed before may work. */
  discovered (peer: string): void {
    this.failures.delete(peer)
    this.look()
  }

  /** Connects to `peer` if it is not connected and can be dialled. */
  reach (peer: string): void {
    const known = this.init.directory.get(peer)

    if (known != null && known.addresses.length > 0 && !this.isConnected(peer)) {
      void this.dial(peer, known.addresses)
    }
  }

  /** Looks whether connections are missing. */
  look (): void {
    const { clock, directory, network, minConnections, random } = this.init

    if (this.stopped) {
      return
    }

    this.cancelTimer()
    this.cancelTimer = clock.setTimer(() => { this.look() }, CONNECT_INTERVAL * (0.8 + 0.4 * random.next()))

    for (const peer of this.failures.keys()) {
      if (directory.get(peer) == null) {
        this.failures.delete(peer)
      }
    }

    const wanted = new Set(this.init.wanted())
    const missing = minConnections - network.peers().length - this.dialling.size
    const candidates = shuffled(directory.list(), random)
      .filter(({ id, addresses }) => addresses.length > 0 && this.mayDial(id))
      .sort((a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)))

    candidates
      .filter(({ id }, i) => wanted.has(id) || i < missing)
      .slice(0, Math.max(DIALS_AT_ONCE - this.dialling.size, 0))
      .forEach(({ id, addresses }) => { void this.dial(id, addresses) })
  }

  private mayDial (peer: string): boolean {
    return peer !== this.init.network.self && this.init.admits(peer) && !this.dialling.has(peer) && !this.isConnected(peer) &&
      (this.failures.get(peer)?.notBefore ?? 0) <= this.init.clock.now()
  }

  private isConnected (peer: string): boolean {
    return this.init.network.peers().some(({ id }) => id === peer)
  }

  private async dial (peer: string, addresses: readonly string[]): Promise<void> {
    if (this.dialling.has(peer)) {
      return
    }

    this.dialling.add(peer)

    try {
      await this.init.dialler.dial(peer, addresses)
      this.failures.delete(peer)
    } catch {
      const count = this.failures.get(peer)?.count ?? 0
      const wait = DIAL_BACKOFF[Math.min(count, DIAL_BACKOFF.length - 1)] ?? 0

      this.failures.set(peer, { count: count + 1, notBefore: this.init.clock.now() + wait })
    } finally {
      this.dialling.delete(peer)

      // others may be waiting for their turn
      if (!this.stopped && this.dialling.size === DIALS_AT_ONCE - 1) {
        this.look()
      }
    }
  }
}
