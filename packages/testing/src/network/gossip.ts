import type { SimHost } from './sim-host.ts'
import type { SimLink } from './sim-link.ts'
import type { Wire } from './wire.ts'

/**
 * Spreads presence as gossipsub does: each peer that accepts it hands it to its neighbours, and each that listens hears it at most
 * once. A neighbour to whom a copy is on its way gets no second one, so an announcement costs about one message per peer
 * however dense the network is; where a copy is lost, the next neighbour tries.
 */
export class Gossip {
  readonly #wire: Wire
  readonly #meshDelay: number
  readonly #population: () => number

  /**
   * @param meshDelay - milliseconds from a connection to the first presence that crosses it
   * @param population - how many processes are up
   */
  constructor (wire: Wire, meshDelay: number, population: () => number) {
    this.#wire = wire
    this.#meshDelay = meshDelay
    this.#population = population
  }

  announce (origin: SimHost, presence: Uint8Array): void {
    this.#forward(origin, origin, presence.slice(), new Set([origin]))
  }

  /** Both ends learn what the other listens to. */
  connected (link: SimLink): void {
    link.ends.forEach(end => { this.#introduce(link, end) })
  }

  /** The neighbours of `host` learn that it listens. */
  subscribed (host: SimHost): void {
    host.links.forEach(link => { this.#introduce(link, host) })
  }

  /** Tells the far end of `link`, once the mesh had its time to form, if `host` listens. */
  #introduce (link: SimLink, host: SimHost): void {
    const far = link.other(host)

    this.#wire.clock.setTimer(() => {
      if (host.presenceListeners.length > 0 && link.isOpenAt(far) && this.#wire.audible(host, far) && host.up) {
        far.subscriberListeners.forEach(listener => { listener() })
      }
    }, this.#meshDelay)
  }

  #forward (origin: SimHost, host: SimHost, presence: Uint8Array, reached: Set<SimHost>): void {
    // in a dense network the first hop reaches all: spare each of them the look at all the others
    if (reached.size >= this.#population()) {
      return
    }

    const youngest = this.#wire.clock.now() - this.#meshDelay

    for (const link of host.links) {
      const neighbour = link.other(host)

      if (reached.has(neighbour) || link.since > youngest || neighbour.presenceListeners.length === 0) {
        continue
      }

      const sent = this.#wire.carry(link, host, 'presence', presence.byteLength, () => {
        if (heard(neighbour, origin.id, presence)) {
          this.#forward(origin, neighbour, presence, reached)
        }
      })

      if (sent) {
        reached.add(neighbour)
      }
    }
  }
}

/** Tells every listener of `host`; true if all accept. */
function heard (host: SimHost, from: string, presence: Uint8Array): boolean {
  return host.presenceListeners
    .map(listener => listener(from, presence.slice()))
    .every(verdict => verdict === 'accept')
}
