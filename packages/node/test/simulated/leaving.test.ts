import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Leave } from '../../src/api.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second

/** Of one that holds nothing, and has no stash of its own. */
const nothing: Leave = { kept: 0, handedOn: 0, withOwner: 0, left: [], own: null, deletion: null, waiting: 0, setAside: 0 }

/** SIGTERM: these leave at one moment, and are gone when they are done. */
async function leave (world: World, ...naras: readonly Nara[]): Promise<Leave[]> {
  await world.of(Promise.all(naras.map(async nara => {
    await nara.stop()
    nara.kill()
  })))

  return naras.map(nara => nara.events('leave').at(-1)?.detail as Leave)
}

const times = (nara: Nara): number => nara.process.events.findLast(({ type }) => type === 'leave')?.at ?? NaN

describe('with the owner away', () => {
  it('one that leaves hands on its copy first, and is gone in a moment', async () => {
    const { world, owner, holders: [a] } = await ownerAway()
    await world.run(minute)
    const began = world.clock.now()
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, handedOn: 1 }])
    expect(times(a) - began).toBeLessThan(second)
    expect(holdersNow(world, owner)).toHaveLength(3)
    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('two and all three that leave at one moment do not count on each other', async () => {
    for (const count of [2, 3]) {
      const { world, owner, holders } = await ownerAway({ peers: 16 })
      await world.run(minute)
      const results = await leave(world, ...holders.slice(0, count))
      expect(results.map(({ left }) => left)).toStrictEqual(results.map(() => []))
      // they asked the same others, but for those asked before it was known who leaves
      expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
      expect(holdersNow(world, owner).length).toBeLessThanOrEqual(5)
      await world.run(10 * minute)
      expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
      expect(holdersNow(world, owner).length).toBeLessThanOrEqual(4)
      expect(await comesBack(world, owner)).toBe('one')
    }
  })

  it('right after a proof, when none may be asked for, they do not count on each other either', async () => {
    const { world, owner, holders } = await ownerAway()
    expect((await leave(world, ...holders)).flatMap(({ left }) => left)).toStrictEqual([])
    expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(3)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('while a holder still owes the answer to a challenge, that answer is waited for and counts', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, { target: 2 })
    await kept(world, owner, 'one', 2)
    const [a] = confidants.filter(nara => nara.holds(owner) != null) as [Nara]
    let asked = false
    world.net.intercept((from, _, request, next) => {
      asked ||= from === a.id && request.type === 'challenge'

      return next()
    })
    owner.kill()
    await world.until(() => asked)
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, handedOn: 1 }])
    expect(holdersNow(world, owner)).toHaveLength(2)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('one after the other, until nobody is left who could take it: the last ones say so', async () => {
    const { world, owner, others } = await ownerAway({ peers: 5 })
    const results: Leave[] = []

    for (const nara of others) {
      await world.run(10 * second)
      results.push(...await leave(world, nara))
    }

    expect(results.slice(0, 3).flatMap(({ left }) => left)).toStrictEqual([])
    expect(results.slice(3).map(({ left }) => left)).toStrictEqual([[owner.id], [owner.id]])
  })

  it('who cannot hand it on in time says what is left', async () => {
    const { world, owner, holders: [a, ...rest] } = await ownerAway()
    rest.forEach(nara => { nara.kill() })
    world.net.intercept((from, _, request, next) => from === a.id && request.type === 'store' ? undefined : next())
    const began = world.clock.now()
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, left: [owner.id] }])
    expect(times(a) - began).toBeLessThanOrEqual(10 * second)
    expect(times(a) - began).toBeGreaterThan(9 * second)
  })

  it('who was told not to hand on anything does not', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    await world.confidants(6, { leaveTimeout: 0 })
    world.net.connectAll()
    await kept(world, owner, 'one')
    owner.kill()
    const [a, b] = holdersNow(world, owner) as [Nara, Nara]
    let asked = 0
    world.net.intercept((from, _, request, next) => {
      asked += from === a.id || from === b.id ? 1 : 0

      return next()
    })

    // the others have not proved anything to it yet
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, left: [owner.id] }])
    expect(holdersNow(world, owner)).toHaveLength(2)
    expect(asked).toBe(0)
  })

  it('who was told not to hand on anything tells what the others are known to have, or what its owner has', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    await world.confidants(6, { leaveTimeout: 0 })
    world.net.connectAll()
    await kept(world, owner, 'one')
    const [a, b] = holdersNow(world, owner) as [Nara, Nara]
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, withOwner: 1 }])

    await world.run(60 * second)
    owner.kill()
    await world.run(60 * second)
    expect(await leave(world, b)).toStrictEqual([{ ...nothing, handedOn: 1 }])
  })

  it('a copy that was asked to be nobody else\'s is not handed on; the others hear that it goes', async () => {
    const { world, owner, holders: [a, ...rest] } = await ownerAway({ owner: { surrogates: 'none' } })
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, handedOn: 1 }])
    expect(holdersNow(world, owner)).toStrictEqual(rest)
  })
})

