import { PROBE_TIMEOUT, UnreachableError } from '@nara-stash/protocol'
import type { SimHost } from './sim-host.ts'
import type { Topology } from './topology.ts'
import type { Wire } from './wire.ts'
import type { Clock } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/** How long a dialler waits for one that says nothing: libp2p's default. Milliseconds. */
const DIAL_TIMEOUT = 10_000

/**
 * Connects `host` to `peer` as libp2p's dial does: an open connection is kept, be it dead; one round trip to a peer that is up, or
 * to a machine that refuses because the process is gone; a peer that says nothing is given up after 10 s. Two that dial
 * each other at once get two connections.
 *
 * @throws {UnreachableError} no connection came about
 */
export async function dial (
  wire: Wire, topology: Topology, host: SimHost, peer: string, options: AbortOptions = {}
): Promise<void> {
  options.signal?.throwIfAborted()

  if (host.up && host.newestLink(peer) !== undefined) {
    return
  }

  if (!host.up || host.id === peer) {
    throw new UnreachableError(host.up ? 'one cannot dial oneself' : `${host.id} is down`)
  }

  const roundTrip = listens(wire, topology, host, peer)
  await pause(wire.clock, roundTrip ?? DIAL_TIMEOUT, options)

  const target = topology.newest(peer)

  if (roundTrip === undefined || target === undefined) {
    throw new UnreachableError(`${peer} does not answer`)
  }

  topology.connect(host, target)
}

/** Ends those of `host`'s connections to `peer` that it finds dead: as libp2p's that negotiate no stream within PROBE_TIMEOUT. Waits for these only. */
export async function probe (wire: Wire, topology: Topology, host: SimHost, peer: string, newest: boolean): Promise<void> {
  const links = host.linksTo(peer)
  const dead = (newest ? links : links.slice(0, -1)).filter(link => !link.isOpenAt(link.other(host)) || !link.other(host).up)

  if (dead.length > 0) {
    await pause(wire.clock, PROBE_TIMEOUT, {})
    dead.forEach(link => { topology.close(link, [host]) })
  }
}

/** Milliseconds until `peer`, or its machine, answers; undefined if nothing does. */
function listens (wire: Wire, topology: Topology, host: SimHost, peer: string): number | undefined {
  const there = wire.conditions.travel(host.id, peer, 0)
  const back = wire.conditions.travel(peer, host.id, 0)

  const target = topology.newest(peer)

  if (there === undefined || back === undefined || target?.state === 'killed' || target?.suspended === true ||
    !wire.conditions.reachable(host.id, peer)) {
    return undefined
  }

  return there.latency + back.latency
}

async function pause (clock: Clock, ms: number, { signal }: AbortOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = clock.setTimer(resolve, ms)
  const abort = (): void => { reject(signal?.reason) }

  signal?.addEventListener('abort', abort, { once: true })

  try {
    await promise
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}
