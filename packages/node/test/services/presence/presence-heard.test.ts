import { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { LonePresence, message } from './fake-presence.ts'

async function signedRecord (n: number, ...more: string[]): Promise<Uint8Array> {
  const { id, privateKey } = testKey(n)

  return (await RecordEnvelope.seal(new PeerRecord({ peerId: peerIdFromString(id), multiaddrs: ['/ip4/192.0.2.1/tcp/4001', ...more].map(address => multiaddr(address)) }), privateKey)).marshal()
}

describe('what a nara hears', () => {
  it('is passed on once, and remembered', async () => {
    const { clock, directory, hear, heard } = new LonePresence()

    expect(hear('bob', message())).toBe('accept')
    expect(hear('bob', message())).toBe('ignore')
    await clock.settle()

    expect(heard).toMatchObject([{ peer: 'bob', newBoot: false, presence: { kind: 'here', n: 1, name: 'bob' } }])
    expect(directory.name('bob')).toBe('bob')
  })

  it('is ignored if a later message of that boot was heard, also from before a restart', async () => {
    const { clock, hear, heard } = new LonePresence()
    const other = 'bb'.repeat(8)

    expect(hear('bob', message({ n: 5 }))).toBe('accept')
    expect(hear('bob', message({ n: 4, kind: 'chau' }))).toBe('ignore')
    expect(hear('bob', message({ n: 1, boot: other }))).toBe('accept')
    expect(hear('bob', message({ n: 5 }))).toBe('ignore')
    expect(hear('eve', message({ n: 5 }))).toBe('accept')
    await clock.settle()

    expect(heard.map(({ peer, newBoot }) => [peer, newBoot])).toStrictEqual([['bob', false], ['bob', true], ['eve', false]])
  })

  it('is rejected if it is malformed, and changes nothing', async () => {
    const { clock, directory, hear, heard } = new LonePresence()

    expect(hear('eve', Uint8Array.of(1, 2, 3))).toBe('reject')
    expect(hear('eve', new Uint8Array(5_000))).toBe('reject')
    await clock.settle()

    expect(heard).toStrictEqual([])
    expect(directory.size).toBe(0)
  })

  it('tells where its sender can be dialled, if the sender signed that', async () => {
    const { clock, directory, hear, heard } = new LonePresence()
    const [bob, eve] = [testKey(1), testKey(2)]

    expect(hear(bob.id, message({ kind: 'hey-there', peerRecord: await signedRecord(1) }))).toBe('accept')
    expect(hear(eve.id, message({ kind: 'hey-there', peerRecord: await signedRecord(1) }))).toBe('accept')
    expect(hear('dan', message({ kind: 'hey-there', peerRecord: Uint8Array.of(1, 2) }))).toBe('accept')
    await clock.runUntil(() => heard.length === 3)

    expect(directory.get(bob.id)?.addresses).toStrictEqual(['/ip4/192.0.2.1/tcp/4001'])
    expect(directory.get(eve.id)?.addresses).toStrictEqual([])
    expect(directory.get('dan')?.addresses).toStrictEqual([])
  })

  it('tells of no link-local address: it was told on another link, perhaps', async () => {
    const { clock, directory, hear, heard } = new LonePresence()
    const bob = testKey(1)
    const peerRecord = await signedRecord(1, '/ip4/169.254.1.1/tcp/1', '/ip6/fe80::1/tcp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1')

    expect(hear(bob.id, message({ kind: 'hey-there', peerRecord }))).toBe('accept')
    await clock.runUntil(() => heard.length === 1)

    expect(directory.get(bob.id)?.addresses).toStrictEqual(['/ip4/192.0.2.1/tcp/4001'])
  })
})
