import type { Conditions } from './conditions.ts'
import type { SimHost } from './sim-host.ts'
import type { SimLink } from './sim-link.ts'
import type { TrafficStats, TrafficType } from './traffic.ts'
import type { Clock } from '@nara-stash/protocol'

/** Carries single messages over links, as fast and as surely as the conditions allow. */
export class Wire {
  readonly clock: Clock
  readonly conditions: Conditions
  readonly #stats: TrafficStats

  constructor (clock: Clock, conditions: Conditions, stats: TrafficStats) {
    this.clock = clock
    this.conditions = conditions
    this.#stats = stats
  }

  /**
   * Sends `bytes` bytes from one end of `link` and runs `arrived` at the other. False if they are lost from the start; they may
   * still be if the link breaks or the receiver dies while they travel.
   */
  carry (link: SimLink, from: SimHost, type: TrafficType, bytes: number, arrived: () => void): boolean {
    const to = link.other(from)

    if (!from.up || from.suspended || !link.isOpenAt(from)) {
      return false
    }

    this.#stats.countSent(from.id, type, bytes)

    const journey = this.conditions.travel(from.id, to.id, bytes)

    if (journey === undefined || !this.audible(from, to)) {
      return false
    }

    const sent = this.clock.now() + journey.sending

    this.clock.setTimer(() => {
      // who dies while it sends leaves half a message, who dies later leaves a whole one on the wire
      if (link.isOpenAt(to) && this.audible(from, to) && from.fellAt >= sent) {
        this.#stats.countReceived(to.id, type, bytes)
        arrived()
      }
    }, journey.sending + journey.latency)

    return true
  }

  /** Whether what `from` sends can reach `to` at this moment. */
  audible (from: SimHost, to: SimHost): boolean {
    return to.up && !to.suspended && this.conditions.reachable(from.id, to.id)
  }
}
