import { UnreachableError } from '@nara-stash/protocol'
import { sealedPlacement, sealedRecord, seededRandom, testKey, VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { Stores } from '../../../src/services/replication/stores.ts'
import type { Version } from '../../../src/services/owner/own-stash.ts'
import type { NetworkPeer, Placement, StashNetwork, StoreResponse } from '@nara-stash/protocol'

const peer = testKey(1).id

interface Given {
  stores: Stores
  clock: VirtualClock
  version: Version
  placement: Placement
  /** What the network says of the peer. */
  peers: NetworkPeer[]
}

async function storing (answer: (given: Given) => StoreResponse): Promise<Given> {
  const clock = new VirtualClock()
  const owner = testKey(0)
  const { record, body } = await sealedRecord({ key: owner })
  const version: Version = { record, body, data: body, createdAt: 0 }
  const placement = await sealedPlacement(owner, { holders: [peer] })
  const peers: NetworkPeer[] = [{ id: peer, connection: 'first', since: 0 }]
  const network = { peers: () => peers, ask: async () => answer(given) } as unknown as Pick<StashNetwork, 'ask' | 'peers'>
  const stores = new Stores({ network, clock, random: seededRandom(1), disks: { brought: () => {}, lacked: () => {}, proved: () => {} }, onPeer: () => {}, onStranger: () => {} })
  const given: Given = { stores, clock, version, placement, peers }

  stores.keepTo([peer])
  await stores.store(peer, version, placement)

  return given
}

describe('a store', () => {
  it('that was answered is counted', async () => {
    const { stores, version, placement } = await storing(() => ({ type: 'stored' }))

    expect(stores.copies.get(peer)).toMatchObject({ record: version.record.id, placement: placement.id, failures: 0, busy: false })
  })

  it('that was answered is not taken back by the word of an older copy that was under way for longer', async () => {
    const { stores, version, placement, peers } = await storing(() => ({ type: 'stored' }))

    stores.newVersion(version.record.id)
    stores.confirm(peer, version.record.id, placement.id)
    stores.noticed(peer, 'older', 'p')
    expect(stores.copies.get(peer)).toMatchObject({ record: version.record.id })

    // another process of it may have lost what this one took
    peers.splice(0, 1, { id: peer, connection: 'second', since: 1 })
    stores.copies.connected(peers[0] as NetworkPeer)
    stores.noticed(peer, 'older', 'p')
    expect(stores.copies.get(peer)).toMatchObject({ record: 'older' })
  })

  it('whose connection broke is tried again later if there is no other', async () => {
    const { stores, clock } = await storing(() => { throw new UnreachableError('broken') })

    expect(stores.copies.get(peer)).toMatchObject({ failures: 1, notBefore: clock.now() + 1_000, why: 'unreachable' })
  })

  it('whose connection broke is tried again at once over the one that is left', async () => {
    const { stores } = await storing(({ peers }) => {
      peers.splice(0, 1, { id: peer, connection: 'second', since: 0 })
      throw new UnreachableError('broken')
    })

    expect(stores.copies.get(peer)).toMatchObject({ failures: 0, notBefore: 0, busy: false })
    expect(stores.copies.get(peer)).not.toHaveProperty('why')
  })

  it('that a peer breaks the protocol for is a failure, over however many connections', async () => {
    const { stores } = await storing(({ peers }) => {
      peers.splice(0, 1, { id: peer, connection: 'second', since: 0 })
      throw new RangeError('what is this')
    })

    expect(stores.copies.get(peer)).toMatchObject({ failures: 1, why: 'protocol violation' })
  })
})
