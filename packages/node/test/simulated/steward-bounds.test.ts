import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { HeldStash, StashResponse } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const heldBy = (nara: Nara, owner: Nara): HeldStash | undefined => nara.process.parts.held.get(owner.id)

describe('a holder', () => {
  it('that restarts in a loop is not refilled each time; others make good for it, and it is refilled when it has settled down', async () => {
    const { world, owner, holders: [a] } = await ownerAway()
    await world.run(minute)
    world.net.stats.reset()

    for (let i = 0; i < 60; i++) {
      a.kill()
      await world.run(5 * second)
      await a.restart()
      world.net.connectAll()
      await world.run(15 * second)
    }

    expect(world.net.stats.sent(undefined, 'body').messages).toBeLessThanOrEqual(12)
    await world.run(hour)
    expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
    expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('that restarts now and then is refilled itself', async () => {
    const { world, a, owner } = await ownerAway().then(left => ({ ...left, a: left.holders[0] }))

    for (let i = 0; i < 4; i++) {
      await world.run(3 * hour)
      a.kill()
      await world.run(5 * second)
      await a.restart()
      world.net.connectAll()
      await world.run(5 * second)
      expect(a.holds(owner)).toBeDefined()
    }

    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('that takes body after body and goes on showing an older record gets one of each other holder', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const others = await world.confidants(6)
    world.net.connectAll()
    await kept(world, owner, 'one')
    const [liar] = holdersAmong(others, owner) as [Nara]
    const older = heldBy(liar, owner)?.record
    await kept(world, owner, 'two')
    owner.kill()
    let bodies = 0
    world.net.intercept((_, to, request, next): Promise<StashResponse | undefined> | StashResponse | undefined => {
      if (to !== liar.id || older == null || (request.type !== 'challenge' && request.type !== 'offer')) {
        return next()
      }

      bodies += Number(request.type === 'offer' && request.withheld !== true)

      return request.type === 'offer' ? { type: 'stored' } : { type: 'other', record: older, leaving: false }
    })
    others.filter(nara => nara !== liar).forEach(nara => {
      world.net.disconnect(liar.id, nara.id)
      world.net.connect(liar.id, nara.id)
    })
    await world.run(10 * minute)

    // one by each of the others who hold it
    expect(bodies).toBeLessThanOrEqual(3)
    expect(holdersNow(world, owner).filter(nara => nara !== liar)).toHaveLength(3)
  })

  it('that shows an older record and lets every body fail gets ever fewer', async () => {
    const { world, owner, holders: [liar, b] } = await ownerAway()
    const held = heldBy(b, owner)
    const older = { ...held?.record, id: 'ab'.repeat(32), boot: held?.record.boot, seq: (held?.record.seq ?? 0) - 1 } as HeldStash['record']
    let bodies = 0
    world.net.intercept((from, to, request, next) => {
      if (to !== liar.id || (request.type !== 'challenge' && request.type !== 'offer')) {
        return next()
      }

      bodies += Number(request.type === 'offer' && from === b.id)

      return request.type === 'offer' ? undefined : { type: 'other', record: older, leaving: false }
    })
    world.net.disconnect(liar.id, b.id)
    world.net.connect(liar.id, b.id)
    await world.run(2 * hour)
    expect(bodies).toBeGreaterThan(0)
    bodies = 0
    await world.run(hour)
    expect(bodies).toBeLessThanOrEqual(3)
  })

  it('whose proofs are wrong is not asked for another at once because it says once more that it has it, over whatever connection', async () => {
    const { world, owner, holders: [liar, b] } = await ownerAway()
    let challenges = 0
    world.net.intercept((from, to, request, next) => {
      const isAsked = request.type === 'challenge' && to === liar.id && from === b.id
      challenges += Number(isAsked)

      return isAsked ? { type: 'proof', proof: new Uint8Array(32).fill(7), leaving: false } : next()
    })
    const stash = heldBy(liar, owner)

    if (stash == null) {
      throw new Error('it holds nothing')
    }

    for (let i = 0; i < 30; i++) {
      const { record, placement, direct } = stash
      await world.of(liar.process.port.ask(b.id, { type: 'offer', record, placement, direct, liveHolders: [], leaseRemaining: 600_000, body: new Uint8Array(record.bodyLength) }))
      await world.run(second)

      if (i % 10 === 9) {
        world.net.disconnect(liar.id, b.id)
        world.net.connect(liar.id, b.id)
      }
    }

    expect(challenges).toBeGreaterThan(0)
    expect(challenges).toBeLessThanOrEqual(2)
  })

  it('that names all who are there again and again makes nobody ask them again and again', async () => {
    const { world, owner, holders: [liar, b], others } = await ownerAway()
    await world.run(minute)
    const named = others.filter(nara => nara.holds(owner) == null).map(({ id }) => id)
    const stash = heldBy(liar, owner)
    world.net.stats.reset()

    if (stash == null) {
      throw new Error('it holds nothing')
    }

    for (let i = 0; i < 30; i++) {
      const { record, placement, direct } = stash
      await world.of(liar.process.port.ask(b.id, { type: 'offer', record, placement, direct, liveHolders: named, leaseRemaining: 600_000, body: new Uint8Array(record.bodyLength) }))
      await world.run(second)
    }

    expect(named.length).toBeGreaterThan(3)
    // 30 times otherwise
    expect(world.net.stats.sent(b.id, 'challenge').messages).toBeLessThanOrEqual(4 * named.length)
  })

  it('that comes back empty and cannot take its copy at once is offered it soon again, also where nobody else may have it', async () => {
    const { world, owner, holders: [a] } = await ownerAway({ owner: { surrogates: 'none' } })
    await world.run(minute)
    a.kill()
    await world.run(second)
    let lost = 0
    world.net.intercept((_, to, request, next) => request.type === 'offer' && to === a.id && lost++ < 2 ? { type: 'refused', reason: 'rate limited', retryAfter: 5 * second } : next())
    await a.restart()
    world.net.connectAll()
    await world.run(2 * minute)

    expect(lost).toBeGreaterThan(1)
    expect(a.holds(owner)).toBeDefined()
  })
})

describe('who says that it leaves', () => {
  it('and stays, hurries the others once, not each time that one of them is away for a moment', async () => {
    const { world, owner, holders: [a, b, c], others } = await ownerAway()
    await world.run(2 * minute)
    const recordId = heldBy(a, owner)?.record.id ?? ''
    const leaves = async (): Promise<void> => {
      await world.of(Promise.all([b, c].map(async ({ id }) => await a.process.port.ask(id, { type: 'release', owner: owner.id, recordId, reason: 'leaving' }))))
    }
    await leaves()
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toHaveLength(4)
    await world.run(2 * minute)
    world.net.stats.reset()

    for (let i = 0; i < 5; i++) {
      others.filter(nara => nara !== b).forEach(nara => { world.net.disconnect(b.id, nara.id) })
      await leaves().catch(() => {})
      await world.run(8 * second)
      world.net.connectAll()
      await world.run(2 * minute)
    }

    expect(world.net.stats.sent(c.id, 'store').messages).toBe(0)
  })

  it('says so once, whoever asks it to', async () => {
    const { owner, world, holders: [a] } = await ownerAway()
    await world.run(minute)
    const { steward } = a.process.parts
    world.net.stats.reset()
    const [first, second] = await world.of(Promise.all([steward.leave(), steward.leave()]))
    expect(first).toMatchObject({ handedOn: 1, left: [] })
    expect(second).toBe(first)
    expect(world.net.stats.sent(a.id, 'store').messages).toBe(1)
    expect(holdersNow(world, owner)).toHaveLength(4)
  })
})

describe('an owner', () => {
  it('that comes and goes and never gets to repair by itself keeps nobody else from it', async () => {
    const { world, owner, holders: [dead] } = await ownerAway()
    dead.kill()

    for (let i = 0; i < 12; i++) {
      await owner.restart()
      world.net.connectAll()
      await world.run(20 * second)
      owner.kill()
      await world.run(20 * second)
    }

    expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
    expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
  })
})
