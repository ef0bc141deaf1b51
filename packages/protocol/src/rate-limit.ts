import { STORE_BURST, STORES_PER_SECOND } from './constants.ts'
import type { Clock } from './clock.ts'

/** Peers remembered at most: far more than may be connected at once, and each costs about a hundred bytes. */
const MAX_PEERS = 4_096

const second = 1_000

/** Milliseconds by which a peer may be early: sums of fractions of a millisecond are off by less. */
const ROUNDING = 0.001

export interface RateLimiterInit {
  clock: Clock
  /**
   * Tokens that come back per second.
   *
   * @default STORES_PER_SECOND
   */
  perSecond?: number
  /**
   * Tokens that a peer has when it has been idle.
   *
   * @default STORE_BURST
   */
  burst?: number
  /** @default 4096 */
  maxPeers?: number
}

/** `retryAfter` is in milliseconds; after it the tokens are there. */
export type Take = { ok: true } | { ok: false, retryAfter: number }

/**
 * A token bucket per peer, in its timerless form (the generic cell rate algorithm, ITU-T I.371): all that is kept of a
 * peer is when its bucket will be full again. A bucket that is full again equals one never seen, so of too many peers the
 * one that asked longest ago is forgotten.
 */
export class RateLimiter {
  private readonly clock: Clock
  /** Milliseconds in which one token comes back. */
  private readonly interval: number
  /** Milliseconds in which an empty bucket becomes full. */
  private readonly refill: number
  private readonly burst: number
  private readonly maxPeers: number
  /** When each peer's bucket is full again, longest unasked first. */
  private readonly fullAt = new Map<string, number>()

  constructor (init: RateLimiterInit) {
    this.clock = init.clock
    this.interval = second / (init.perSecond ?? STORES_PER_SECOND)
    this.burst = init.burst ?? STORE_BURST
    this.refill = this.interval * this.burst
    this.maxPeers = init.maxPeers ?? MAX_PEERS
  }

  /** Takes so many of the peer's tokens, fractions too, if it has them; of more than there ever are, all. A refusal costs nothing. */
  take (peer: string, tokens = 1): Take {
    const now = this.clock.now()
    const fullAt = Math.max(this.fullAt.get(peer) ?? now, now) + this.interval * Math.min(tokens, this.burst)
    const early = fullAt - now - this.refill

    if (early > ROUNDING) {
      return { ok: false, retryAfter: Math.ceil(early) }
    }

    // deleted first, so that it moves to the end of the map's order
    this.fullAt.delete(peer)
    this.fullAt.set(peer, fullAt)
    this.forget()

    return { ok: true }
  }

  /** Gives back what was taken for nothing. */
  giveBack (peer: string, tokens = 1): void {
    const fullAt = this.fullAt.get(peer)

    if (fullAt != null) {
      this.fullAt.set(peer, fullAt - this.interval * Math.min(tokens, this.burst))
    }
  }

  private forget (): void {
    for (const peer of this.fullAt.keys()) {
      if (this.fullAt.size <= this.maxPeers) {
        return
      }

      this.fullAt.delete(peer)
    }
  }
}
