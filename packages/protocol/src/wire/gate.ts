import { raceSignal } from 'race-signal'

/**
 * Lets at most `limit` callers in at a time, the others in the order in which they came.
 */
export class Gate {
  readonly #limit: number
  #inside = 0
  #waiting: Array<() => void> = []

  constructor (limit: number) {
    this.#limit = limit
  }

  /** Nobody is inside, so nobody waits. */
  get idle (): boolean {
    return this.#inside === 0
  }

  /**
   * Resolves when the caller is in, with the way out; it is called once.
   *
   * @throws the signal's reason, if it aborts while waiting
   */
  async enter (signal: AbortSignal): Promise<() => void> {
    if (this.#inside < this.#limit) {
      this.#inside++
    } else {
      await this.#wait(signal)
    }

    return () => { this.#leave() }
  }

  async #wait (signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn.resolve)

    try {
      await raceSignal(turn.promise, signal)
    } catch (err) {
      const place = this.#waiting.indexOf(turn.resolve)

      if (place === -1) {
        // the turn came just as the signal aborted: it goes to the next
        this.#leave()
      } else {
        this.#waiting.splice(place, 1)
      }

      throw err
    }
  }

  #leave (): void {
    const next = this.#waiting.shift()

    if (next != null) {
      // the place inside passes on
      next()
    } else {
      this.#inside--
    }
  }
}
