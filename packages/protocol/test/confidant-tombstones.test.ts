import { SimNetwork, VirtualClock, offerRequest, sealedPlacement, sealedRecord, seededRandom, storeRequest, testKey } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { confidantAt, friend, owner } from './keepers.ts'

const day = 24 * 60 * 60_000
const keeper = testKey(2)
const other = testKey(5)

it('who held what a tombstone ended is known for as long as that is kept, and makes room for others then', async () => {
  const clock = new VirtualClock()
  const net = new SimNetwork({ clock, random: seededRandom(1), latency: [10, 10] })
  const { confidant, held, port } = confidantAt(net.join(keeper.id))
  await confidant.start()
  const [home, mate] = [net.join(owner.id), net.join(friend.id)]
  net.connect(home, port)
  net.connect(mate, port)
  const placement = await sealedPlacement(owner, { holders: [keeper.id, friend.id] })
  const [copy, end] = [await sealedRecord({ key: owner }), await sealedRecord({ key: owner, seq: 2, body: null })]
  expect(await clock.outcome(home.ask(keeper.id, storeRequest(copy, placement)))).toEqual({ type: 'stored' })
  expect(await clock.outcome(home.ask(keeper.id, storeRequest(end, placement)))).toEqual({ type: 'stored' })
  expect(await clock.outcome(mate.ask(keeper.id, offerRequest(end, placement)))).toEqual({ type: 'have' })
  expect(confidant.coHolders.list(owner.id)).toEqual([friend.id])

  await clock.advance(14 * day)
  // a tombstone that comes is an occasion to clear away those that had their days
  const theirs = await sealedRecord({ key: other, body: null })
  const stranger = net.join(other.id)
  net.connect(stranger, port)
  expect(await clock.outcome(stranger.ask(keeper.id, storeRequest(theirs, await sealedPlacement(other, { holders: [keeper.id] }))))).toEqual({ type: 'stored' })

  expect(held.tombstone(owner.id)).toBeUndefined()
  expect(confidant.coHolders.list(owner.id)).toEqual([])
})
