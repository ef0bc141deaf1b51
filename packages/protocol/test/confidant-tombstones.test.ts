import { SimNetwork, VirtualClock, offerRequest, sealedPlacement, sealedRecord, seededRandom, storeRequest, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { confidantAt, friend, owner } from './keepers.ts'
import type { Keeper } from './keepers.ts'
import type { Placement } from '../src/record/placement.ts'
import type { SealedRecord, SimPort } from '@nara-stash/testing'

const day = 24 * 60 * 60_000
const keeper = testKey(2)
const other = testKey(5)

let clock: VirtualClock
let net: SimNetwork
let at: Keeper
let home: SimPort
let mate: SimPort

/** A copy of the owner's that friend holds, too, whom its placement does not name, and then the owner's tombstone. */
async function ended (): Promise<{ copy: SealedRecord, end: SealedRecord, placement: Placement }> {
  const placement = await sealedPlacement(owner, { holders: [keeper.id] })
  const [copy, end] = [await sealedRecord({ key: owner }), await sealedRecord({ key: owner, seq: 2, body: null })]
  expect(await clock.outcome(home.ask(keeper.id, storeRequest(copy, placement)))).toMatchObject({ type: 'stored' })
  expect(await clock.outcome(mate.ask(keeper.id, offerRequest(copy, placement)))).toMatchObject({ type: 'have' })
  expect(await clock.outcome(home.ask(keeper.id, storeRequest(end, placement)))).toMatchObject({ type: 'stored' })

  return { copy, end, placement }
}

beforeEach(async () => {
  clock = new VirtualClock()
  net = new SimNetwork({ clock, random: seededRandom(1), latency: [10, 10] })
  at = confidantAt(net.join(keeper.id))
  await at.confidant.start()
  home = net.join(owner.id)
  mate = net.join(friend.id)
  net.connect(home, at.port)
  net.connect(mate, at.port)
})

describe('who held what a tombstone ended', () => {
  it('is told of it when it asks for the copy', async () => {
    const { copy, end } = await ended()
    const challenge = { type: 'challenge', owner: owner.id, recordId: copy.record.id, nonce: new Uint8Array(32) } as const

    expect(await clock.outcome(mate.ask(keeper.id, challenge))).toMatchObject({ type: 'other', record: { id: end.record.id, kind: 'tombstone' } })
  })

  it('is known for as long as that is kept, and makes room for others then', async () => {
    await ended()
    expect(at.confidant.coHolders.list(owner.id)).toEqual([friend.id])

    await clock.advance(44 * day)
    // a tombstone that comes is an occasion to clear away those that had their days
    const theirs = await sealedRecord({ key: other, body: null })
    const stranger = net.join(other.id)
    net.connect(stranger, at.port)
    expect(await clock.outcome(stranger.ask(keeper.id, storeRequest(theirs, await sealedPlacement(other, { holders: [keeper.id] }))))).toMatchObject({ type: 'stored' })

    expect(at.held.tombstone(owner.id)).toBeUndefined()
    expect(at.confidant.coHolders.list(owner.id)).toEqual([])
  })
})
