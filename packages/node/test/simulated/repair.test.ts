import { describe, expect, it } from 'vitest'
import { twins } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { RefusalReason } from '@nara-stash/protocol'

const minute = 60_000

function byId (world: World, id: string | undefined): Nara {
  return world.naras.find(nara => nara.id === id) as Nara
}

describe('a confidant that dies', () => {
  it('is replaced after the repair delay, not before', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(5)
    await kept(world, owner, 'one')
    const [dead] = holdersAmong(confidants, owner) as [Nara]
    const others = owner.stash.confidants.filter(id => id !== dead.id)
    dead.kill()
    const died = world.clock.now()
    await world.run(59_000)
    expect(owner.stash.confidants).toContain(dead.id)
    expect(owner.stash.status().copies.have).toBe(2)
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(world.clock.now() - died).toBeGreaterThanOrEqual(60_000)
    expect(world.clock.now() - died).toBeLessThan(61_000)
    expect(owner.stash.confidants).not.toContain(dead.id)
    expect(owner.stash.confidants).toEqual(expect.arrayContaining(others))
  })

  it('is replaced at once below minCopies', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    await kept(world, owner, 'one')
    const [a, b] = holdersAmong(confidants, owner) as [Nara, Nara]
    a.kill()
    b.kill()
    const died = world.clock.now()
    await world.until(() => owner.stash.status().copies.have === 3)
    expect(world.clock.now() - died).toBeLessThan(1_000)
  })

  it('and comes back within the delay is refilled; nothing else moves', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    await kept(world, owner, 'one')
    const before = owner.stash.confidants
    const [dead] = holdersAmong(confidants, owner) as [Nara]
    dead.kill()
    await world.run(20_000)
    await dead.restart()
    world.net.stats.reset()
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3)
    await world.run(5 * minute)

    expect(owner.stash.confidants).toEqual(before)
    expect(dead.holds(owner)).toBe(owner.process.parts.owning?.own.current?.record.id)
    expect(world.net.stats.sent(owner.id, 'store').messages).toBe(1)
  })

  it('without a word is noticed when its connection ends', async () => {
    const world = new World({ lingerMs: 30_000 })
    const { owner, confidants } = await world.owned(5)
    await kept(world, owner, 'one')
    const [dead] = holdersAmong(confidants, owner) as [Nara]
    dead.cut()
    await world.until(() => !owner.stash.confidants.includes(dead.id), 2 * minute)
    await world.until(() => owner.stash.status().copies.have === 3)
  })

  it('keeps its place if nobody can take it, and a newcomer does', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [dead] = holdersAmong(confidants, owner) as [Nara]
    dead.kill()
    await world.run(10 * minute)
    expect(owner.stash.status().copies).toMatchObject({ have: 2, minimum: 2, target: 3 })
    const late = await world.nara({ fresh: true })
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3, minute)
    expect(owner.stash.confidants).toContain(late.id)
    expect(owner.stash.confidants).not.toContain(dead.id)
  })
})

describe('a confidant that does not answer', () => {
  it('is replaced after two failures', async () => {
    const world = new World()
    const { owner } = await world.owned(5)
    await kept(world, owner, 'one')
    const silent = byId(world, owner.stash.confidants[0])
    let asked = 0
    world.net.intercept((_from, to, request, next) => {
      if (to !== silent.id || request.type !== 'store') {
        return next()
      }

      asked++
    })
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(asked).toBe(2)
    expect(owner.stash.confidants).not.toContain(silent.id)
  })
})

describe('a confidant that refuses', () => {
  for (const reason of ['at capacity', 'too large', 'draining', 'over quota', 'not trusted'] as RefusalReason[]) {
    it(`being ${reason}, has another chosen in its place at once`, async () => {
      const world = new World({ latency: [5, 5] })
      const { owner } = await world.owned(5)
      const refusals = new Set<string>()
      // whoever is asked first refuses
      world.net.intercept((_from, to, request, next) => {
        if (request.type === 'store' && (refusals.size === 0 || refusals.has(to))) {
          refusals.add(to)
          return { type: 'refused', reason, retryAfter: minute }
        }

        return next()
      })
      const started = world.clock.now()
      await kept(world, owner, 'one')

      expect(world.clock.now() - started).toBeLessThan(500)
      expect(owner.stash.confidants).not.toContain([...refusals][0])
    })
  }

  it('for want of room: one whose slots are full', async () => {
    const world = new World()
    const full = await world.nara({ fresh: true, memory: 'low' })
    await world.confidants(3)
    const owners: Nara[] = []

    // six owners want to keep a stash with a nara that has five slots
    for (let i = 0; i < 6; i++) {
      owners.push(await world.nara({ fresh: true, confidants: [full.id] }))
    }

    world.net.connectAll()
    const results = await world.of(Promise.all(owners.map(async (owner, i) => await owner.put(`${i}`))))
    await world.run(minute)

    expect(results.every(({ outcome }) => outcome === 'kept')).toBe(true)
    expect(full.stash.storedCount).toBe(5)
    expect(full.events('held:refused').length).toBeGreaterThan(0)
    expect(owners.map(owner => owner.stash.status().copies.have)).toEqual([3, 3, 3, 3, 3, 3])
  })
})

describe('a confidant that says that it is leaving', () => {
  it.each(['restarts', 'stays, over another connection'])('is stored with at once when it %s', async how => {
    const world = new World({ latency: [5, 5] })
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    const one = byId(world, owner.stash.confidants[0])
    let draining = true
    world.net.intercept((_from, to, request, next) => draining && to === one.id && request.type === 'store' ? { type: 'refused', reason: 'draining', retryAfter: minute } : next())
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    await world.run(100)
    draining = false

    if (how === 'restarts') {
      one.kill()
      await one.restart()
    }

    const back = world.clock.now()
    world.net.connect(owner.id, one.id)
    await world.until(() => owner.stash.status().copies.have === 3)
    expect(world.clock.now() - back).toBeLessThan(100)
  })
})

