import { ALONE_PEERS, ALONE_RETRY, CONNECT_INTERVAL, DIAL_BACKOFF, DIALS_AT_ONCE, HERE_INTERVAL } from '../../constants.ts'
import { shuffled } from '@nara-stash/protocol'
import type { KnownPeer, PeerDirectory } from './peer-directory.ts'
import type { Dialler } from '../../ports/presence-port.ts'
import type { Clock, Random, StashNetwork } from '@nara-stash/protocol'

/** Reasons that are told of one peer until it is connected: whoever answers in its place may think of ever more. */
const MAX_REASONS = 8

/** Milliseconds after a dial before others have their turn. */
const NEXT_DIALS = 100

/** Those that could not be dialled are tried again because somebody is connected, no oftener than this. Milliseconds. */
const RETRY_ALL = 60_000

/** Between two looks while no connection is missing: whatever changes that wakes us. Milliseconds. */
const IDLE_INTERVAL = 30 * 60_000

export interface ConnectorInit {
  network: Pick<StashNetwork, 'peers' | 'self'>
  dialler: Pick<Dialler, 'dial'>
  directory: PeerDirectory
  clock: Clock
  random: Random
  /** Connections to others of our kind to keep, if there are as many; with 0 nobody is dialled. */
  minConnections: number
  admits (peer: string): boolean
  /** Peers that we want to be connected to in any case: our confidants, and who holds beside us what may be missing copies. */
  wanted (): readonly string[]
  /**
   * Nobody answered at these addresses as this peer, which is wanted or was met: said once for each reason until it is connected. Of who was only heard of nothing is said: keys cost nothing, and
   * whoever invents them could have this said without end.
   */
  onUnreachable (peer: string, addresses: readonly string[], why: string): void
}

/**
 * Keeps connections to others of our kind: dials what was heard of and discovered, again and again. Level-triggered: events only wake it.
 */
