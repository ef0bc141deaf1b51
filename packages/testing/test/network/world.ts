import { SimNetwork, VirtualClock, seededRandom } from '../../src/index.ts'
import type { SimNetworkInit, SimPort } from '../../src/index.ts'

export interface World {
  clock: VirtualClock
  net: SimNetwork
  /** Makes peers join, in this order. */
  join: (...peers: string[]) => SimPort[]
}

/** A network whose messages take 10 ms, unless told otherwise. */
export function world (init: Partial<SimNetworkInit> = {}, seed = 1): World {
  const clock = new VirtualClock()
  const net = new SimNetwork({ clock, random: seededRandom(seed), latency: [10, 10], ...init })

  return { clock, net, join: (...peers) => peers.map(peer => net.join(peer)) }
}

/** Writes down what a port tells of its peers. */
export function eventsOf (port: SimPort): string[] {
  const events: string[] = []

  port.addEventListener('peer:connect', ({ detail }) => { events.push(`+${detail.id} ${detail.connection}`) })
  port.addEventListener('peer:disconnect', ({ detail }) => { events.push(`-${detail.id}`) })

  return events
}

/** Matches an error by its name. */
export const named = (name: string): object => ({ name })
