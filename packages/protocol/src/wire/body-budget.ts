import { LARGEST_MAX_STASH, MAX_BODIES_IN_FLIGHT, maxBodyLength } from '../constants.ts'

/** Gives the reserved bytes back; once. */
export type Release = () => void

/** Of the bytes, so much at most is for the second and further bodies of one peer: an owner sends one at a time. */
const PEER_SHARE = 1 / 2

/**
 * The bytes of bodies that others may be sending at one moment, shared by all streams. The largest body there may be
 * always fits when no other is in flight, or it could never be stored. However many bodies one peer sends at once, there is
 * room for those of others.
 */
export class BodyBudget {
  readonly #limit: number
  readonly #byPeer = new Map<string, number>()
  #inFlight = 0

  /** @param limit in bytes */
  constructor (limit: number = MAX_BODIES_IN_FLIGHT) {
    this.#limit = limit
  }

  /** Bytes reserved at the moment. */
  get inFlight (): number {
    return this.#inFlight
  }

  /** Reserves room for a body, or returns undefined if there is none. With `peer`, it is one of those that it sends. */
  reserve (bytes: number, peer?: string): Release | undefined {
    const fits = this.#inFlight + bytes <= this.#limit
    const alone = this.#inFlight === 0 && bytes <= maxBodyLength(LARGEST_MAX_STASH)
    const others = peer == null ? 0 : this.#byPeer.get(peer) ?? 0

    if ((!fits && !alone) || (others > 0 && others + bytes > this.#limit * PEER_SHARE)) {
      return undefined
    }

    let held = bytes
    this.#add(held, peer)

    return () => {
      this.#add(-held, peer)
      held = 0
    }
  }

  #add (bytes: number, peer: string | undefined): void {
    this.#inFlight += bytes

    if (peer != null) {
      const sum = (this.#byPeer.get(peer) ?? 0) + bytes

      if (sum > 0) {
        this.#byPeer.set(peer, sum)
      } else {
        this.#byPeer.delete(peer)
      }
    }
  }
}
