import { createSoul } from '@nara-stash/crypto'
import { stashProtocol } from '@nara-stash/protocol'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { privateKeyFromSoul } from '../../src/identity.ts'
import { stash } from '../../src/stash.ts'
import { CutProxy } from './cut-proxy.ts'
import { host, presenceService } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashService } from '../../src/stash-service.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Soul } from '@nara-stash/crypto'

const loopback = new Loopback()
const data = new TextEncoder().encode('remember me')

/** Nothing but the stash itself notices a dead connection. */
const unmonitored = { connectionMonitor: { enabled: false } }

afterEach(async () => { await loopback.stop() })

async function ownerOf (soul: Soul, fresh = false): Promise<Libp2p<{ stash: StashService, pubsub: GossipSub }>> {
  return loopback.keep(await host({
    ...unmonitored,
    privateKey: privateKeyFromSoul(soul),
    services: { pubsub: presenceService(), stash: stash({ soul, fresh, minConnections: 0 }) }
  }))
}

const portOf = (node: Libp2p): number => Number(node.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)

/** An owner whose stash is with these confidants, and whose power is cut: to them it seems to be connected still. */
async function vanish (soul: Soul, confidants: readonly Libp2p[]): Promise<void> {
  const owner = await ownerOf(soul, true)

  const proxies = await Promise.all(confidants.map(async confidant => {
    const proxy = loopback.keep(await CutProxy.to(portOf(confidant)))
    await owner.dial(multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${confidant.peerId.toString()}`))

    return proxy
  }))
  const { stash } = owner.services
  await stash.setStashData(data, { timeout: 45_000 })
  await until(stash, 'stash:copies', () => stash.status().copies.have === confidants.length)

  proxies.forEach(proxy => { proxy.cut() })
  await loopback.end(owner)
}

/** The connections that `node` believes in. */
const believed = (node: Libp2p, owner: Libp2p): Connection[] => node.getConnections(owner.peerId).filter(({ status }) => status === 'open')

describe('an owner that returns behind its own dead connections', () => {
  it('is served over the new ones, and the dead ones are ended', async () => {
    const soul = createSoul()
    const confidants = await Promise.all([1, 2, 3].map(async () => loopback.keep(await host({
      ...unmonitored, services: { pubsub: presenceService(), stash: stash({ minConnections: 0 }) }
    }))))
    await vanish(soul, confidants)
    const back = await ownerOf(soul)
    const dead = confidants.flatMap(confidant => believed(confidant, back))
    expect(dead).toHaveLength(3)

    await Promise.all(confidants.map(async confidant => { await back.dial(confidant.getMultiaddrs()) }))
    expect(await back.services.stash.whenSettled()).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toEqual(data)

    await Promise.all(confidants.map(async confidant => {
      await until(confidant, 'connection:close', () => believed(confidant, back).length === 1, 'the dead connection ends')
    }))
    expect(dead.map(({ status }) => status)).not.toContain('open')

    // the way for presence is free again, too
    const heard = (a: StashService, b: Libp2p): boolean => a.peers().some(({ peerId, uptime }) => peerId === b.peerId.toString() && uptime != null)
    await Promise.all(confidants.flatMap(confidant => [
      until(back.services.stash, 'presence', () => heard(back.services.stash, confidant), 'the owner hears its confidant'),
      until(confidant.services.stash, 'presence', () => heard(confidant.services.stash, back), 'the confidant hears the owner')
    ]))
  })

  it('is served by hosts without gossipsub, and by those that only hold', async () => {
    const soul = createSoul()
    const confidants = await Promise.all([
      host({ ...unmonitored, services: { stash: stash({ minConnections: 0 }) } }),
      host({ ...unmonitored, services: { stash: stashProtocol() } }),
      host({ ...unmonitored, services: { stash: stashProtocol() } })
    ])
    confidants.forEach(confidant => loopback.keep(confidant))
    await vanish(soul, confidants)

    const back = await ownerOf(soul)
    await Promise.all(confidants.map(async confidant => { await back.dial(confidant.getMultiaddrs()) }))
    expect(await back.services.stash.whenSettled()).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toEqual(data)

    const [withStash] = confidants as [Libp2p, ...Libp2p[]]
    await until(withStash, 'connection:close', () => believed(withStash, back).length === 1, 'the dead connection ends')
  })
})
