import { createSoul } from '@nara-stash/crypto'
import { afterEach, expect, it } from 'vitest'
import { privateKeyFromSoul } from '../../src/identity.ts'
import { stash } from '../../src/stash.ts'
import { fastClock } from './fast-clock.ts'
import { host, presenceService } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashInit } from '../../src/api.ts'
import type { Nara } from '../../src/nara-types.ts'
import type { StashService } from '../../src/stash-service.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Libp2p } from '@libp2p/interface'

const TIME = 120_000
const loopback = new Loopback()

afterEach(async () => { await loopback.stop() }, TIME)

async function nara (init: StashInit & { soul?: Soul } = {}): Promise<Libp2p<{ stash: StashService }>> {
  const { soul } = init

  return loopback.keep(await host({
    ...(soul == null ? {} : { privateKey: privateKeyFromSoul(soul) }),
    services: { pubsub: presenceService(), stash: stash({ clock: fastClock, ...init }) }
  }))
}

it('two nodes with one soul hear each other through others, though neither has stored anything', async () => {
  const soul = createSoul({ name: 'twins' })
  const [one, two, between, beyond] = [await nara({ soul, fresh: true, minConnections: 0 }), await nara({ soul, fresh: true, minConnections: 0 }), await nara(), await nara()]
  const said = Promise.all([one, two].map(async ({ services }) => {
    await until(services.stash, 'stash:twin', () => services.stash.status().twin != null, 'it says that it has a twin', TIME)
  }))
  await one.dial(between.getMultiaddrs())
  await two.dial(beyond.getMultiaddrs())
  await between.dial(beyond.getMultiaddrs())
  await said

  expect(one.services.stash.status().twin?.boot).not.toBe(two.services.stash.status().twin?.boot)
}, 2 * TIME)

// presence goes to one of two that have the same peer id, so that the other one has the DHT alone
it('a nara finds the others through the first peer that it meets, however late that is', async () => {
  const soul = createSoul({ name: 'twins' })
  const [between, beyond] = await loopback.naras(2) as [Nara, Nara]
  await loopback.nara({ soul, bootstrap: between.addresses })
  const { libp2p } = await loopback.nara({ soul })
  // the DHT looks for the first time after a second, and then every five minutes
  await new Promise(resolve => { setTimeout(resolve, 2_000) })
  await libp2p.dial(between.libp2p.getMultiaddrs())
  await until(libp2p, 'peer:connect', () => libp2p.getConnections(beyond.libp2p.peerId).length > 0, 'it is connected with who is beyond')
}, 2 * TIME)
