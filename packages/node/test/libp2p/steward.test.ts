import { createSoul } from '@nara-stash/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { privateKeyFromSoul } from '../../src/identity.ts'
import { stash } from '../../src/stash.ts'
import { fastClock } from './fast-clock.ts'
import { host, presenceService } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashInit } from '../../src/api.ts'
import type { StashService } from '../../src/stash-service.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Libp2p } from '@libp2p/interface'

/** Six nodes that shake hands, on a machine that other tests use as well. Milliseconds. */
const TIME = 120_000

type Host = Libp2p<{ stash: StashService }>

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() }, TIME)

async function nara (gossip: boolean, init: StashInit & { soul?: Soul } = {}): Promise<Host> {
  const { soul } = init
  const identity = soul == null ? {} : { privateKey: privateKeyFromSoul(soul) }
  const service = stash({ clock: fastClock, leaveTimeout: 0, ...init })

  return loopback.keep(gossip
    ? await host({ ...identity, services: { pubsub: presenceService(), stash: service } })
    : await host({ ...identity, services: { stash: service } }))
}

async function connectAll (hosts: readonly Host[]): Promise<void> {
  for (const [i, from] of hosts.entries()) {
    await Promise.all(hosts.slice(i + 1).map(async to => await from.dial(to.getMultiaddrs())))
  }
}

describe.each([['with', true], ['without', false]] as const)('on hosts %s gossipsub', (_, gossip) => {
  it('holders that have no soul of their own make good for one of them that dies while the owner is away, and the owner has everything back', async () => {
    const soul = createSoul({ name: 'owner' })
    const owner = await nara(gossip, { soul, fresh: true })
    const others = await Promise.all(Array.from({ length: 5 }, async () => await nara(gossip)))
    const id = owner.peerId.toString()
    const holders = (): Host[] => others.filter(({ status, services }) => status === 'started' && services.stash.hasStashFor(id))
    await connectAll([owner, ...others])
    await until(owner.services.stash, 'peer:connect', () => owner.services.stash.peers().filter(({ connected }) => connected).length === 5)
    const data = new Uint8Array(300_000).fill(7)
    await owner.services.stash.setStashData(data)
    await until(owner.services.stash, 'stash:copies', () => owner.services.stash.status().copies.have === 3, 'three copies', TIME)
    expect(holders()).toHaveLength(3)

    await loopback.end(owner)
    const [dead, ...rest] = holders() as [Host, ...Host[]]
    await loopback.end(dead)
    await Promise.any(rest.map(async ({ services }) => {
      await until(services.stash, 'held:repaired', () => holders().length === 3, 'a third copy', TIME)
    }))
    expect(holders()).toHaveLength(3)

    const back = await nara(gossip, { soul })
    await connectAll([back, ...others.filter(other => other !== dead)])
    expect(await back.services.stash.whenSettled({ signal: AbortSignal.timeout(TIME) })).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toStrictEqual(data)
  }, 2 * TIME)
})
