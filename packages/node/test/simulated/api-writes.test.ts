import { describe, expect, it } from 'vitest'
import { mute } from './mute.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)

describe('storeWith', () => {
  it('makes the data the current stash, the peer a confidant, and the others follow', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(5)
    await kept(world, owner, 'one')
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    await world.of(owner.stash.storeWith(other.id, bytes('two')))

    expect(other.holds(owner)).toBe(owner.process.parts.owning?.own.current?.record.id)
    expect(owner.text).toBe('two')
    expect(owner.stash.confidants).toContain(other.id)
    await world.until(() => owner.stash.status().copies.have >= 3)
    expect(holdersAmong(confidants, owner).every(nara => nara.holds(owner) === other.holds(owner))).toBe(true)
  })

  it('rejects when the peer refuses, does not answer, is not connected, or leaves', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    const [first, second, third] = confidants as [Nara, Nara, Nara]
    const refusing = world.net.intercept((_from, to, request, next) =>
      to === first.id && request.type === 'store' ? { type: 'refused', reason: 'too large', retryAfter: 60_000 } : next())
    await expect(world.of(owner.stash.storeWith(first.id, bytes('one')))).rejects.toMatchObject({ name: 'RefusedError', reason: 'too large' })
    refusing()
    mute(world, second, 'store')
    await expect(world.of(owner.stash.storeWith(second.id, bytes('two')))).rejects.toMatchObject({ name: 'TimeoutError' })
    const started = world.clock.now()
    await expect(world.of(owner.stash.storeWith(second.id, bytes('three'), { timeout: 500 }))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(world.clock.now() - started).toBe(500)
    mute(world, third, 'store')
    const leaving = expect(owner.stash.storeWith(third.id, bytes('four'))).rejects.toMatchObject({ name: 'UnreachableError' })
    await world.run(100)
    third.kill()
    await world.of(leaving)
    await expect(owner.stash.storeWith(third.id, bytes('five'))).rejects.toMatchObject({ name: 'UnreachableError' })
    // each is the current stash all the same
    expect(owner.text).toBe('four')
  })

  it('is not decided by what a peer did to an earlier version', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    const [first] = confidants as [Nara]
    const stop = mute(world, first, 'store')
    await expect(world.of(owner.stash.storeWith(first.id, bytes('one')))).rejects.toMatchObject({ name: 'TimeoutError' })
    stop()
    await world.of(owner.stash.storeWith(first.id, bytes('two')))
    expect(first.holds(owner)).toBeDefined()
  })

  it('rejects what cannot be', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(2, { maxStash: 100, deny: [] })
    await expect(owner.stash.storeWith(owner.id, bytes('one'))).rejects.toMatchObject({ name: 'InvalidConfidantsError' })
    await expect(owner.stash.storeWith('nobody', bytes('one'))).rejects.toMatchObject({ name: 'InvalidConfidantsError' })
    await expect(owner.stash.storeWith(confidants[0]?.id ?? '', new Uint8Array(101))).rejects.toMatchObject({ name: 'TooLargeError' })
  })
})

describe('setStashData', () => {
  it('takes no bytes, and not one above maxStash', async () => {
    const world = new World()
    const { owner } = await world.owned(3, { maxStash: 100 })
    expect((await world.of(owner.stash.setStashData(new Uint8Array(0)))).outcome).toBe('kept')
    expect(owner.stash.getStashData()?.data).toEqual(new Uint8Array(0))
    expect((await world.of(owner.stash.setStashData(new Uint8Array(100)))).outcome).toBe('kept')
    await expect(owner.stash.setStashData(new Uint8Array(101))).rejects.toMatchObject({ name: 'TooLargeError' })
  })

  it('says who has no copy, and why', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    const [first, second] = confidants as [Nara, Nara]
    world.net.intercept((_from, to, request, next) =>
      to === first.id && request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: 60_000 } : next())
    mute(world, second, 'store')
    const { outcome, failures } = await world.of(owner.put('one', { timeout: 20_000 }))

    expect(outcome).toBe('degraded')
    expect(failures).toEqual(expect.arrayContaining([{ peer: first.id, why: 'at capacity' }, { peer: second.id, why: 'timeout' }]))
  })

  it('does not share its buffers', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    const data = bytes('one')
    const put = owner.stash.setStashData(data)
    data.fill(0)
    await world.of(put)
    owner.stash.getStashData()?.data.fill(0)
    expect(text(owner.stash.getStashData()?.data)).toBe('one')
  })

  it('ends with the reason of its signal; what was begun goes on', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    confidants.forEach(nara => { mute(world, nara, 'store') })
    const controller = new AbortController()
    const put = expect(owner.put('one', { signal: controller.signal })).rejects.toThrow('enough')
    await world.run(1_000)
    controller.abort(new Error('enough'))
    await world.of(put)
    expect(owner.text).toBe('one')
    await expect(owner.put('two', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})

describe('pushTo', () => {
  it('says what became of it', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const [holder] = holdersAmong(confidants, owner) as [Nara]
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('had it')
    await expect(world.of(other.stash.pushTo(owner.id))).rejects.toMatchObject({ name: 'NotHeldError' })

    const stop = mute(world, holder, 'store')
    await world.of(owner.put('two'))
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('had a newer one')
    stop()

    owner.kill()
    await expect(world.of(holder.stash.pushTo(owner.id))).rejects.toMatchObject({ name: 'UnreachableError' })
    await owner.restart()
    mute(world, holder, 'fetch')
    const silence = world.net.intercept((_from, to, _request, next) => to === owner.id ? undefined : next())
    world.net.connect(owner.id, holder.id)
    await expect(world.of(holder.stash.pushTo(owner.id))).rejects.toMatchObject({ name: 'TimeoutError' })
    silence()
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('taken')
  })
})

describe('distributeToConfidants', () => {
  it('resolves when all have it', async () => {
    const world = new World()
    const { owner } = await world.owned(4)
    await expect(owner.stash.distributeToConfidants()).rejects.toMatchObject({ name: 'NotFoundError' })
    await world.of(owner.put('one'))
    expect(await world.of(owner.stash.distributeToConfidants())).toMatchObject({ outcome: 'kept', copies: 3 })
    const started = world.clock.now()
    expect(await world.of(owner.stash.distributeToConfidants({ timeout: 60_000 }))).toMatchObject({ outcome: 'kept', copies: 3 })
    expect(world.clock.now() - started).toBeLessThan(1_000)
  })

  it('does not say "kept" of copies that are gone', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    confidants.slice(0, 2).forEach(nara => { nara.kill() })
    await world.run(1_000)
    expect(await world.of(owner.stash.distributeToConfidants())).toMatchObject({ outcome: 'degraded', copies: 1 })
  })
})
