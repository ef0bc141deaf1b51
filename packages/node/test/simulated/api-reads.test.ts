import { createSha256, sealHeader } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { apart } from './cut-short.ts'
import { mute } from './mute.ts'
import { recoveredTwin } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { OwningParts } from '../../src/compose-owner.ts'
import type { Nara } from './world.ts'
import type { HeldStash } from '@nara-stash/protocol'

const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)

describe('requestFrom', () => {
  it('gives what the peer holds, and changes nothing', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [first] = holdersAmong(confidants, owner) as [Nara]
    world.net.disconnect(owner.id, first.id)
    await world.of(owner.put('two'))
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' || request.type === 'offer' ? undefined : next())
    world.net.connect(owner.id, first.id)

    expect(text(await world.of(owner.stash.requestFrom(first.id)))).toBe('one')
    expect(owner.text).toBe('two')
    stop()
  })

  it('tells a peer that holds nothing from one that is silent or gone, and from a wrong key', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const [holder, silent] = holdersAmong(confidants, owner) as [Nara, Nara]
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    await expect(world.of(owner.stash.requestFrom(other.id))).rejects.toMatchObject({ name: 'NotFoundError' })
    mute(world, silent, 'fetch')
    await expect(world.of(owner.stash.requestFrom(silent.id))).rejects.toMatchObject({ name: 'TimeoutError' })
    other.kill()
    await expect(world.of(owner.stash.requestFrom(other.id))).rejects.toMatchObject({ name: 'UnreachableError' })

    // intact and signed by us, but not sealed with our key: as if another program used this soul
    const { own } = owner.process.parts.owning as OwningParts
    const body = new Uint8Array(1_100).fill(7)
    const bodyDigest = toString(createSha256().update(body).digest(), 'base16')
    const record = await sealHeader({ kind: 'data', seq: 9, boot: own.boot, past: [], bodyLength: body.byteLength, bodyDigest }, own.privateKey)
    const { placement } = holder.process.parts.held.get(owner.id) as HeldStash
    await world.of(owner.process.port.ask(holder.id, { type: 'store', record, body, placement, liveHolders: [], leaseRemaining: 60 }))

    await expect(world.of(owner.stash.requestFrom(holder.id))).rejects.toMatchObject({ name: 'WrongKeyError' })
  })

  it('ends with its signal', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(1)
    await expect(owner.stash.requestFrom(confidants[0]?.id ?? '', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
  })
})

describe('recoverFromAny', () => {
  it('asks all and returns the newest, also before recovery settles by itself', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    expect(text(await world.of(owner.stash.recoverFromAny()))).toBe('one')
    expect(owner.state).toBe('settled')
  })

  it('finds what recovery missed', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [stale, ...others] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    world.net.disconnect(owner.id, stale.id)
    await world.of(owner.put('two'))
    owner.kill()
    await owner.restart()
    world.net.connect(owner.id, stale.id)
    await world.settled(owner)
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'offer' || request.type === 'store' ? undefined : next())
    others.forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(text(await world.of(owner.stash.recoverFromAny()))).toBe('two')
    stop()
  })

  it('rejects without peers, without answers, without a stash, and in doubt', async () => {
    const world = new World()
    const owner = await world.nara()
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject({ name: 'UnreachableError' })
    const [peer] = await world.confidants(1) as [Nara]
    world.net.connectAll()
    const stop = mute(world, peer, 'fetch')
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject({ name: 'UnreachableError' })
    stop()
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject({ name: 'NotFoundError' })

    const { owner: other } = await world.owned(3)
    await kept(world, other, 'one')
    const twin = await recoveredTwin(world, other, world.naras.filter(nara => nara !== other))
    await world.of(twin.put('two'))
    await expect(world.of(other.put('three', { timeout: 1_000 }))).rejects.toMatchObject({ name: 'TwinError' })
    await world.run(10_000)
    await expect(world.of(other.stash.recoverFromAny())).rejects.toMatchObject({ name: 'DoubtfulError' })
  })
})

describe('clearMyStash', () => {
  it('is local, and what was kept comes back', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    world.net.stats.reset()
    const storesWhen: Record<string, number> = {}
    owner.stash.addEventListener('stash:state', ({ detail }) => { storesWhen[detail.state] = world.net.stats.sent(owner.id, 'store').messages })
    owner.stash.clearMyStash()

    expect(owner.stash.hasStashData()).toBe(false)
    expect(owner.stash.getStashData()).toBeUndefined()
    expect(owner.state).toBe('searching')
    expect(await world.settled(owner)).toBe('settled')
    expect(storesWhen).toEqual({ searching: 0, recovering: 0, settled: 0 })
    expect(owner.text).toBe('one')
    expect(holdersAmong(confidants, owner)).toHaveLength(3)
  })

  it('does not let an older version come back without a word', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    apart(world, owner.id)
    await kept(world, owner, 'one')
    const [stale, ...others] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    world.net.disconnect(owner.id, stale.id)
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    others.forEach(nara => { world.net.disconnect(owner.id, nara.id) })
    owner.stash.clearMyStash()
    world.net.connect(owner.id, stale.id)
    expect(await world.settled(owner)).toBe('doubtful')
    expect(owner.stash.status().recovery.doubt?.reason).toBe('ROLLBACK_SUSPECTED')
    world.net.connectAll()
    await world.until(() => owner.state === 'settled')
    expect(owner.text).toBe('two')
  })

  it('of what nobody had is like a new start', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    await world.of(owner.put('one'))
    owner.stash.clearMyStash()
    await world.confidants(3)
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('empty')
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept' })
  })
})

describe('whenSettled', () => {
  it('resolves with what is known, at once if it is, and ends with its signal', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    expect(await owner.stash.whenSettled()).toBe('empty')
    await kept(world, owner, 'one')
    expect(await owner.stash.whenSettled()).toBe('settled')
    owner.kill()
    await owner.restart()
    const controller = new AbortController()
    const waiting = expect(owner.stash.whenSettled({ signal: controller.signal })).rejects.toThrow('enough')
    await world.run(1_000)
    controller.abort(new Error('enough'))
    await waiting
    await expect(owner.stash.whenSettled({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})
