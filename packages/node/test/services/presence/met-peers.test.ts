import { testKey, VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { MAX_MET_PEERS, MetPeers } from '../../../src/services/presence/met-peers.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'
import type { MetPeer } from '../../../src/address-book.ts'

const minute = 60_000
const here = '/ip4/192.0.2.1/tcp/6272'
const id = (n: number): string => testKey(n).id

class Life {
  readonly clock = new VirtualClock()
  readonly directory = new PeerDirectory(this.clock)
  readonly writes: MetPeer[][] = []
  readonly peers: MetPeers
  wanted: string[] = []

  constructor (read: unknown[] = [], write?: () => Promise<void>) {
    this.peers = new MetPeers({
      book: {
        read: async () => read as MetPeer[],
        write: async peers => {
          this.writes.push([...peers])
          await write?.()
        }
      },
      directory: this.directory,
      clock: this.clock,
      wanted: () => this.wanted
    })
  }

  get written (): string[] {
    return this.writes.at(-1)?.map(({ peerId }) => peerId) ?? []
  }
}

const entry = (n: number, changes: Partial<MetPeer> = {}): MetPeer => ({ peerId: id(n), name: `name ${n}`, addresses: [here], starts: 1, lastMet: '2026-11-01T00:00:00.000Z', ...changes })

describe('peers that were met', () => {
  it('are written together, a while after the first, then no oftener than once a minute, the latest first', async () => {
    const { clock, directory, peers, writes } = new Life()
    await peers.start()

    for (let i = 1; i <= 20; i++) {
      directory.located(id(i), [here])
      peers.met(id(i))
      await clock.advance(100)
    }

    await clock.advance(10_000)
    expect(writes).toHaveLength(1)
    expect(writes[0]?.map(({ peerId }) => peerId)).toEqual(Array.from({ length: 20 }, (_, i) => id(20 - i)))
    expect(writes[0]?.[0]).toMatchObject({ peerId: id(20), name: '', addresses: [here], starts: 1 })

    for (let i = 0; i < 120; i++) {
      directory.located(id(1), [`/ip4/192.0.2.2/tcp/${i + 1}`])
      peers.heard(id(1))
      await clock.advance(1_000)
    }

    expect(writes.length).toBeGreaterThan(1)
    expect(writes.length).toBeLessThanOrEqual(4)
  })

  it('are not written again if nothing is new about them', async () => {
    const { clock, peers, writes } = new Life()
    await peers.start()
    peers.met(id(1))
    await clock.advance(10 * minute)
    peers.met(id(1))
    peers.heard(id(1))
    peers.heard(id(2))
    await clock.advance(10 * minute)
    expect(writes).toHaveLength(1)

    await peers.stop()
    expect(clock.pending).toBe(0)
  })

  it('are known after a restart, with names and addresses, and count as met no more than they were', async () => {
    const life = new Life([entry(2), entry(1, { starts: 7 })])
    await life.peers.start()

    expect(life.directory.list().map(({ id, addresses }) => [id, addresses])).toEqual([[id(1), [here]], [id(2), [here]]])
    expect(life.directory.name(id(1))).toBe('name 1')
    expect(life.directory.isMet(id(1))).toBe(false)

    life.peers.met(id(1))
    life.peers.met(id(1))
    await life.peers.stop()
    expect(life.writes).toMatchObject([[{ peerId: id(1), name: 'name 1', starts: 8 }, { peerId: id(2), name: 'name 2', starts: 1, lastMet: '2026-11-01T00:00:00.000Z' }]])
  })

  it('are written by a stop, and by one that met nobody not at all', async () => {
    const lonely = new Life([entry(1)])
    await lonely.peers.start()
    await lonely.peers.stop()
    expect(lonely.writes).toEqual([])

    const life = new Life()
    await life.peers.start()
    life.peers.met(id(1))
    await life.peers.stop()
    expect(life.written).toEqual([id(1)])
  })

  it('are without the link-local addresses at which they were found', async () => {
    const { directory, peers, writes } = new Life()
    await peers.start()
    directory.located(id(1), [here, '/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip4/169.254.1.1/tcp/1'])
    peers.met(id(1))
    await peers.stop()

    expect(writes[0]?.[0]?.addresses).toEqual([here])
  })

  it('are written with the addresses at which they were found first, and when; what was only said takes the room that is left', async () => {
    const found = '/ip4/192.0.2.9/tcp/6272'
    const { clock, directory, peers, writes } = new Life()
    await peers.start()
    directory.workedAt(id(1), found)
    directory.located(id(1), Array.from({ length: 40 }, (_, i) => `/ip4/203.0.113.${i}/tcp/1`))
    peers.met(id(1))
    await peers.stop()

    const [peer] = writes[0] ?? []
    expect(peer?.addresses).toHaveLength(16)
    expect(peer?.addresses[0]).toBe(found)
    expect(peer?.worked).toEqual([{ address: found, at: new Date(clock.wallTime()).toISOString() }])

    // a process later they still come first
    const later = new Life([peer])
    await later.peers.start()
    later.directory.located(id(1), ['/ip4/203.0.113.200/tcp/1'])
    expect(later.directory.get(id(1))?.addresses.slice(0, 2)).toEqual([found, '/ip4/203.0.113.200/tcp/1'])
    expect(later.directory.get(id(1))?.worked).toEqual(peer?.worked)
  })

  it.each([[null], ['x'], [[null, 7, {}, { address: 'no', at: 'x' }, { address: here }, { address: here, at: 'x'.repeat(1_000) }]]])('are read without a record of where they were found that makes no sense: %j', async worked => {
    const { directory, peers } = new Life([entry(1, { worked: worked as never })])
    await peers.start()

    expect(directory.get(id(1))).toMatchObject({ addresses: [here], worked: [] })
  })

  it('are bounded: those stay that are wanted, then those met by the most processes, then the latest', async () => {
    const old = Array.from({ length: MAX_MET_PEERS }, (_, i) => entry(i + 1, { starts: i < 10 ? 2 : 1 }))
    const life = new Life(old)
    life.wanted = [id(200)]
    await life.peers.start()

    // one who invents identities
    for (let i = 0; i < 5 * MAX_MET_PEERS; i++) {
      life.peers.met(id(1_000 + i))
    }

    await life.peers.stop()
    const kept = new Set(life.written)
    expect(kept.size).toBe(MAX_MET_PEERS)
    expect(old.slice(0, 10).every(({ peerId }) => kept.has(peerId))).toBe(true)
    expect(kept.has(id(200))).toBe(true)
    expect(kept.has(id(1_000 + 5 * MAX_MET_PEERS - 1))).toBe(true)
  })

  it('may have been written by anybody: what makes no sense is passed over', async () => {
    const garbage = [
      {}, entry(1, { peerId: 'bob' }), entry(2, { name: 7 as never }), entry(3, { addresses: 'x' as never }), entry(4, { starts: 0.5 }),
      entry(5, { addresses: ['garbage', 7 as never, here, `/dns4/${'x'.repeat(1_000)}/tcp/1`] })
    ]
    const { directory, peers } = new Life(garbage)
    await peers.start()

    expect(directory.list().map(({ id, addresses }) => [id, addresses])).toEqual([[id(5), [here]]])
  })

  it('are remembered as long as it runs although they cannot be written', async () => {
    const { clock, peers, writes } = new Life([], async () => { throw new Error('no room') })
    await peers.start()
    peers.met(id(1))
    await clock.advance(2 * minute)
    peers.met(id(2))
    await clock.advance(2 * minute)

    expect(writes.map(({ length }) => length)).toEqual([1, 2])
  })
})

it('what strangers say displaces nobody that is remembered', async () => {
  const { directory, peers } = new Life([entry(1)])
  await peers.start()

  for (let i = 0; i < 5_000; i++) {
    directory.located(`stranger ${i}`, [])
  }

  expect(directory.get(id(1))?.addresses).toEqual([here])
})