export class Connector {
  private readonly init: ConnectorInit
  private readonly failures = new Map<string, { count: number, at: number, notBefore: number }>()
  /** Why each that could not be dialled last could not, and which reasons were told. */
  private readonly reasons = new Map<string, { why: string, told: Set<string> }>()
  private readonly dialling = new Set<string>()
  private retriedAt = -Infinity
  /** While we are alone: those that are tried though they failed a moment ago, and when others are drawn. */
  private drawn: ReadonlySet<string> = new Set()
  private drawAt = -Infinity
  /** Peers to dial at the next turn, however many connections there are. */
  private readonly called = new Set<string>()
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
    this.called.clear()
    this.cancelTimer()
  }

  /** A peer was heard of at an address: what failed before may work. */
  discovered (peer: string): void {
    this.failures.delete(peer)
    this.look()
  }

  /**
   * A peer said that it is there: who could not be dialled before is tried again, but not out of turn, and no sooner than somebody says HERE. Where it can be dialled is its
   * word alone: who says so all the time, of an address that is not its own, must not make everybody dial that.
   */
  heard (peer: string): void {
    const failed = this.failures.get(peer)

    if (failed != null && failed.count > 0) {
      failed.notBefore = Math.min(failed.notBefore, failed.at + HERE_INTERVAL)
    }

    this.look()
  }

  /**
   * A peer is connected: what kept us from it is over. If it is the first, what kept us from the others may have been that nobody could be reached: they are tried again, though no
   * sooner than connections are looked at anyway, and not again for a minute: somebody may come and go.
   */
  connected (peer: string): void {
    const now = this.init.clock.now()

    this.reasons.delete(peer)

    if (this.init.network.peers().length === 1 && now - this.retriedAt >= RETRY_ALL) {
      this.retriedAt = now
      ;[...this.failures.values()].filter(({ count }) => count > 0).forEach(failed => {
        failed.notBefore = Math.min(failed.notBefore, failed.at + CONNECT_INTERVAL)
      })
      this.lookIn(NEXT_DIALS)
    }
  }

  /** We are at other addresses: what kept us from the others may have been our own network. */
  moved (): void {
    this.failures.clear()
    this.look()
  }

  /** Why `peer` could not be dialled last; undefined if it could, or was not tried. */
  whyNot (peer: string): string | undefined {
    return this.reasons.get(peer)?.why
  }

  /** Connects to `peer`, if it can be dialled, as soon as it has its turn and whatever failed before. */
  reach (peer: string): void {
    if (!this.stopped && this.init.directory.get(peer) != null) {
      this.called.add(peer)
      this.failures.delete(peer)
      this.look()
    }
  }

  /** Looks whether connections are missing. */
  look (): void {
    const { directory, network, minConnections, random } = this.init

    if (this.stopped || minConnections === 0) {
      return
    }

    const connected = new Set(network.peers().map(({ id }) => id))
    const missing = minConnections - connected.size - this.dialling.size
    const wanted = new Set([...this.init.wanted(), ...this.called].filter(peer => !connected.has(peer)))
    const isWhole = missing <= 0 && wanted.size === 0

    this.lookIn((isWhole ? IDLE_INTERVAL : CONNECT_INTERVAL) * (0.8 + 0.4 * random.next()))

    if (isWhole) {
      this.called.clear()
      return
    }

    const turns = DIALS_AT_ONCE - this.dialling.size

    this.forget(connected)

    if (turns <= 0) {
      return
    }

    if (connected.size === 0) {
      this.draw(wanted)
    }

    const known = missing > 0 ? directory.list() : [...wanted].flatMap(peer => directory.get(peer) ?? [])
    const dialable = known.filter(({ id, addresses }) => addresses.length > 0 && !connected.has(id) && this.mayDial(id, connected.size === 0))
    const candidates = shuffled(dialable, random)
      .sort((a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)))

    candidates
      .filter(({ id }, i) => wanted.has(id) || i < missing)
      .slice(0, turns)
      .forEach(known => { void this.dial(known) })
  }

  /** Some of those that were met are tried again soon: one that is alone may be the first of a household to be switched on. */
  private draw (wanted: ReadonlySet<string>): void {
    const { clock, directory, random } = this.init
    const now = clock.now()

    if (now >= this.drawAt) {
      const met = directory.list().filter(({ id, addresses }) => addresses.length > 0 && directory.wasMet(id))
      const inOrder = shuffled(met, random).sort((a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)))

      this.drawn = new Set(inOrder.slice(0, ALONE_PEERS).map(({ id }) => id))
      this.drawAt = now + ALONE_RETRY * (0.8 + 0.4 * random.next())
    }
  }

  private mayDial (peer: string, isAlone: boolean): boolean {
    const { admits, clock, network } = this.init
    const { notBefore, at } = this.failures.get(peer) ?? { notBefore: 0, at: 0 }
    const due = isAlone && this.drawn.has(peer) ? Math.min(notBefore, at + ALONE_RETRY) : notBefore

    return peer !== network.self && admits(peer) && !this.dialling.has(peer) && due <= clock.now()
  }

  /** Of who is connected or not known any longer nothing is remembered. */
  private forget (connected: ReadonlySet<string>): void {
    const { directory } = this.init

    for (const peer of this.called) {
      if (connected.has(peer) || directory.get(peer) == null) {
        this.called.delete(peer)
      }
    }

    for (const peers of [this.failures, this.reasons]) {
      for (const peer of peers.keys()) {
        if (directory.get(peer) == null) {
          peers.delete(peer)
        }
      }
    }
  }

  private async dial ({ id: peer, addresses, given }: KnownPeer): Promise<void> {
    this.dialling.add(peer)
    this.called.delete(peer)
    const count = this.failures.get(peer)?.count ?? 0

    try {
      await this.init.dialler.dial(peer, addresses, { given })
      this.reasons.delete(peer)
      // it may be connected and yet not one of us: ask again later
      this.postpone(peer, 0, CONNECT_INTERVAL)
    } catch (error) {
      this.failed(peer, addresses, (error as Error).message)
      this.postpone(peer, count + 1, DIAL_BACKOFF[Math.min(count, DIAL_BACKOFF.length - 1)] ?? CONNECT_INTERVAL)
    } finally {
      this.dialling.delete(peer)
      this.lookIn(NEXT_DIALS)
    }
  }

  /** A stop ends what is under way: that is no failure. Who is connected by now, from the other side, is reached. */
  private failed (peer: string, addresses: readonly string[], why: string): void {
    const { directory, network, onUnreachable, wanted } = this.init

    if (this.stopped || network.peers().some(({ id }) => id === peer)) {
      return
    }

    const told = this.reasons.get(peer)?.told ?? new Set()

    this.reasons.set(peer, { why, told })

    if ((directory.isMet(peer) || wanted().includes(peer)) && !told.has(why) && told.size < MAX_REASONS) {
      told.add(why)
      onUnreachable(peer, addresses, why)
    }
  }

  private postpone (peer: string, count: number, wait: number): void {
    const now = this.init.clock.now()

    this.failures.set(peer, { count, at: now, notBefore: now + wait })
  }

  private lookIn (ms: number): void {
    this.cancelTimer()

    if (!this.stopped) {
      this.cancelTimer = this.init.clock.setTimer(() => { this.look() }, ms)
    }
  }
}
