import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { createSoul } from '@nara-stash/crypto'
import { MemoryStashStore, stashProtocol } from '@nara-stash/protocol'
import { VirtualClock } from '@nara-stash/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { privateKeyFromSoul, soulFromPrivateKey } from '../../src/identity.ts'
import { stash } from '../../src/stash.ts'
import { host, presenceService } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashService } from '../../src/stash-service.ts'
import type { Libp2p, ServiceMap } from '@libp2p/interface'
import type { Soul } from '@nara-stash/crypto'
import type { ServiceFactoryMap } from 'libp2p'

const loopback = new Loopback()
const data = new TextEncoder().encode('remember me')
/** The peers may still be shaking hands. */
const patient = { timeout: 45_000 }

afterEach(async () => { await loopback.stop() })

async function meet (host: Libp2p, others: readonly Libp2p[]): Promise<void> {
  await Promise.all(others.map(async other => { await host.dial(other.getMultiaddrs()) }))
}

describe('stash() in a host of the user\'s own', () => {
  it('is an owner and a confidant', async () => {
    const soul = createSoul()
    const embedded = async (soul: Soul, fresh: boolean): Promise<Libp2p<{ stash: StashService }>> => loopback.keep(await host({
      privateKey: privateKeyFromSoul(soul),
      services: { pubsub: presenceService(), stash: stash({ soul, fresh }) }
    }))
    const owner = await embedded(soul, true)
    const others = await Promise.all([1, 2, 3].map(async () => await embedded(createSoul(), true)))
    await meet(owner, others)

    expect(await owner.services.stash.setStashData(data, patient)).toMatchObject({ outcome: 'kept' })
    expect(await others[0]?.services.stash.setStashData(Uint8Array.of(1), patient)).toMatchObject({ outcome: 'kept' })
    await loopback.end(owner)

    const back = await embedded(soul, false)
    await meet(back, others)
    expect(await back.services.stash.whenSettled()).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toEqual(data)
  })

  it('is kept by hosts that have stashProtocol() and identify, and nothing else', async () => {
    const soul = createSoul()
    const holders = await Promise.all(Array.from({ length: 3 }, async () => loopback.keep(await host({ services: { stash: stashProtocol({ memory: 'low' }) } }))))
    const owner = await host({ privateKey: privateKeyFromSoul(soul), services: { pubsub: presenceService(), stash: stash({ soul, fresh: true }) } })
    await meet(owner, holders)
    expect(await owner.services.stash.setStashData(data, patient)).toMatchObject({ outcome: 'kept' })
    await until(owner.services.stash, 'stash:copies', () => owner.services.stash.status().copies.have === 3)
    await owner.stop()

    expect(holders.map(({ services }) => services.stash.hasStashFor(owner.peerId.toString()))).toEqual([true, true, true])

    // a host that still believes in the old connection would not dial
    await Promise.all(holders.map(async holder => { await until(holder, 'peer:disconnect', () => holder.getConnections().length === 0) }))
    const back = loopback.keep(await host({ privateKey: privateKeyFromSoul(soul), services: { pubsub: presenceService(), stash: stash({ soul }) } }))
    await Promise.all(holders.map(async holder => { await holder.dial(back.getMultiaddrs()) }))
    expect(await back.services.stash.whenSettled()).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toEqual(data)
  })

  it('recovers without gossipsub on either side when peers connect', async () => {
    const soul = createSoul()
    const holders = await Promise.all(Array.from({ length: 3 }, async () => loopback.keep(await host({ services: { stash: stash() } }))))
    const owner = await host({ privateKey: privateKeyFromSoul(soul), services: { stash: stash({ soul, fresh: true }) } })
    await meet(owner, holders)
    expect(await owner.services.stash.setStashData(data, patient)).toMatchObject({ outcome: 'kept' })
    await until(owner.services.stash, 'stash:copies', () => owner.services.stash.status().copies.have === 3)
    await owner.stop()

    const back = loopback.keep(await host({ privateKey: privateKeyFromSoul(soul), services: { stash: stash({ soul }) } }))
    await meet(back, holders)
    expect(await back.services.stash.whenSettled()).toBe('settled')
    expect(back.services.stash.getStashData()?.data).toEqual(data)
  })

  it.each<[string, () => ServiceFactoryMap<{ stash: StashService }>]>([
    ['before it', () => ({ whispers: presenceService(), stash: stash() })],
    ['after it', () => ({ stash: stash(), whispers: presenceService() })],
    ['first of all', () => ({ aGossip: presenceService(), identify: identify(), stash: stash() })],
    ['last of all', () => ({ stash: stash(), identify: identify(), zGossip: presenceService() })]
  ])('uses a gossipsub of any name that stands %s', async (_, services) => {
    const a = loopback.keep(await host({ services: services() }))
    const b = loopback.keep(await host({ services: { stash: stash(), pubsub: presenceService() } }))
    const heard = (node: { services: { stash: StashService } }, other: Libp2p): boolean =>
      node.services.stash.peers().some(({ peerId, uptime }) => peerId === other.peerId.toString() && uptime != null)
    await a.dial(b.getMultiaddrs())

    await Promise.all([
      until(a.services.stash, 'presence', () => heard(a, b)),
      until(b.services.stash, 'presence', () => heard(b, a))
    ])
  })

  it('leaves the topics of the host\'s own gossipsub alone', async () => {
    const a = loopback.keep(await host({ services: { stash: stash(), pubsub: gossipsub() } }))
    const b = loopback.keep(await host({ services: { stash: stash(), pubsub: gossipsub() } }))
    const { promise, resolve } = Promise.withResolvers<string>()
    b.services.pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic === 'news') {
        resolve(new TextDecoder().decode(detail.data))
      }
    })
    b.services.pubsub.subscribe('news')
    await a.dial(b.getMultiaddrs())
    await until(a.services.pubsub, 'subscription-change', () => a.services.pubsub.getSubscribers('news').length === 1)

    // gossipsub drops what is published while its own way to a new subscriber is still being set up
    const again = setInterval(() => { void a.services.pubsub.publish('news', new TextEncoder().encode('hello')) }, 100)

    try {
      expect(await promise).toBe('hello')
    } finally {
      clearInterval(again)
    }
  })
})

