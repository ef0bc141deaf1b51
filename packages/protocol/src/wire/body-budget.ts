import { LARGEST_MAX_STASH, MAX_BODIES_IN_FLIGHT, maxBodyLength } from '../constants.ts'

/** Gives the reserved bytes back; once. */
export type Release = () => void

/**
 * The bytes of bodies that others may be sending at one moment, shared by all streams. The largest body there may be
 * always fits when no other is in flight, or it could never be stored.
 */
export class BodyBudget {
  readonly #limit: number
  #inFlight = 0

  /** @param limit in bytes */
  constructor (limit: number = MAX_BODIES_IN_FLIGHT) {
    this.#limit = limit
  }

  /** Bytes reserved at the moment. */
  get inFlight (): number {
    return this.#inFlight
  }

  /** Reserves room for a body, or returns undefined if there is none. */
  reserve (bytes: number): Release | undefined {
    const fits = this.#inFlight + bytes <= this.#limit
    const alone = this.#inFlight === 0 && bytes <= maxBodyLength(LARGEST_MAX_STASH)

    if (!fits && !alone) {
      return undefined
    }

    let held = bytes
    this.#inFlight += held

    return () => {
      this.#inFlight -= held
      held = 0
    }
  }
}
