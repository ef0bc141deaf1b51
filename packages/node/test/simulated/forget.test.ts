import { describe, expect, it } from 'vitest'
import { stashed } from './stashed.ts'
import { kept, World } from './world.ts'
import type { Stashed } from './stashed.ts'
import type { Nara } from './world.ts'
import type { ForgetResult } from '../../src/api.ts'

const second = 1_000
const minute = 60 * second

/** Three holders that hear no presence, and neither ask each other nor bring anything: they hear of a tombstone by its store alone. */
async function apart (): Promise<Stashed> {
  const given = await stashed(3, { gossip: false })
  given.world.net.intercept((_from, _to, request, next) => {
    return request.type === 'offer' ? { type: 'have' } : request.type === 'challenge' ? { type: 'busy', retryAfter: minute } : next()
  })

  return given
}

async function forget (world: World, owner: Nara, timeout = 0): Promise<ForgetResult> {
  return await world.of(owner.stash.forgetStash({ timeout }))
}

function hasTombstone (nara: Nara, owner: Nara): boolean {
  return nara.process.parts.held.tombstone(owner.id) != null && nara.holds(owner) == null
}

describe('forgetting', () => {
  it('takes the copy from every holder, and leaves a tombstone there; others hear nothing', async () => {
    const { world, owner, holders, spare } = await stashed()
    const result = await forget(world, owner)

    expect(result).toEqual({ outcome: 'forgotten', acknowledged: 3, of: 3, failures: [] })
    expect(holders.map(nara => hasTombstone(nara, owner))).toEqual([true, true, true])
    expect(spare.map(nara => nara.process.parts.held.tombstone(owner.id))).toEqual(spare.map(() => undefined))
    expect(owner.stash.status().copies.have).toBe(0)
    expect(owner.stash.confidants).toEqual([])
    expect(owner.process.parts.owning?.replication.acknowledged).toBe(true)
  })

  it('is told from there never having been anything, by this process and by the next one, until something is written', async () => {
    const { world, owner } = await stashed()
    expect(owner.stash.status().deleted).toBeNull()
    await forget(world, owner)
    expect(owner.stash.status()).toMatchObject({ state: 'empty', stash: null, deleted: { seq: '2' } })

    owner.kill()
    await owner.restart()
    expect(owner.stash.status().deleted).toBeNull()
    world.net.connectAll()
    await world.settled(owner)
    expect(owner.stash.status()).toMatchObject({ state: 'empty', stash: null, deleted: { seq: '2' } })

    await kept(world, owner, 'anew')
    expect(owner.stash.status()).toMatchObject({ state: 'settled', stash: { seq: '3' }, deleted: null })
  })

  it('takes it from those who were holders before, and from whoever says that it has a copy', async () => {
    const { world, owner, holders: [holder, ...others], spare: [extra, ...rest] } = await stashed()
    const whole = await holder.process.parts.held.read(owner.id)
    const first = owner.stash.confidants
    // a surrogate, of which the owner does not know
    world.net.intercept((_from, _to, request, next) => request.type === 'offer' || request.type === 'release' ? { type: 'have' } : next())

    if (whole != null) {
      await world.of(holder.process.port.ask(extra.id, { ...whole.stash, type: 'store', liveHolders: [], body: whole.body }))
    }

    owner.stash.setConfidants([...others, rest[0] as Nara].map(({ id }) => id))
    await world.until(() => rest[0]?.holds(owner) != null && owner.stash.status().copies.have === 3)
    expect(owner.stash.confidants).not.toEqual(first)
    const result = await forget(world, owner)

    expect(result).toMatchObject({ outcome: 'forgotten', acknowledged: 5, of: 5 })
    expect([holder, extra, ...others, rest[0] as Nara].every(nara => hasTombstone(nara, owner))).toBe(true)
  })

  it('is degraded while minCopies of the holders are away, and they learn it when they come back', async () => {
    const { world, owner, holders: [a, b, c] } = await stashed(3)
    ;[b, c].forEach(nara => { world.net.disconnect(owner.id, nara.id) })
    // nor do those who know tell them
    ;[b, c].forEach(nara => { world.net.disconnect(a.id, nara.id) })
    world.net.disconnect(b.id, c.id)
    const result = await forget(world, owner)

    expect(result).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
    expect(result.failures).toEqual([b, c].map(({ id }) => ({ peer: id, why: 'unreachable' })))
    expect(owner.process.parts.owning?.replication.acknowledged).toBe(false)

    world.net.connect(owner.id, b.id)
    await world.until(() => hasTombstone(b, owner))
    await world.run(second)
    expect(owner.process.parts.owning?.replication.acknowledged).toBe(true)
    await world.run(60 * minute)
    expect(c.holds(owner)).toBeDefined()
    world.net.connect(owner.id, c.id)
    await world.until(() => hasTombstone(c, owner))
    expect(owner.process.parts.owning?.replication.copies.views()).toEqual([])
  })

  it('waits for those who come within the time that is given', async () => {
    const { world, owner, holders: [, b, c] } = await stashed(3)
    ;[b, c].forEach(nara => { world.net.disconnect(owner.id, nara.id) })
    world.clock.setTimer(() => { world.net.connect(owner.id, b.id) }, second)

    expect(await forget(world, owner, 30_000)).toMatchObject({ outcome: 'forgotten', acknowledged: 2 })
  })

  it('counts who was a holder before and is away', async () => {
    const { world, owner, holders: [gone] } = await stashed()
    gone.kill()
    await world.until(() => !owner.stash.confidants.includes(gone.id) && owner.stash.status().copies.have === 3, 2 * minute)

    expect(await forget(world, owner)).toEqual({ outcome: 'forgotten', acknowledged: 3, of: 4, failures: [{ peer: gone.id, why: 'unreachable' }] })
  })

  it('tells who did not hear it again when it comes anew, however long it wished to be left alone', async () => {
    const { world, owner, holders: [, , c] } = await apart()
    let full = true
    world.net.intercept((_from, to, request, next) => full && to === c.id && request.type === 'store' ? { type: 'refused', reason: 'draining', retryAfter: 60 * minute } : next())
    expect(await forget(world, owner)).toMatchObject({ acknowledged: 2, failures: [{ peer: c.id, why: 'draining' }] })
    full = false
    await world.run(minute)
    expect(c.holds(owner)).toBeDefined()
    world.net.disconnect(owner.id, c.id)
    world.net.connect(owner.id, c.id)
    await world.until(() => hasTombstone(c, owner), second)
  })

  it('tells who did not hear it again, and says meanwhile why', async () => {
    const { world, owner, holders: [a, b, c] } = await apart()
    let silent = true
    world.net.intercept((_from, to, request, next) => {
      if (!silent || request.type !== 'store' || to === a.id) {
        return next()
      }

      return to === b.id ? undefined : { type: 'refused', reason: 'rate limited', retryAfter: 20 * second }
    })
    const result = await forget(world, owner)
    expect(result).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
    expect(result.failures).toEqual(expect.arrayContaining([{ peer: b.id, why: 'timeout' }, { peer: c.id, why: 'rate limited' }]))

    silent = false
    await world.until(() => [b, c].every(nara => hasTombstone(nara, owner)), minute)
  })

  it('sends nothing more to those who know', async () => {
    const { world, owner } = await stashed()
    await forget(world, owner)
    world.net.stats.reset()
    await world.run(60 * minute)

    expect(world.net.stats.sent(owner.id, 'store').messages).toBe(0)
    expect(world.net.stats.sent(owner.id, 'fetch').messages).toBe(0)
    expect(world.net.stats.sent(owner.id, 'challenge').messages).toBe(0)
  })

  it('is over when there is a stash again', async () => {
    const { world, owner, holders: [, , c] } = await stashed()
    world.net.disconnect(owner.id, c.id)
    await forget(world, owner)
    await kept(world, owner, 'two')
    world.net.connect(owner.id, c.id)
    await world.run(minute)

    expect(owner.text).toBe('two')
    expect(owner.stash.confidants.map(id => world.naras.find(nara => nara.id === id)?.holds(owner))).toEqual(Array(3).fill(owner.process.parts.owning?.own.current?.record.id))
    expect(c.holds(owner)).not.toBe(owner.stash.confidants.includes(c.id) ? undefined : c.holds(owner) ?? null)
  })

  it('of a stash that nobody holds has nobody to tell', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    world.net.intercept((_from, _to, request, next) => request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: minute } : next())
    await world.of(owner.put('one'))
    await world.run(second)

    expect(await forget(world, owner)).toEqual({ outcome: 'forgotten', acknowledged: 0, of: 0, failures: [] })
  })
})