describe('with the owner here', () => {
  it('it is told, and replaces who leaves while that is still there', async () => {
    const world = new World()
    const { owner } = await world.owned(6)
    await kept(world, owner, 'one')
    const [a, ...coHolders] = holdersNow(world, owner) as [Nara, Nara, Nara]
    const told = new Set<string>()
    world.net.intercept((from, to, request, next) => {
      if (from === a.id && request.type === 'release' && request.reason === 'leaving') {
        told.add(to)
      }

      return next()
    })
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, handedOn: 1 }])
    expect([...told]).toStrictEqual(expect.arrayContaining([owner.id, ...coHolders.map(({ id }) => id)]))
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(owner.stash.confidants).not.toContain(a.id)
  })

  it('nobody waits for an owner that has nobody else', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    const [a] = holdersNow(world, owner) as [Nara]
    const began = world.clock.now()
    // nobody took its place: that is not to be called handed on
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, withOwner: 1 }])
    expect(times(a) - began).toBeLessThan(second)
  })

  it('an owner that replaces nobody in time has it left to it', async () => {
    const world = new World()
    const { owner } = await world.owned(6)
    await kept(world, owner, 'one')
    const [a] = holdersNow(world, owner) as [Nara]
    world.net.intercept((from, _, request, next) => from === owner.id && request.type === 'store' ? undefined : next())
    expect(await leave(world, a)).toStrictEqual([{ ...nothing, withOwner: 1 }])
  })

  it.each([
    ['is handed on', 6, { ...nothing, handedOn: 1 }],
    ['is left where nobody else is', 1, undefined]
  ])('what is of an owner that goes while it is told %s', async (_, peers, expected) => {
    const world = new World()
    const { owner } = await world.owned(peers)
    await kept(world, owner, 'one', Math.min(peers, 3))
    const [a] = holdersNow(world, owner) as [Nara]
    world.net.intercept((from, to, request, next) => {
      if (from === a.id && to === owner.id && request.type === 'release' && owner.up) {
        owner.kill()
      }

      return next()
    })
    expect(await leave(world, a)).toStrictEqual([expected ?? { ...nothing, left: [owner.id] }])
    // another holder may have made good for it, too
    expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(Math.min(peers - 1, 3))
  })
})

