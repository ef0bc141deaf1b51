import { SimNetwork, VirtualClock, offerRequest, sealedPlacement, sealedRecord, seededRandom, storeRequest, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { LeaseWatch } from '../src/lease-watch.ts'
import { TroubledStore } from './held/troubled-store.ts'
import { confidantAt, friend, owner } from './keepers.ts'
import type { Keeper } from './keepers.ts'
import type { IncomingRequest } from '../src/messages.ts'

const hour = 60 * 60_000
const keeper = testKey(2)

let clock: VirtualClock
let net: SimNetwork

beforeEach(() => {
  clock = new VirtualClock()
  net = new SimNetwork({ clock, random: seededRandom(1), latency: [10, 10] })
})

/** A keeper that watches a promise to an owner, of an hour unless told otherwise, with a friend that holds the same. What the friend is told. */
async function watching (store = new TroubledStore(), leaseSeconds = 3_600): Promise<Keeper & { watch: LeaseWatch, told: IncomingRequest[] }> {
  const it = confidantAt(net.join(keeper.id), { store })
  await it.confidant.start()
  const told: IncomingRequest[] = []
  net.join(friend.id).serve(async (_, request) => {
    told.push(request)
    return { type: 'not-found' }
  })
  net.connect(net.join(owner.id), it.port)
  net.connect(net.port(friend.id), it.port)
  const sealed = await sealedRecord({ key: owner })
  const placement = await sealedPlacement(owner, { holders: [keeper.id], leaseSeconds })
  await clock.outcome(net.port(owner.id).ask(keeper.id, storeRequest(sealed, placement)))
  await clock.outcome(net.port(friend.id).ask(keeper.id, offerRequest(sealed, placement)))
  const { confidant, held, port } = it
  const watch = new LeaseWatch({
    network: port, held, coHolders: confidant.coHolders, clock: port.clock, onLapsed: of => { confidant.dropped(of, 'its lease ran out') }
  })
  watch.start()
  it.events.splice(0)

  return { ...it, watch, told }
}

describe('a promise', () => {
  it('that is over ends the copy, and who holds the same hears of it first', async () => {
    const { held, events, told, port } = await watching()
    const heldWhenTold: boolean[] = []
    net.intercept((_from, _to, request, next) => {
      heldWhenTold.push(held.get(owner.id) != null)
      return next(request)
    })
    net.disconnect(net.port(owner.id), port)
    await clock.advance(hour - 1_000)
    expect([held.count, events, told]).toEqual([1, [], []])

    await clock.advance(20 * 60_000)
    expect(events).toEqual(['dropped owner: its lease ran out'])
    expect(told).toMatchObject([{ type: 'release', owner: owner.id, reason: 'lease' }])
    expect(heldWhenTold).toEqual([true])
    expect(held.count).toBe(0)
  })

  it('does not run while its owner is here', async () => {
    const { held, port } = await watching()
    await clock.advance(10 * hour)
    expect(held.count).toBe(1)

    // an hour counts from its leaving
    net.disconnect(net.port(owner.id), port)
    await clock.advance(hour / 2)
    expect(held.count).toBe(1)
  })

  it('is kept to an owner that comes back while the others are told that it is over', async () => {
    const { held, events, told, port } = await watching()
    net.disconnect(net.port(owner.id), port)
    net.intercept((_from, to, request, next) => {
      if (to === friend.id && request.type === 'release') {
        net.connect(net.port(owner.id), port)
      }

      return next(request)
    })
    await clock.advance(80 * 60_000)

    expect(told).toHaveLength(1)
    expect(held.count).toBe(1)
    expect(events).not.toContain('dropped owner: its lease ran out')
  })

  it('counts from the moment at which its owner went, also one that is shorter than the time between two looks', async () => {
    const { held, port } = await watching(new TroubledStore(), 300)
    await clock.advance(9.5 * 60_000)
    net.disconnect(net.port(owner.id), port)
    await clock.advance(60_000)
    expect(held.count).toBe(1)

    await clock.advance(10 * 60_000)
    expect(held.count).toBe(0)
  })

  it('does not run while this nara is stopped, though it finds connections of before when it goes on', async () => {
    const { held, port, events } = await watching()
    net.disconnect(net.port(owner.id), port)
    port.clock.jump(8 * 24 * hour)
    await clock.advance(10 * 60_000)
    expect([held.count, events]).toEqual([1, []])

    await clock.advance(80 * 60_000)
    expect([held.count, events]).toEqual([0, ['dropped owner: its lease ran out']])
  })

  it('does not run while nobody is here', async () => {
    const { held, port } = await watching()
    net.disconnect(net.port(owner.id), port)
    net.disconnect(net.port(friend.id), port)
    await clock.advance(10 * hour)
    expect(held.count).toBe(1)

    net.connect(net.port(friend.id), port)
    await clock.advance(2 * hour)
    expect(held.count).toBe(0)
  })

  it('that cannot be ended is ended with the next look', async () => {
    const store = new TroubledStore()
    const { held, events, port } = await watching(store)
    net.disconnect(net.port(owner.id), port)
    store.failing.add('delete')
    await clock.advance(2 * hour)
    expect([held.count, events]).toEqual([1, []])

    store.failing.clear()
    await clock.advance(hour)
    expect([held.count, events]).toEqual([0, ['dropped owner: its lease ran out']])
  })

  it('is looked at by nobody after the stop', async () => {
    const { watch, held, port } = await watching()
    net.disconnect(net.port(owner.id), port)
    watch.stop()
    await clock.advance(10 * hour)

    expect(held.count).toBe(1)
  })
})