describe('after it', () => {
  it('no holder that was away, and no repair, brings the stash back to life', async () => {
    const { world, owner, holders: [a, b, c] } = await stashed()
    // two that know, one that does not, and the owner is gone
    ;[a, b].forEach(nara => { world.net.disconnect(c.id, nara.id) })
    world.net.disconnect(c.id, owner.id)
    await forget(world, owner)
    owner.kill()
    world.net.connectAll()
    await world.until(() => hasTombstone(c, owner), 10 * minute)
    await world.run(60 * minute)

    expect(world.naras.filter(nara => nara !== owner).map(nara => nara.holds(owner))).toEqual(Array(6).fill(undefined))
  })

  it('an owner that was restarted goes on telling those who come back', async () => {
    const { world, owner, holders: [a, b, c] } = await stashed(3)
    ;[a, b, owner].forEach(nara => { world.net.disconnect(nara.id, c.id) })
    expect(await forget(world, owner)).toMatchObject({ outcome: 'forgotten', acknowledged: 2, of: 3 })
    owner.kill()
    await owner.restart()
    ;[a, b].forEach(nara => { world.net.connect(owner.id, nara.id) })
    expect(await world.settled(owner)).toBe('empty')
    world.net.connect(owner.id, c.id)
    await world.until(() => c.holds(owner) == null, minute)
    await world.run(minute)

    expect(owner.state).toBe('empty')
    expect(owner.stash.status().copies.have).toBe(0)
  })
})

describe('what was written before a deletion and waits for its turn', () => {
  it('is deleted with the rest; what is written after it is kept', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const results = [owner.put('two'), owner.put('three')]
    const forgotten = owner.stash.forgetStash()
    await world.of(forgotten)
    expect(owner.state).toBe('empty')
    expect((await world.of(Promise.all(results))).map(({ outcome }) => outcome)).toContain('unstored')
    await world.run(60_000)
    expect(owner.text).toBeUndefined()
    expect(confidants.filter(nara => nara.holds(owner) != null)).toEqual([])

    const later = owner.stash.forgetStash()
    const result = owner.put('four')
    await world.of(later)
    expect((await world.of(result)).outcome).toBe('kept')
    expect(owner.text).toBe('four')
  })
})
