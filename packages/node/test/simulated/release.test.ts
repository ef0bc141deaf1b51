import { describe, expect, it } from 'vitest'
import { stashed } from './stashed.ts'
import { kept, World } from './world.ts'
import type { Stashed } from './stashed.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
/** Too long to ride inside a message: each copy that moves is one body. */
const large = 'x'.repeat(20 * 1_024)

const largeStashed = async (others?: number): Promise<Stashed> => await stashed(others, {}, large)

/** `nara` tells the owner that it lets go. */
async function lets (world: World, nara: Nara, owner: Nara, reason: 'leaving' | 'lease' | 'relieved', recordId = nara.holds(owner)): Promise<string> {
  return (await world.of(nara.process.port.ask(owner.id, { type: 'release', owner: owner.id, recordId: recordId ?? '', reason }))).type
}

describe('a placement', () => {
  it.each([
    [{}, { surrogates: 'any', allowed: [] }],
    [{ surrogates: 'none' as const }, { surrogates: 'none', allowed: [] }]
  ])('says whom confidants may ask for help: %j', async (init, expected) => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, init)
    await kept(world, owner, 'one')

    expect(confidants.map(nara => nara.process.parts.held.get(owner.id)?.placement)).toMatchObject([expected, expected, expected])
  })

  it('lists them if only those on the allow list may be', async () => {
    const world = new World()
    const confidants = await world.confidants(3)
    const allow = confidants.map(({ id }) => id)
    const owner = await world.nara({ fresh: true, surrogates: 'listed', allow })
    world.net.connectAll()
    await kept(world, owner, 'one')

    expect(confidants[0]?.process.parts.held.get(owner.id)?.placement).toMatchObject({ surrogates: 'listed', allowed: allow })
  })
})

describe('who is no confidant any longer', () => {
  it('lets go of its copy', async () => {
    const { world, owner, holders, spare } = await largeStashed()
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.until(() => holders.every(nara => nara.holds(owner) == null), minute)

    expect(spare.every(nara => nara.holds(owner) != null)).toBe(true)
    expect(world.net.stats.sent(owner.id, 'release').messages).toBe(3)
    expect(holders.map(nara => nara.events('held:dropped'))).toMatchObject([[{}], [{}], [{}]])
  })

  it('keeps it until the copies that are wanted are there', async () => {
    const { world, owner, holders, spare } = await largeStashed()
    let blocked = true
    world.net.intercept((_from, to, request, next) => blocked && request.type === 'store' && to === spare[0].id ? { type: 'refused', reason: 'rate limited', retryAfter: second } : next())
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.until(() => owner.stash.status().copies.have === 2)
    await world.run(10 * second)
    expect(holders.every(nara => nara.holds(owner) != null)).toBe(true)

    blocked = false
    await world.until(() => holders.every(nara => nara.holds(owner) == null), minute)
    expect(owner.stash.status().copies.have).toBe(3)
  })

  it('keeps an older version until minCopies have the newer one with the present placement', async () => {
    const { world, owner, holders, spare } = await largeStashed()
    const old = holders[0].holds(owner)
    let blocked = true
    world.net.intercept((_from, _to, request, next) => blocked && request.type === 'store' ? undefined : next())
    void owner.put('two')
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.run(15 * second)
    expect(holders.map(nara => nara.holds(owner))).toEqual([old, old, old])

    blocked = false
    await world.until(() => holders.every(nara => nara.holds(owner) == null), 2 * minute)
    expect(owner.stash.status().copies.have).toBe(3)
  })

  it('lets go of what it took without its answer having come', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const others = await world.confidants(6)
    let silent: string | undefined
    world.net.intercept(async (_from, to, request, next) => {
      if (request.type !== 'store' || to !== (silent ??= to)) {
        return await next()
      }

      // it has it before the owner has given up, and is never heard
      await next()

      return undefined
    })
    world.net.connectAll()
    await kept(world, owner, 'one')
    await world.run(10 * minute)

    expect(owner.stash.confidants).not.toContain(silent)
    expect(others.filter(nara => nara.holds(owner) != null).map(({ id }) => id).toSorted()).toStrictEqual([...owner.stash.confidants].toSorted())
  })

  it('is told again if it did not hear it', async () => {
    const { world, owner, holders, spare } = await largeStashed()
    let lost = 3
    world.net.intercept((_from, to, request, next) => {
      // nor by what it offers
      if (to === owner.id && request.type === 'offer') {
        return { type: 'have' }
      }

      return request.type === 'release' && lost-- > 0 ? Promise.reject(new Error('gone')) : next()
    })
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.run(30 * second)
    expect(holders.every(nara => nara.holds(owner) != null)).toBe(true)
    await world.until(() => holders.every(nara => nara.holds(owner) == null), 2 * minute)
  })

  it.each([['says that it still has it', { type: 'have' as const }], ['says nothing', undefined]])('and %s is told again ever more rarely', async (_what, answer) => {
    const { world, owner, holders, spare } = await largeStashed()
    const [stubborn] = holders
    const told: number[] = []
    world.net.intercept((from, to, request, next) => {
      if (request.type === 'release' && from === owner.id && to === stubborn.id) {
        told.push(world.clock.now())

        return answer
      }

      return next()
    })
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.run(8 * 60 * minute)
    const gaps = told.slice(1).map((at, i) => Math.round((at - (told[i] ?? 0)) / minute))

    expect(gaps.slice(0, 4)).toEqual([1, 5, 15, 60])
    expect(gaps.slice(4).every(gap => gap === 60)).toBe(true)
    expect(told.length).toBeGreaterThan(9)
  })

  it('and let go when it was told lets go at once the next time, too', async () => {
    const { world, owner, holders, spare } = await largeStashed()

    for (let i = 0; i < 3; i++) {
      owner.stash.setConfidants(spare.map(({ id }) => id))
      await world.until(() => holders.every(nara => nara.holds(owner) == null), 5 * second)
      owner.stash.setConfidants(holders.map(({ id }) => id))
      await world.until(() => spare.every(nara => nara.holds(owner) == null), 5 * second)
    }

    expect(owner.stash.status().copies.have).toBe(3)
  })

  it('and did not hear of one version is told of another at once', async () => {
    const { world, owner, holders, spare } = await largeStashed()
    const [deaf] = holders
    const old = deaf.holds(owner)
    const told: string[] = []
    world.net.intercept((from, to, request, next) => {
      // nor by what it offers
      if (to === owner.id && request.type === 'offer') {
        return { type: 'have' }
      }

      if (request.type === 'release' && from === owner.id && to === deaf.id) {
        told.push(request.recordId)

        return { type: 'have' }
      }

      return next()
    })
    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.until(() => told.length > 0, 5 * second)
    owner.stash.setConfidants(holders.map(({ id }) => id))
    await kept(world, owner, 'two')
    await world.until(() => holders.every(nara => ![old, undefined].includes(nara.holds(owner))), 5 * second)
    expect(told.every(record => record === old)).toBe(true)

    owner.stash.setConfidants(spare.map(({ id }) => id))
    await world.until(() => told.includes(deaf.holds(owner) ?? ''), 5 * second)
  })

  it('was a helper while a pinned confidant was away', async () => {
    const { world, owner, confidants } = await largeStashed()
    const pinned = confidants.slice(0, 3)
    owner.stash.setConfidants(pinned.map(({ id }) => id))
    await world.until(() => confidants.slice(3).every(nara => nara.holds(owner) == null) && pinned.every(nara => nara.holds(owner) != null), minute)
    const [dead] = pinned as [Nara]
    dead.kill()
    await world.until(() => owner.stash.confidants.length === 4, 2 * minute)
    const helper = confidants.find(nara => !pinned.includes(nara) && owner.stash.confidants.includes(nara.id))
    await world.until(() => helper?.holds(owner) != null)
    await dead.restart()
    world.net.connectAll()
    await world.until(() => helper?.holds(owner) == null, minute)

    expect(owner.stash.confidants).toEqual(pinned.map(({ id }) => id))
    expect(owner.stash.status().copies.have).toBe(3)
  })
})

