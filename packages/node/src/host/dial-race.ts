import { TimeoutError } from '@libp2p/interface'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

/** After this long without a connection the next address is dialled, too: RFC 8305, section 8, "Connection Attempt Delay". Milliseconds. */
export const STAGGER = 250

/**
 * One that is connected, but has not shown who it is for so long, is not waited for alone any more: something accepts
 * connections there and says nothing, as some gateways do for everybody. A handshake with the far side of the world takes half
 * of that. Milliseconds.
 */
export const PATIENCE = 2_000

/** What an attempt is told, and tells. */
export interface AttemptOptions {
  /** Aborts as soon as the attempt is of no use any more. */
  signal: AbortSignal
  /**
   * To be called when somebody accepted the connection, before anything is said on it: it is gone on with only if this returns.
   *
   * @throws {Error} another address was faster
   */
  connected (): void
}

export interface DialRaceInit<Connection> {
  /** The first to be dialled first. */
  addresses: readonly string[]
  /** Connects to an address and finds out who is there. */
  attempt (address: string, options: AttemptOptions): Promise<Connection>
  /** Ends a connection that came about after another one had won. */
  discard (connection: Connection): void
  clock: Clock
  /** Milliseconds until all is over. */
  timeout: number
  signal: AbortSignal
}

/** Somebody accepted the connection, and did not show who it is. */
class SilentPeerError extends Error {
  override name = 'SilentPeerError'
}

/** Nobody answered as the wanted peer. */
export class DialRaceError extends Error {
  override name = 'DialRaceError'
  /** Why, by address. */
  readonly reasons: ReadonlyMap<string, Error>

  constructor (reasons: ReadonlyMap<string, Error>) {
    super('all addresses failed')
    this.reasons = reasons
  }
}

/**
 * Dials the addresses of one peer in a staggered race (RFC 8305): each has a short time for itself before the next one starts
 * beside it, and whoever fails makes room at once. The first that is connected goes on alone: the others are closed, and have
 * their turn again should it fail. Once one has said nothing for PATIENCE, all go on side by side, and the first that shows who
 * it is wins: places that only accept connections cost PATIENCE once, however many they are, and a slow peer is not cut off.
 */
export class DialRace<Connection> {
  private readonly init: DialRaceInit<Connection>
  private readonly waiting: string[]
  private readonly connecting = new Map<string, AbortController>()
  private readonly connected = new Map<string, AbortController>()
  private readonly reasons = new Map<string, Error>()
  private readonly outcome = Promise.withResolvers<{ address: string, connection: Connection }>()
  private readonly stagger: number
  /** The one that was connected last, while it is waited for. */
  private favourite: string | undefined
  /** One that was connected said nothing: nobody goes on alone any more. */
  private isImpatient = false
  private isOver = false
  private cancelNext: CancelTimer = () => {}

  constructor (init: DialRaceInit<Connection>) {
    this.init = init
    this.waiting = [...init.addresses]
    // all have their turn, and the last of them the time to show who it is
    this.stagger = Math.min(STAGGER, Math.max(init.timeout - 2 * PATIENCE, 0) / this.waiting.length)
  }

  /**
   * @throws {DialRaceError} nobody answered as the wanted peer in time
   */
  async run (): Promise<{ address: string, connection: Connection }> {
    const { clock, signal, timeout } = this.init
    const abort = (): void => { this.outcome.reject(signal.reason) }
    const cancelEnd = clock.setTimer(() => { this.giveUp() }, timeout)

    signal.addEventListener('abort', abort)

    try {
      signal.throwIfAborted()
      this.next()

      return await this.outcome.promise
    } finally {
      this.isOver = true
      cancelEnd()
      this.cancelNext()
      signal.removeEventListener('abort', abort)
      ;[...this.connecting.values(), ...this.connected.values()].forEach(controller => { controller.abort() })
    }
  }

  /** Starts with one more address, and with another one soon. */
  private next (): void {
    const address = this.waiting.shift()

    this.favourite = undefined
    this.cancelNext()

    if (address != null) {
      this.start(address)
      this.cancelNext = this.init.clock.setTimer(() => { this.next() }, this.stagger)
    } else if (this.connecting.size + this.connected.size === 0) {
      this.giveUp()
    }
  }

  private start (address: string): void {
    const controller = new AbortController()

    this.connecting.set(address, controller)
    this.init.attempt(address, { signal: controller.signal, connected: () => { this.goOn(address, controller) } })
      .then(connection => { this.won(address, connection) }, (error: unknown) => { this.failed(address, controller, error as Error) })
  }

  private goOn (address: string, controller: AbortController): void {
    controller.signal.throwIfAborted()
    this.connecting.delete(address)
    this.connected.set(address, controller)

    if (!this.isImpatient) {
      this.favourite = address
      // those that had no turn yet come first
      this.waiting.push(...this.connecting.keys())
      this.connecting.forEach(other => { other.abort() })
      this.connecting.clear()
      this.cancelNext()
      this.cancelNext = this.init.clock.setTimer(() => {
        this.isImpatient = true
        this.next()
      }, PATIENCE)
    }
  }

  private won (address: string, connection: Connection): void {
    if (this.isOver) {
      this.init.discard(connection)
    } else {
      this.isOver = true
      this.connected.delete(address)
      this.outcome.resolve({ address, connection })
    }
  }

  private failed (address: string, controller: AbortController, error: Error): void {
    const group = [this.connecting, this.connected].find(attempts => attempts.get(address) === controller)

    // one that was closed for a faster one has not failed
    if (this.isOver || group == null) {
      return
    }

    group.delete(address)
    this.reasons.set(address, error)

    if (this.favourite == null || this.favourite === address) {
      this.next()
    }
  }

  private giveUp (): void {
    for (const address of [...this.waiting, ...this.connecting.keys()]) {
      this.reasons.set(address, new TimeoutError('no answer in time'))
    }

    for (const address of this.connected.keys()) {
      this.reasons.set(address, new SilentPeerError('it is connected, and says nothing'))
    }

    this.outcome.reject(new DialRaceError(this.reasons))
  }
}
