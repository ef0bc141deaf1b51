import { offerRequest, sealedPlacement, sealedRecord, storeRequest } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { confidantAt, friend, owner } from './keepers.ts'
import { keeper, neighbourhood, whole } from './neighbourhood.ts'
import type { Neighbourhood } from './neighbourhood.ts'

let at: Neighbourhood

beforeEach(async () => { at = await neighbourhood() })

describe('Confidant', () => {
  it('keeps a stash and gives it back to its owner', async () => {
    const { home, events } = await at.kept()

    expect(await at.ask(home, { ...whole, whole: false })).toMatchObject({ type: 'found', record: { id: at.sealed.record.id } })
    expect(await at.ask(home, whole)).toMatchObject({ type: 'found', body: at.sealed.body, placement: { id: at.placement.id }, direct: true })
    expect(events).toEqual(['fetched owner 1', 'fetched owner 1 whole'])
  })

  it('gives nothing to anybody else and tells of no fetch', async () => {
    const { events, port } = await at.kept()
    const stranger = at.net.join(friend.id)
    at.net.connect(stranger, port)

    expect(await at.ask(stranger, whole)).toEqual({ type: 'not-found' })
    expect(events).toEqual([])
  })

  it('tells of what it has and of what it refuses', async () => {
    const { home, events, port } = await at.kept()
    expect(await at.ask(home, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'have' })

    const stranger = at.net.join(friend.id)
    at.net.connect(stranger, port)
    const shut = await sealedPlacement(owner, { surrogates: 'none' })
    const second = await sealedRecord({ key: owner, seq: 2 })
    expect(await at.ask(stranger, storeRequest(second, shut))).toMatchObject({ type: 'refused', reason: 'not trusted' })
    expect(await at.ask(stranger, offerRequest(second, shut))).toMatchObject({ type: 'refused', reason: 'not trusted' })
    expect(await at.ask(stranger, offerRequest(second, at.placement))).toMatchObject({ type: 'stored' })

    expect(events).toEqual([
      'refused owner from friend: not trusted', 'refused owner from friend: not trusted', `co-holder owner friend ${second.record.id.slice(0, 8)}`,
      'stored owner 2 from friend'
    ])
  })

  it('tells once of a version that comes twice at a time', async () => {
    const it = confidantAt(at.net.join(keeper.id))
    await it.confidant.start()
    const home = at.net.join(owner.id)
    at.net.connect(home, it.port)
    const long = storeRequest(await sealedRecord({ key: owner, body: new Uint8Array(20_000) }), at.placement)

    expect(await at.clock.outcome(Promise.all([home.ask(keeper.id, long), home.ask(keeper.id, long)]))).toMatchObject([{ type: 'stored' }, { type: 'have' }])
    expect(it.events).toEqual(['stored owner 1 from owner'])
  })

  it('names the live holders: itself, and those it is connected to', async () => {
    const { home, port } = await at.kept()
    expect(await at.ask(home, whole)).toMatchObject({ liveHolders: [keeper.id] })

    const other = at.net.join(friend.id)
    at.net.connect(other, port)
    expect(await at.ask(home, whole)).toMatchObject({ liveHolders: [keeper.id, friend.id] })

    at.net.disconnect(other, port)
    expect(await at.ask(home, whole)).toMatchObject({ liveHolders: [keeper.id] })
  })

  it('passes offers of its own stash on, and tells nothing of them', async () => {
    const it = confidantAt(at.net.join(owner.id), { ownOffer: async () => ({ type: 'refused', reason: 'rate limited', retryAfter: 1 }) })
    await it.confidant.start()
    at.net.connect(at.net.join(friend.id), it.port)

    expect(await at.ask(at.net.port(friend.id), offerRequest(at.sealed, at.placement), owner.id)).toMatchObject({ type: 'refused', reason: 'rate limited' })
    expect(it.events).toEqual([])
  })

  it('lets go of what its owner releases', async () => {
    const { home, held, events, confidant, port } = await at.kept()
    const other = at.net.join(friend.id)
    at.net.connect(other, port)
    await at.ask(other, offerRequest(at.sealed, at.placement))
    events.splice(0)

    expect(await at.ask(home, { type: 'release', owner: owner.id, recordId: at.sealed.record.id, reason: 'trimmed' })).toEqual({ type: 'not-found' })
    expect([held.count, confidant.coHolders.list(owner.id)]).toEqual([0, []])
    expect(events).toEqual(['dropped owner: released by its owner: trimmed'])
  })

  it('forgets what its owner deletes, and tells so once', async () => {
    const { home, held, events } = await at.kept()
    const tombstone = await sealedRecord({ key: owner, seq: 2, body: null })

    expect(await at.ask(home, storeRequest(tombstone, at.placement))).toMatchObject({ type: 'stored' })
    expect(await at.ask(home, storeRequest(tombstone, at.placement))).toMatchObject({ type: 'have' })
    expect(events.splice(0)).toEqual(['forgotten owner by 2'])
    expect(held.count).toBe(0)
    expect(await at.ask(home, whole)).toMatchObject({ type: 'found', record: { id: tombstone.record.id, kind: 'tombstone' }, body: new Uint8Array() })
    expect(await at.ask(home, { type: 'witness' })).toEqual({ type: 'witnessed', record: tombstone.record })
  })

  it('passes releases of its own stash on', async () => {
    const it = confidantAt(at.net.join(owner.id), { ownRelease: async () => ({ type: 'have' }) })
    await it.confidant.start()
    at.net.connect(at.net.join(friend.id), it.port)

    expect(await at.ask(at.net.port(friend.id), { type: 'release', owner: owner.id, recordId: at.sealed.record.id, reason: 'leaving' }, owner.id)).toMatchObject({ type: 'have' })
    expect(it.events).toEqual([])
  })

  it('takes nothing while it leaves, but serves what it has', async () => {
    const { confidant, home, events, held } = await at.kept()
    confidant.drain()

    expect(await at.ask(home, storeRequest(await sealedRecord({ key: owner, seq: 2 }), at.placement))).toMatchObject({ type: 'refused', reason: 'draining' })
    expect(await at.ask(home, whole)).toMatchObject({ type: 'found', leaving: true })
    expect(events).toEqual(['refused owner from owner: draining', 'fetched owner 1 whole'])
    expect(held.count).toBe(1)
  })
})
