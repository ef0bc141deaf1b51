import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { describe, expect, it } from 'vitest'
import { testKey } from '../../src/index.ts'
import { eventsOf, named, world } from './world.ts'
import type { SimPort } from '../../src/index.ts'

describe('dial', () => {
  it('connects after a round trip', async () => {
    const { clock, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    await clock.outcome(a.dial('b', ['/ip4/192.0.2.1/tcp/1']))

    expect(clock.now()).toBe(20)
    expect([a.peers(), b.peers()]).toMatchObject([[{ id: 'b', since: 20 }], [{ id: 'a', since: 20 }]])
  })

  it('keeps the connection there is, even a dead one', async () => {
    const { clock, net, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    net.connect('a', 'b')
    net.kill('b')
    net.restart('b')
    const told = eventsOf(a)

    await clock.outcome(a.dial('b'))
    expect([clock.now(), told]).toEqual([0, []])
  })

  it('two that dial each other at once get two connections', async () => {
    const { clock, net, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    await clock.outcome(Promise.all([a.dial('b'), b.dial('a')]))

    expect(net.connections('a', 'b')).toHaveLength(2)
  })

  it('is refused after a round trip where the process is gone, or never was', async () => {
    const { clock, net, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    net.crash('b')

    await expect(clock.outcome(a.dial('b'))).rejects.toMatchObject(named('UnreachableError'))
    expect(clock.now()).toBe(20)
    await expect(clock.outcome(a.dial('nobody'))).rejects.toMatchObject(named('UnreachableError'))
    expect(clock.now()).toBe(40)
    await expect(a.dial('a')).rejects.toMatchObject(named('UnreachableError'))
  })

  it('gives up after 10 s where nothing answers: killed, cut off, lost', async () => {
    const { clock, net, join } = world()
    const [a] = join('a', 'b', 'c', 'd') as [SimPort]
    net.kill('b')
    net.partition([['c']])
    net.setLink('a', 'd', { loss: 1 })

    for (const [i, peer] of ['b', 'c', 'd'].entries()) {
      await expect(clock.outcome(a.dial(peer))).rejects.toMatchObject(named('UnreachableError'))
      expect(clock.now()).toBe(10_000 * (i + 1))
    }
  })

  it('fails if either side dies meanwhile', async () => {
    const { clock, net, join } = world()
    const [a, b] = join('a', 'b', 'c') as [SimPort, SimPort]
    const dials = [a.dial('c'), b.dial('c'), a.dial('b')].map(async dial => await dial.then(() => 'connected', (err: Error) => err.name))
    await clock.advance(5)
    net.crash('a')

    expect(await clock.outcome(Promise.all(dials))).toEqual(['UnreachableError', 'connected', 'UnreachableError'])
  })

  it('can be given up', async () => {
    const { clock, join } = world()
    const [a] = join('a', 'b') as [SimPort]
    const controller = new AbortController()
    const dial = a.dial('b', [], { signal: controller.signal })
    controller.abort(new Error('enough'))

    await expect(dial).rejects.toThrow('enough')
    expect(clock.pending).toBe(0)
    await expect(a.dial('b', [], { signal: controller.signal })).rejects.toThrow('enough')
    await clock.advance(100)
    expect(a.peers()).toEqual([])
  })
})

describe('peerRecord', () => {
  it('is signed by the peer and names its address, after a restart too', async () => {
    const { net } = world()
    const { id, privateKey } = testKey(1)
    net.join(id, { privateKey, address: '192.0.2.1' })
    net.crash(id)
    const { payload, publicKey } = await RecordEnvelope.openAndCertify(await net.restart(id).peerRecord() as Uint8Array, PeerRecord.DOMAIN)
    const record = PeerRecord.createFromProtobuf(payload)

    expect(publicKey.equals(privateKey.publicKey)).toBe(true)
    expect(record.peerId.toString()).toBe(id)
    expect(record.multiaddrs.map(String)).toEqual(['/ip4/192.0.2.1/tcp/4001'])
  })

  it('is not there without the key', async () => {
    expect(await world().net.join('a').peerRecord()).toBeUndefined()
  })
})
