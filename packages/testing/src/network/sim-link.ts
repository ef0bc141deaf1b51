import type { Exchange } from './exchange.ts'
import type { SimHost } from './sim-host.ts'

/**
 * One connection. Each end has its own idea of whether it is open: one that is held to a killed or cut-off peer lingers.
 */
export class SimLink {
  readonly id: string
  /** When it came up, in milliseconds of virtual time. */
  readonly since: number
  /** The same on the clock of each end. */
  readonly #sinceAt: Map<SimHost, number>
  readonly ends: readonly [SimHost, SimHost]
  /** The requests under way on it. */
  readonly exchanges = new Set<Exchange>()
  readonly #open: Set<SimHost>

  constructor (id: string, since: number, a: SimHost, b: SimHost) {
    this.id = id
    this.since = since
    this.ends = [a, b]
    this.#open = new Set(this.ends)
    this.#sinceAt = new Map(this.ends.map(end => [end, end.clock.now()]))
  }

  other (host: SimHost): SimHost {
    return this.ends[0] === host ? this.ends[1] : this.ends[0]
  }

  sinceAt (host: SimHost): number {
    return this.#sinceAt.get(host) ?? this.since
  }

  isOpenAt (host: SimHost): boolean {
    return this.#open.has(host)
  }

  /** Closes one end; false if it was closed. What was under way there ends. */
  closeAt (host: SimHost): boolean {
    if (!this.#open.delete(host)) {
      return false
    }

    for (const exchange of this.exchanges) {
      exchange.lost(host)
    }

    return true
  }
}