describe('a host that fails to start', () => {
  it('has stopped its stash when it says so', async () => {
    const clock = new VirtualClock()
    const steps: string[] = []
    const held = Object.assign(new MemoryStashStore(), {
      open: async () => {
        steps.push('open')
        await new Promise(resolve => { setTimeout(resolve, 100) })
      },
      stamp: async () => {},
      close: async () => { steps.push('close') }
    })
    const broken = (): object => ({ start: async () => { throw new Error('broken') }, stop: () => {} })

    await expect(host({ services: { stash: stash({ held, clock }), broken } })).rejects.toThrow('broken')
    expect(steps).toStrictEqual(['open', 'close'])
    await new Promise(resolve => { setTimeout(resolve, 200) })
    expect(clock.pending).toBe(0)
  })
})

describe('a host that is not the soul\'s', () => {
  it('is refused with both mends, and both work', async () => {
    const soul = createSoul({ name: 'alice' })
    const key = await generateKeyPair('Ed25519')
    const refused = host({ privateKey: key, services: { stash: stash({ soul }) } })

    await expect(refused).rejects.toMatchObject({ name: 'WrongIdentityError' })
    const message = await refused.catch((err: Error) => err.message)
    expect(message).toContain('createLibp2p({ privateKey: privateKeyFromSoul(soul), ... })')
    expect(message).toContain('stash({ soul: soulFromPrivateKey(privateKey, name) })')

    const first = loopback.keep(await host({ privateKey: privateKeyFromSoul(soul), services: { stash: stash({ soul }) } }))
    expect(first.services.stash.status()).toMatchObject({ name: 'alice', peerId: first.peerId.toString() })

    const second = loopback.keep(await host({ privateKey: key, services: { stash: stash({ soul: soulFromPrivateKey(key, 'bob') }) } }))
    expect(second.services.stash.status()).toMatchObject({ name: 'bob', peerId: second.peerId.toString() })
  })

  it('with a key that cannot be a soul is told so', async () => {
    const key = await generateKeyPair('secp256k1')

    expect(() => soulFromPrivateKey(key)).toThrow(expect.objectContaining({ name: 'WrongIdentityError', message: expect.stringContaining('secp256k1') as string }))
  })
})

describe('two stash services on one host', () => {
  it.each<[string, () => ServiceFactoryMap<ServiceMap>]>([
    ['stash() beside stashProtocol()', () => ({ stash: stash(), confidant: stashProtocol() })],
    ['stashProtocol() before stash()', () => ({ confidant: stashProtocol(), stash: stash() })],
    ['stash() twice', () => ({ stash: stash(), another: stash() })]
  ])('%s: AlreadyRegisteredError, which says what to do', async (_, services) => {
    await expect(host({ services: services() })).rejects.toMatchObject({
      name: 'AlreadyRegisteredError',
      message: expect.stringMatching(/either stash\(\) or stashProtocol\(\), and only once/) as string
    })
  })
})
