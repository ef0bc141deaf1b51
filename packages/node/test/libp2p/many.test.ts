import { gossipsub } from '@libp2p/gossipsub'
import { systemClock } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { afterEach, describe, expect, it } from 'vitest'
import { stash } from '../../src/stash.ts'
import { host } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { Stash } from '../../src/api.ts'
import type { StashService } from '../../src/stash-service.ts'
import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'

const COUNT = 20
const WANTED = 16

/** Some 300 handshakes, on a machine that other tests use as well. Milliseconds. */
const TIME = 240_000

const loopback = new Loopback()
const connections = (stash: Stash): number => stash.peers().filter(({ connected }) => connected).length

afterEach(async () => { await loopback.stop() }, TIME)

async function wellConnected (stash: Stash, count: number): Promise<void> {
  await until(stash, ['peer:connect', 'peer:disconnect'], () => connections(stash) >= count, `${count} connections`, TIME)
}

/** Of a nara that which matters here: twenty whole ones in one process would wait for each other's timers. */
async function smallNara (): Promise<Libp2p<{ stash: StashService }>> {
  const pubsub = gossipsub({
    // a message arrives from many sides, and its signature is verified once
    fastMsgIdFn: ({ signature }) => signature == null ? '' : toString(signature, 'base64'),
    scoreParams: { IPColocationFactorWeight: 0 }
  }) as (components: GossipSubComponents) => GossipSub

  return loopback.keep(await host({ connectionMonitor: { enabled: false }, services: { pubsub, stash: stash({ minConnections: WANTED }) } }))
}

describe('more naras than each needs to be connected to', () => {
  it('each get to at least 16, knowing one address in common, and have not more than two connections to each other one', async () => {
    const hub = await smallNara()
    const others = await Promise.all(Array.from({ length: COUNT - 1 }, smallNara))

    others.forEach(({ services }) => { services.stash.discovered(hub.peerId.toString(), hub.getMultiaddrs().map(String)) })
    await Promise.all([hub, ...others].map(async ({ services }) => { await wellConnected(services.stash, WANTED) }))

    // both sides may have dialled at once
    others.forEach(node => { expect(node.getConnections().length).toBeLessThanOrEqual(2 * (COUNT - 1)) })
  }, TIME)

  it('take in one who comes when they have all they want and have long said hey-there', async () => {
    let later = 0
    const clock = { ...systemClock, now: () => systemClock.now() + later }
    const naras = await loopback.naras(6, { clock, minConnections: 3 })
    await Promise.all(naras.map(async ({ stash }) => { await wellConnected(stash, 3) }))

    later = 600_000
    const late = await loopback.nara({ clock, minConnections: 5, bootstrap: naras[0].addresses })
    await wellConnected(late.stash, 5)
  }, TIME)
})
