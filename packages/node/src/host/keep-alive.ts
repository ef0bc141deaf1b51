import { systemClock } from '@nara-stash/protocol'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

/**
 * A connection on which nothing was heard, or nothing was sent, for this long is pinged. The side that dialled is the
 * first to do so, and the answer serves both: one ping keeps both sides sure of each other. Milliseconds.
 */
const IDLE = { outbound: 25_000, inbound: 30_000 } as const

/** A peer that was pinged has this long to be heard. With the wait before it a dead peer is noticed within 45 s. Milliseconds. */
const PATIENCE = 15_000

/** A timer this late means that this process was stopped, or the machine slept: what the peer said meanwhile is still unread. Milliseconds. */
const OVERSLEPT = 5_000

/** Yamux can ping by a frame of its own: 30 bytes each way on the wire, where a stream for `/ipfs/ping` takes some fifty segments. */
type PingingMuxer = StreamMuxer & { ping(): Promise<unknown> }

/**
 * Ends connections whose peer is gone without a word (its power was cut, its network is away), and keeps the others
 * open in the tables of routers on the way. Stands in for libp2p's connection monitor and for yamux' own pings, which
 * notice nothing.
 *
 * @param create - of a muxer that can ping, with its own keep-alive switched off
 */
export function keepAlive <Components> (create: (components: Components) => StreamMuxerFactory, clock: Clock = systemClock): (components: Components) => StreamMuxerFactory {
  return components => {
    const factory = create(components)

    return {
      protocol: factory.protocol,
      createStreamMuxer: connection => {
        const muxer = factory.createStreamMuxer(connection) as PingingMuxer
        new KeepAlive(muxer, connection, clock).start()

        return muxer
      }
    }
  }
}

class KeepAlive {
  private readonly muxer: PingingMuxer
  private readonly connection: MessageStream
  private readonly clock: Clock
  private readonly idle: number
  private heardAt: number
  private sentAt: number
  /** When it was pinged, while it has not been heard since. */
  private askedAt: number | undefined
  private cancelTimer: CancelTimer = () => {}

  constructor (muxer: PingingMuxer, connection: MessageStream, clock: Clock) {
    this.muxer = muxer
    this.connection = connection
    this.clock = clock
    this.idle = IDLE[connection.direction]
    this.heardAt = this.sentAt = clock.now()
  }

  start (): void {
    const { clock, connection } = this
    const send = connection.send.bind(connection)

    connection.addEventListener('message', () => {
      this.heardAt = clock.now()
      this.askedAt = undefined
    })
    connection.addEventListener('close', () => { this.cancelTimer() })
    connection.send = data => {
      this.sentAt = clock.now()

      return send(data)
    }

    // at once, too: yamux sets its windows by the round trip that it measures
    this.ping()
    this.schedule()
  }

  private check (due: number): void {
    if (this.connection.status !== 'open') {
      return
    }

    const now = this.clock.now()
    const overslept = now - due > OVERSLEPT

    if (this.askedAt != null && !overslept && now >= this.askedAt + PATIENCE) {
      this.connection.abort(new Error(`nothing was heard for ${Math.round((now - this.heardAt) / 1_000)} s`))
      return
    }

    if (overslept || (this.askedAt == null && now >= this.quietSince + this.idle)) {
      this.askedAt = now
      this.ping()
    }

    this.schedule()
  }

  private get quietSince (): number {
    return Math.min(this.heardAt, this.sentAt)
  }

  private schedule (): void {
    const due = this.askedAt == null ? this.quietSince + this.idle : this.askedAt + PATIENCE

    this.cancelTimer = this.clock.setTimer(() => { this.check(due) }, due - this.clock.now())
  }

  private ping (): void {
    // one whose muxer is closing is not pinged any more; whether it answers is seen by what is heard
    this.muxer.ping().catch(() => {})
  }
}