describe('a confidant that says that it lets go of its copy', () => {
  it.each(['leaving', 'lease'] as const)('(%s) is replaced at once, while it still serves', async reason => {
    const { world, owner, holders: [leaver] } = await largeStashed()
    const started = world.clock.now()
    expect(await lets(world, leaver, owner, reason)).toBe('have')
    await world.until(() => owner.stash.status().copies.have === 3 && !owner.stash.confidants.includes(leaver.id))

    expect(world.clock.now() - started).toBeLessThan(second)
    expect(leaver.holds(owner)).toBeDefined()
    await world.run(10 * minute)
    expect(owner.stash.confidants).not.toContain(leaver.id)
  })

  it('keeps its place if nobody can take it, and is well again when it is back', async () => {
    const { world, owner, holders: [leaver] } = await largeStashed(3)
    await lets(world, leaver, owner, 'leaving')
    await world.run(second)
    expect(owner.stash.confidants).toContain(leaver.id)
    expect(owner.stash.status().copies.have).toBe(3)
    leaver.kill()
    await world.run(minute)
    await leaver.restart()
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3 && owner.stash.status().confidants.every(({ state }) => state === 'trusted'), minute)
  })

  it('and has dropped it already is replaced, or stored with anew', async () => {
    const { world, owner, holders: [gone] } = await largeStashed(3)
    const record = gone.holds(owner)
    await gone.process.parts.held.drop(owner.id, record ?? '')
    expect(await lets(world, gone, owner, 'relieved', record)).toBe('have')
    await world.until(() => gone.holds(owner) === record && owner.stash.status().copies.have === 3, minute)
  })

  it('of a record that is not the current one hears that', async () => {
    const { world, owner, holders: [leaver] } = await largeStashed()
    expect(await lets(world, leaver, owner, 'relieved', '00'.repeat(32))).toBe('not-found')
    await world.run(second)
    expect(owner.stash.confidants).toContain(leaver.id)
  })

  it('says so by its proof as well', async () => {
    const { world, owner, holders: [leaver] } = await largeStashed()
    world.net.intercept(async (_from, to, request, next) => {
      const answer = await next()

      return to === leaver.id && answer.type === 'proof' ? { ...answer, leaving: true } : answer
    })
    await world.until(() => !owner.stash.confidants.includes(leaver.id), 80 * minute)
  })
})
