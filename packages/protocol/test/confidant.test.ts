import { SimNetwork, VirtualClock, offerRequest, sealedPlacement, sealedRecord, seededRandom, storeRequest, testBoot, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { RETRY_AFTER } from '../src/constants.ts'
import { proofOf } from '../src/record/proof.ts'
import { TroubledStore } from './held/troubled-store.ts'
import { confidantAt, friend, owner, ownerAt } from './keepers.ts'
import type { Keeper } from './keepers.ts'
import type { OfferRequest, RequestHandler, StashRequest } from '../src/messages.ts'
import type { Placement } from '../src/record/placement.ts'
import type { SealedRecord, SimPort } from '@nara-stash/testing'

const keeper = testKey(2)
const minute = 60_000
const whole = { type: 'fetch' as const, whole: true }

let clock: VirtualClock
let net: SimNetwork
let sealed: SealedRecord
let placement: Placement

beforeEach(async () => {
  clock = new VirtualClock()
  net = new SimNetwork({ clock, random: seededRandom(1), latency: [10, 10] })
  sealed = await sealedRecord({ key: owner })
  placement = await sealedPlacement(owner, { holders: [keeper.id, friend.id, testKey(4).id] })
})

async function ask <R extends StashRequest> (port: SimPort, request: R, peer = keeper.id): Promise<unknown> {
  return await clock.outcome(port.ask(peer, request))
}

/** A keeper that holds the owner's record, and the owner's port, connected. */
async function kept (): Promise<Keeper & { home: SimPort }> {
  const it = confidantAt(net.join(keeper.id))
  await it.confidant.start()
  const home = net.join(owner.id)
  net.connect(home, it.port)
  expect(await ask(home, storeRequest(sealed, placement))).toEqual({ type: 'stored' })
  expect(it.events.splice(0)).toEqual(['stored owner 1 from owner'])

  return { ...it, home }
}

describe('Confidant', () => {
  it('keeps a stash and gives it back to its owner', async () => {
    const { home, events } = await kept()

    expect(await ask(home, { ...whole, whole: false })).toMatchObject({ type: 'found', record: { id: sealed.record.id } })
    expect(await ask(home, whole)).toMatchObject({ type: 'found', body: sealed.body, placement: { id: placement.id }, direct: true })
    expect(events).toEqual(['fetched owner 1', 'fetched owner 1 whole'])
  })

  it('gives nothing to anybody else and tells of no fetch', async () => {
    const { events, port } = await kept()
    const stranger = net.join(friend.id)
    net.connect(stranger, port)

    expect(await ask(stranger, whole)).toEqual({ type: 'not-found' })
    expect(events).toEqual([])
  })

  it('tells of what it has and of what it refuses', async () => {
    const { home, events, port } = await kept()
    expect(await ask(home, storeRequest(sealed, placement))).toEqual({ type: 'have' })

    const stranger = net.join(friend.id)
    net.connect(stranger, port)
    const shut = await sealedPlacement(owner, { surrogates: 'none' })
    const second = await sealedRecord({ key: owner, seq: 2 })
    expect(await ask(stranger, storeRequest(second, shut))).toMatchObject({ type: 'refused', reason: 'not trusted' })
    expect(await ask(stranger, offerRequest(second, shut))).toMatchObject({ type: 'refused', reason: 'not trusted' })
    expect(await ask(stranger, offerRequest(second, placement))).toEqual({ type: 'stored' })

    expect(events).toEqual([
      'refused owner from friend: not trusted', 'refused owner from friend: not trusted', `co-holder owner friend ${second.record.id.slice(0, 8)}`,
      'stored owner 2 from friend'
    ])
  })

  it('tells once of a version that comes twice at a time', async () => {
    const it = confidantAt(net.join(keeper.id))
    await it.confidant.start()
    const home = net.join(owner.id)
    net.connect(home, it.port)
    const long = storeRequest(await sealedRecord({ key: owner, body: new Uint8Array(20_000) }), placement)

    expect(await clock.outcome(Promise.all([home.ask(keeper.id, long), home.ask(keeper.id, long)]))).toEqual([{ type: 'stored' }, { type: 'have' }])
    expect(it.events).toEqual(['stored owner 1 from owner'])
  })

  it('names the live holders: itself, and those it is connected to', async () => {
    const { home, port } = await kept()
    expect(await ask(home, whole)).toMatchObject({ liveHolders: [keeper.id] })

    const other = net.join(friend.id)
    net.connect(other, port)
    expect(await ask(home, whole)).toMatchObject({ liveHolders: [keeper.id, friend.id] })

    net.disconnect(other, port)
    expect(await ask(home, whole)).toMatchObject({ liveHolders: [keeper.id] })
  })

  describe('when an owner returns', () => {
    it('offers it what it holds, whole', async () => {
      const { events, port } = await kept()
      net.crash(owner.id)
      const back = net.restart(owner.id)
      let body: Uint8Array | undefined
      const taking: RequestHandler = async (_, request) => {
        expect(request).toMatchObject({
          type: 'offer', record: { id: sealed.record.id }, placement: { id: placement.id }, direct: true, liveHolders: [keeper.id]
        })

        return {
          type: 'wanted',
          receive: async bytes => {
            body = bytes
            return { type: 'stored' }
          },
          abandon: () => {}
        }
      }
      back.serve(taking)
      net.connect(back, port)
      await clock.advance(minute)

      expect(body).toEqual(sealed.body)
      expect(events).toEqual(['pushed owner 1: stored'])
    })

    it('offers it once, whatever its presence says, but once more to another boot', async () => {
      const { confidant, events, port } = await kept()
      net.crash(owner.id)
      const back = net.restart(owner.id)
      const offers = ownerAt(back)
      net.connect(back, port)

      for (const boot of [testBoot(1), testBoot(1), testBoot(2)]) {
        confidant.wake(owner.id, boot)
        await clock.advance(minute)
      }

      expect(offers).toHaveLength(2)
      expect(events).toEqual(['pushed owner 1: have', 'pushed owner 1: have'])
    })

    it('reaches it behind a connection that died without a word', async () => {
      const { events, port } = await kept()
      net.kill(owner.id, { lingerMs: 10 * minute })
      await clock.advance(minute)
      expect(port.peers().map(({ id }) => id)).toEqual([owner.id])

      const back = net.restart(owner.id)
      const offers = ownerAt(back)
      net.connect(back, port)
      await clock.advance(minute)

      expect(offers).toHaveLength(1)
      expect(events).toEqual(['pushed owner 1: have'])
    })

    it('tries again while it is there, and not once it has left', async () => {
      const { events, port } = await kept()
      net.crash(owner.id)
      const back = net.restart(owner.id)
      back.serve(async () => { throw new Error('not ready') })
      net.connect(back, port)
      await clock.advance(3_000)
      expect(events).toEqual(['pushed owner 1: failed', 'pushed owner 1: failed'])

      net.disconnect(back, port)
      await clock.advance(minute)
      expect(events).toHaveLength(2)
      expect(clock.pending).toBe(0)
    })

    it('lets go of what it is relieved of', async () => {
      const { held, events, port } = await kept()
      net.crash(owner.id)
      const back = net.restart(owner.id)
      ownerAt(back, { type: 'relieved' })
      net.connect(back, port)
      await clock.advance(minute)

      expect(held.count).toBe(0)
      expect(events).toEqual(['pushed owner 1: relieved', 'dropped owner: relieved by its owner'])
    })
  })

  it('pushes when it is told to', async () => {
    const { confidant, home } = await kept()
    const offers = ownerAt(home, { type: 'refused', reason: 'unsupported', retryAfter: RETRY_AFTER })

    expect(await clock.outcome(confidant.pushTo(owner.id))).toMatchObject({ type: 'refused', reason: 'unsupported' })
    expect(offers).toHaveLength(1)
    await expect(confidant.pushTo(friend.id)).rejects.toMatchObject({ name: 'NotHeldError' })
  })

  it('passes offers of its own stash on, and tells nothing of them', async () => {
    const it = confidantAt(net.join(owner.id), { ownOffer: async () => ({ type: 'refused', reason: 'rate limited', retryAfter: 1 }) })
    await it.confidant.start()
    net.connect(net.join(friend.id), it.port)

    expect(await ask(net.port(friend.id), offerRequest(sealed, placement), owner.id)).toMatchObject({ type: 'refused', reason: 'rate limited' })
    expect(it.events).toEqual([])
  })

  describe('among those who hold the same', () => {
    const surrogate = testKey(5)

    async function offered (from: SimPort, changes: Partial<OfferRequest> = {}): Promise<unknown> {
      return await ask(from, offerRequest(sealed, placement, { direct: false, ...changes }))
    }

    it('tells who else holds it, also an older one, and names it among the live holders', async () => {
      const { home, events, port, confidant } = await kept()
      const other = net.join(surrogate.id)
      net.connect(other, port)

      expect(await offered(other)).toEqual({ type: 'have' })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${sealed.record.id.slice(0, 8)}`])
      expect(await ask(home, whole)).toMatchObject({ liveHolders: [keeper.id, surrogate.id] })

      const next = await sealedRecord({ key: owner, seq: 2 })
      await ask(home, storeRequest(next, placement))
      events.splice(0)
      expect(await offered(other)).toMatchObject({ type: 'newer', record: { id: next.record.id } })
      expect(events.splice(0)).toEqual([`co-holder owner ${surrogate.id} ${sealed.record.id.slice(0, 8)}`])
      expect(confidant.coHolders.list(owner.id)).toEqual([surrogate.id])
    })

    it('tells that it got its copy from one', async () => {
      const it = confidantAt(net.join(keeper.id))
      await it.confidant.start()
      const other = net.join(friend.id)
      net.connect(other, it.port)

      expect(await ask(other, storeRequest(sealed, placement))).toEqual({ type: 'stored' })
      expect(it.events).toEqual([`co-holder owner friend ${sealed.record.id.slice(0, 8)}`, 'stored owner 1 from friend'])
    })

    it('proves, and hears of those who let go', async () => {
      const { events, port, confidant } = await kept()
      const other = net.join(friend.id)
      net.connect(other, port)
      const nonce = new Uint8Array(32).fill(1)
      const { record: { id: recordId }, body } = sealed
      const challenge = { type: 'challenge' as const, owner: owner.id, recordId, nonce }
      const release = { type: 'release' as const, owner: owner.id, recordId, reason: 'leaving' as const }
      const proof = await proofOf({ nonce, prover: keeper.id, recordId, body }, clock)

      expect(await ask(other, challenge)).toEqual({ type: 'proof', proof, leaving: false })
      expect(await ask(other, challenge)).toMatchObject({ type: 'busy' })
      expect(await ask(other, release)).toEqual({ type: 'have' })
      confidant.drain()
      expect(await ask(other, release)).toEqual({ type: 'have', leaving: true })
      expect(events).toEqual(['released owner by friend: leaving', 'released owner by friend: leaving'])
    })

    it('tells nothing of what strangers say', async () => {
      const { events, port } = await kept()
      const stranger = net.join(testKey(9).id)
      net.connect(stranger, port)

      expect(await ask(stranger, { type: 'challenge', owner: owner.id, recordId: sealed.record.id, nonce: new Uint8Array(32) })).toEqual({ type: 'not-found' })
      expect(await ask(stranger, { type: 'release', owner: owner.id, recordId: sealed.record.id, reason: 'lease' })).toEqual({ type: 'not-found' })
      expect(await ask(stranger, { type: 'witness' })).toEqual({ type: 'not-found' })
      expect(events).toEqual([])
    })
  })

  it('lets go of what its owner releases', async () => {
    const { home, held, events, confidant, port } = await kept()
    const other = net.join(friend.id)
    net.connect(other, port)
    await ask(other, offerRequest(sealed, placement))
    events.splice(0)

    expect(await ask(home, { type: 'release', owner: owner.id, recordId: sealed.record.id, reason: 'trimmed' })).toEqual({ type: 'not-found' })
    expect([held.count, confidant.coHolders.list(owner.id)]).toEqual([0, []])
    expect(events).toEqual(['dropped owner: released by its owner: trimmed'])
  })

  it('forgets what its owner deletes, and tells so once', async () => {
    const { home, held, events } = await kept()
    const tombstone = await sealedRecord({ key: owner, seq: 2, body: null })

    expect(await ask(home, storeRequest(tombstone, placement))).toEqual({ type: 'stored' })
    expect(await ask(home, storeRequest(tombstone, placement))).toEqual({ type: 'have' })
    expect(events.splice(0)).toEqual(['forgotten owner by 2'])
    expect(held.count).toBe(0)
    expect(await ask(home, whole)).toMatchObject({ type: 'found', record: { id: tombstone.record.id, kind: 'tombstone' }, body: new Uint8Array() })
    expect(await ask(home, { type: 'witness' })).toEqual({ type: 'witnessed', record: tombstone.record })
  })

  it('passes releases of its own stash on', async () => {
    const it = confidantAt(net.join(owner.id), { ownRelease: async () => ({ type: 'have' }) })
    await it.confidant.start()
    net.connect(net.join(friend.id), it.port)

    expect(await ask(net.port(friend.id), { type: 'release', owner: owner.id, recordId: sealed.record.id, reason: 'leaving' }, owner.id)).toEqual({ type: 'have' })
    expect(it.events).toEqual([])
  })

  describe('with damage', () => {
    it('tells of a copy that it cannot give back', async () => {
      const store = new TroubledStore()
      const it = confidantAt(net.join(keeper.id), { store })
      await it.confidant.start()
      const home = net.join(owner.id)
      net.connect(home, it.port)
      await ask(home, storeRequest(sealed, placement))
      store.lost = true

      expect(await ask(home, whole)).toEqual({ type: 'not-found' })
      expect(it.events).toEqual(['stored owner 1 from owner', 'dropped owner: its body is missing or damaged'])
      expect(it.held.count).toBe(0)
    })

    it('tells of what a store could not keep over a restart', async () => {
      const store = new TroubledStore()
      store.load = async () => ({ stashes: [], damaged: [{ owner: owner.id, reason: 'its entry is unreadable' }] })
      const it = confidantAt(net.join(keeper.id), { store })
      await it.confidant.start()

      expect(it.events).toEqual(['dropped owner: its entry is unreadable'])
    })

    it('tells of what it drops because it was away for too long, and notes when it stops', async () => {
      const { held, confidant } = await kept()
      await confidant.stop()
      const day = 24 * 60 * minute
      const store = new TroubledStore()
      const stamps: number[] = []
      const wallTime = Date.UTC(2026, 0, 20)
      const port = net.join(testKey(7).id)
      const timed = { now: () => port.clock.now(), setTimer: port.clock.setTimer.bind(port.clock), wallTime: () => wallTime }
      store.load = async () => ({ stashes: held.list().map(stash => ({ ...stash, restored: true })), damaged: [], lastWall: wallTime - 15 * day })
      Object.assign(store, { stamp: async () => { stamps.push(timed.now()) } })
      const it = confidantAt(port, { store, clock: timed })
      await it.confidant.start()

      expect(it.events).toEqual(['dropped owner: we were away for more than 14 days'])
      expect(stamps).toHaveLength(1)
      await it.confidant.stop()
      expect(stamps).toHaveLength(2)
    })

    it('does not start on a store that fails', async () => {
      const store = new TroubledStore()
      store.failing.add('load')

      await expect(confidantAt(net.join(keeper.id), { store }).confidant.start()).rejects.toMatchObject({ name: 'HeldStoreError' })
    })
  })

  it('takes nothing while it leaves, but serves what it has', async () => {
    const { confidant, home, events, held } = await kept()
    confidant.drain()

    expect(await ask(home, storeRequest(await sealedRecord({ key: owner, seq: 2 }), placement))).toMatchObject({ type: 'refused', reason: 'draining' })
    expect(await ask(home, whole)).toMatchObject({ type: 'found', leaving: true })
    expect(events).toEqual(['refused owner from owner: draining', 'fetched owner 1 whole'])
    expect(held.count).toBe(1)
  })

  it('offers nothing once it has stopped, and takes up where it was when it starts again', async () => {
    const { confidant, events, port } = await kept()
    net.crash(owner.id)
    await confidant.stop()
    const back = net.restart(owner.id)
    const offers = ownerAt(back)
    net.connect(back, port)
    confidant.wake(owner.id, testBoot(1))
    await clock.advance(minute)
    expect(offers).toEqual([])

    await confidant.start()
    await clock.advance(minute)
    expect(offers).toHaveLength(1)
    expect(events).toEqual(['pushed owner 1: have'])

    expect(await ask(back, storeRequest(await sealedRecord({ key: owner, seq: 2 }), placement))).toEqual({ type: 'stored' })
    net.disconnect(back, port)
    net.connect(back, port)
    await clock.advance(minute)
    expect(offers.map(({ record }) => record.seq)).toEqual([1, 2])
  })

  it('leaves nothing running when it stops', async () => {
    const { confidant, port } = await kept()
    net.crash(owner.id)
    const back = net.restart(owner.id)
    back.serve(async () => { throw new Error('not ready') })
    net.connect(back, port)
    await clock.advance(1_000)
    expect(clock.pending).toBe(1)

    await confidant.stop()
    expect(clock.pending).toBe(0)
    expect([port.listenerCount('peer:connect'), port.listenerCount('peer:disconnect')]).toEqual([0, 0])
    expect(await ask(back, storeRequest(sealed, placement))).toMatchObject({ type: 'refused', reason: 'draining' })
  })
})
