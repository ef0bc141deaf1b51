import { MAX_PENALIZED_PEERS, VIOLATION_BURST, VIOLATION_RECOVERY } from '../constants.ts'
import type { Clock } from '../clock.ts'

interface Bucket {
  /** Violations that would still be forgiven. */
  tokens: number
  /** When `tokens` was right, on the clock's monotonic scale. */
  at: number
}

/**
 * Who broke the protocol lately. A violation costs a peer a token of its bucket; while the bucket is empty the peer is shut out, and
 * it earns a token back with every minute. A single slip (a peer that stops amid a frame) shuts nobody out.
 */
export class Penalties {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Notes a violation of this peer. */
  add (peer: string): void {
    const tokens = Math.max(this.#tokens(peer) - 1, 0)

    // set anew, so that the map stays in the order of the last violation
    this.#buckets.delete(peer)
    this.#buckets.set(peer, { tokens, at: this.#clock.now() })

    if (this.#buckets.size > MAX_PENALIZED_PEERS) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest as string)
    }
  }

  /** True while this peer gets no answers. */
  shutOut (peer: string): boolean {
    return this.#tokens(peer) < 1
  }

  #tokens (peer: string): number {
    const bucket = this.#buckets.get(peer)

    if (bucket == null) {
      return VIOLATION_BURST
    }

    const tokens = bucket.tokens + (this.#clock.now() - bucket.at) / VIOLATION_RECOVERY

    if (tokens >= VIOLATION_BURST) {
      this.#buckets.delete(peer)
    }

    return Math.min(tokens, VIOLATION_BURST)
  }
}
