import { createSoul } from '@nara-stash/crypto'
import { afterEach, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { AddressBook, MetPeer } from '../../src/address-book.ts'
import type { Nara, NaraOptions } from '../../src/nara-types.ts'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

class MemoryBook implements AddressBook {
  peers: readonly MetPeer[] = []

  async read (): Promise<readonly MetPeer[]> {
    return this.peers
  }

  async write (peers: readonly MetPeer[]): Promise<void> {
    this.peers = structuredClone(peers)
  }
}

async function met (nara: Nara, peer: string): Promise<void> {
  await until(nara.stash, ['peer:connect', 'presence'], () => nara.stash.peers().some(({ peerId, connected, name }) => peerId === peer && connected && name !== ''))
}

it('naras that were met are found again after a restart, with nothing but an address book, and their names are known at once', async () => {
  const books = [new MemoryBook(), new MemoryBook()]
  const souls = [createSoul({ name: 'alice' }), createSoul({ name: 'bob' })]
  const life = async (i: number, options: NaraOptions): Promise<Nara> => await loopback.nara({ soul: souls[i]!, addressBook: books[i]!, ...options })

  const first = await life(0, {})
  const second = await life(1, { bootstrap: first.addresses })
  await Promise.all([met(first, second.peerId), met(second, first.peerId)])
  const { listening, addresses } = first
  await Promise.all([loopback.end(first), loopback.end(second)])
  expect(books.map(({ peers }) => peers.map(({ peerId, name, starts }) => [peerId, name, starts]))).toEqual([[[second.peerId, 'bob', 1]], [[first.peerId, 'alice', 1]]])

  // who was dialled is remembered by where it was found
  expect(books[1]?.peers[0]?.worked).toMatchObject([{ address: addresses[0]?.replace(/\/p2p\/.*/, '') }])

  // the second is somewhere else, so only the first can be found where it was
  const again = await life(1, { start: false })
  await again.start()
  expect(again.stash.peers()).toMatchObject([{ peerId: first.peerId, name: 'alice', connected: false }])
  await life(0, { listen: listening })
  await met(again, first.peerId)
})