describe('an owner that stops', () => {
  it('says how well its stash is kept: by enough, by too few, by nobody', async () => {
    const left: Array<Leave['own']> = []

    for (const peers of [3, 1, 0]) {
      const world = new World()
      const { owner } = await world.owned(peers)
      await world.of(owner.put('one', { timeout: 5 * second }))
      await world.until(() => owner.stash.status().copies.have === peers)
      left.push(...(await leave(world, owner)).map(({ own }) => own))
    }

    expect(left).toStrictEqual([
      { outcome: 'kept', seq: '1', bytes: 3, copies: 3, away: 0, minimum: 2, acknowledged: true },
      { outcome: 'degraded', seq: '1', bytes: 3, copies: 1, away: 0, minimum: 2, acknowledged: false },
      { outcome: 'unstored', seq: '1', bytes: 3, copies: 0, away: 0, minimum: 2, acknowledged: false }
    ])
  })

  it('tells its newest version from the one before, which is kept', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    confidants.forEach(nara => { nara.kill() })
    await world.run(second)
    await world.of(owner.put('the second', { timeout: second }))
    expect(await leave(world, owner)).toStrictEqual([
      { ...nothing, own: { outcome: 'unstored', seq: '2', bytes: 10, copies: 0, away: 0, minimum: 2, acknowledged: false } }
    ])
  })

  it('that only lost sight of those who took it says that they did', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    confidants.forEach(nara => { nara.cut() })
    await world.until(() => owner.stash.status().copies.have === 0, 600 * second)
    expect(await leave(world, owner)).toMatchObject([{ own: { outcome: 'unstored', copies: 0, acknowledged: true } }])
  })

  it('does not call what came back, and was only sealed anew, its own alone', async () => {
    const { world, owner, holders: [a, b] } = await ownerAway({ peers: 3 })
    await owner.restart()
    // it can be given neither the newer placement nor the newer version
    world.net.intercept((from, _, request, next) => from === owner.id && request.type === 'store' ? undefined : next())
    world.net.connect(owner.id, a.id)
    await world.settled(owner)
    await world.run(20 * second)
    world.net.connect(owner.id, b.id)
    await world.run(20 * second)
    world.net.disconnect(owner.id, a.id)
    world.net.disconnect(owner.id, b.id)
    await world.run(120 * second)
    expect(owner.stash.status().recovery.confirmed).toBe(false)
    expect(await leave(world, owner)).toMatchObject([{ own: { outcome: 'unstored', seq: '2', copies: 0, acknowledged: true } }])
  })

  it.each([[false, 2], [true, 1]])('counts the writes that were set aside and are nobody else\'s, not versions that others gave (adopted: %s)', async (isAdopted, setAside) => {
    const { world, owner } = await ownerAway({ peers: 3 })
    await owner.restart()
    const waits = Promise.allSettled([owner.put('two'), owner.put('three')])
    world.net.connectAll()
    await world.settled(owner)
    await world.of(waits)
    await world.until(() => owner.stash.status().copies.have === 3)
    const [{ id } = { id: '' }] = owner.stash.setAside()
    expect(owner.aside).toEqual(['three', 'two'])

    if (isAdopted) {
      await world.of(owner.stash.adopt(id, { timeout: 10 * second }))
      await world.until(() => owner.stash.status().copies.have === 3)
      // the version that came back is set aside for it
      expect(owner.aside).toEqual(['one', 'two'])
    }

    expect(await leave(world, owner)).toMatchObject([{ own: { outcome: 'kept' }, waiting: 0, setAside }])
  })

  it('says that a deletion was told to too few, and nothing of one that was told', async () => {
    const left: Array<Leave['deletion']> = []

    for (const reached of [0, 1, 3]) {
      const world = new World()
      const { owner, confidants } = await world.owned(3)
      await kept(world, owner, 'one')
      confidants.slice(reached).forEach(nara => { world.net.disconnect(owner.id, nara.id) })
      await world.run(second)
      await world.of(owner.stash.forgetStash({ timeout: 5 * second }))
      left.push(...(await leave(world, owner)).map(({ deletion }) => deletion))
    }

    expect(left).toStrictEqual([{ seq: '2', told: 0 }, { seq: '2', told: 1 }, null])
  })

  it('counts the versions that still wait, whether those who wrote them were answered or not', async () => {
    const world = new World()
    const owner = await world.nara()
    await world.of(owner.put('one', { timeout: second }))
    const waits = owner.put('two')
    expect(await leave(world, owner)).toStrictEqual([{ ...nothing, waiting: 1 }])
    expect(await waits).toMatchObject({ outcome: 'unstored' })
  })
})

it('who has no peers, or only such that leave, is gone at once', async () => {
  const { world, others } = await ownerAway()
  await world.run(minute)
  const began = world.clock.now()
  const results = await leave(world, ...others)
  expect(Math.max(...others.map(times)) - began).toBeLessThan(second)
  expect(results.flatMap(({ left }) => left).length).toBeGreaterThan(0)

  const alone = await world.nara({ fresh: true })
  const asked = world.clock.now()
  expect(await leave(world, alone)).toStrictEqual([nothing])
  expect(times(alone)).toBe(asked)
})