describe('fewer willing peers than the target', () => {
  it('is degraded, goes on, and is whole when peers appear', async () => {
    const world = new World()
    const { owner } = await world.owned(1)
    const result = await world.of(owner.put('one'))

    expect(result).toMatchObject({ outcome: 'degraded', copies: 1, minimum: 2, target: 3 })
    await world.confidants(1)
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 2)
    expect((await world.of(owner.stash.distributeToConfidants())).outcome).toBe('kept')
    await world.confidants(1)
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3)
  })

  it('is never "kept" with one of three, whatever time is given', async () => {
    const world = new World()
    const { owner } = await world.owned(1)
    const result = await world.of(owner.put('one', { timeout: 30_000 }))

    expect(result).toMatchObject({ outcome: 'degraded', copies: 1 })
    expect((await world.of(owner.stash.distributeToConfidants())).outcome).toBe('degraded')
    // nor after a restart, when the one holder confirms that there is nothing newer
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    await world.run(minute)
    expect((await world.of(owner.stash.distributeToConfidants())).outcome).toBe('degraded')
  })

  it('is unstored with none, and says that at once', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })

    expect(await world.of(owner.put('one'))).toMatchObject({ outcome: 'unstored', copies: 0, seq: '1', failures: [] })
    expect(owner.text).toBe('one')
    await world.confidants(3)
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3)
  })

  describe('counts peers behind one address', () => {
    async function behindOneAddress (init: NaraInit): Promise<{ world: World, owner: Nara, address: string }> {
      const world = new World()
      const owner = await world.nara({ fresh: true, ...init })
      const address = '10.9.9.9'
      await world.confidants(3)
      world.naras.slice(1).forEach(nara => { nara.kill() })

      for (const nara of world.naras.slice(1)) {
        nara.address = address
        await nara.restart()
      }

      world.net.connectAll()

      return { world, owner, address }
    }

    it('once, and says so wherever it tells of copies', async () => {
      const { world, owner, address } = await behindOneAddress({})
      const result = await world.of(owner.put('one', { timeout: 30_000 }))
      const { safe, copies, confidants } = owner.stash.status()

      expect(confidants).toHaveLength(3)
      expect(result).toMatchObject({ outcome: 'degraded', copies: 1, sameAddress: [{ address, peers: expect.arrayContaining(confidants.map(({ peerId }) => peerId)) as string[] }] })
      expect({ safe, copies }).toMatchObject({ safe: false, copies: { have: 1, minimum: 2, target: 3, sameAddress: result.sameAddress } })
      expect(await world.of(owner.stash.verify())).toMatchObject({ have: 1, sameAddress: [{ address, peers: { length: 3 } }] })
    })

    it('each, if that is wanted', async () => {
      const { world, owner } = await behindOneAddress({ countEach: true })

      await world.of(owner.put('one', { timeout: 30_000 }))
      await world.until(() => owner.stash.status().copies.have === 3)
      expect(owner.stash.status()).toMatchObject({ safe: true, confidants: { length: 3 } })
      expect(owner.stash.status().copies).toEqual({ have: 3, minimum: 2, target: 3, keptUntil: expect.any(String) as string })
      expect(await world.of(owner.stash.verify())).toMatchObject({ have: 3 })
      // nobody is looked for besides
      await world.confidants(3)
      world.net.connectAll()
      await world.run(5 * minute)
      expect(owner.stash.confidants).toHaveLength(3)
    })
  })
})

describe('a steady state', () => {
  it('is quiet: no asks but presence', async () => {
    const world = new World()
    const { owner } = await world.owned(6)
    await kept(world, owner, 'one')
    await world.run(minute)
    world.net.stats.reset()
    await world.run(60 * minute)

    for (const type of ['store', 'fetch', 'offer'] as const) {
      expect(world.net.stats.sent(undefined, type).messages).toBe(0)
    }
  })

  it('is quiet though nobody takes the stash', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    world.net.intercept((_from, _to, request, next) => request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: 0 } : next())
    void owner.put('one')
    await world.run(60 * minute)
    world.net.stats.reset()
    await world.run(10 * minute)
    const { messages } = world.net.stats.sent(owner.id, 'store')

    expect(messages).toBeGreaterThan(0)
    // three peers, each asked at most every half minute
    expect(messages).toBeLessThanOrEqual(3 * 2 * 10)
  })

  it('is quiet though confidants say nothing', async () => {
    const world = new World()
    const { owner } = await world.owned(5)
    world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    void owner.put('one')
    await world.run(10 * minute)
    world.net.stats.reset()
    await world.run(10 * minute)
    expect(world.net.stats.sent(owner.id, 'store').messages).toBeLessThanOrEqual(5 * 3 * 10)
  })

  it('is quiet in doubt', async () => {
    const { world, owner, twin } = await twins()
    await world.of(twin.put('two'))
    await expect(world.of(owner.put('three', { timeout: 1_000 }))).rejects.toMatchObject({ name: 'TwinError' })
    await world.run(10 * minute)
    expect(owner.state).toBe('doubtful')
    world.net.stats.reset()
    await world.run(10 * minute)
    expect(world.net.stats.sent(undefined, 'store').messages).toBeLessThanOrEqual(3 * 2 * 10)
    expect(world.net.stats.sent(undefined, 'fetch').messages).toBeLessThanOrEqual(10)
  })
})
