import { lying } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { Interceptor } from '@nara-stash/testing'
import type { HeldStash, StashRequest } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const heldBy = (nara: Nara, owner: Nara): HeldStash => nara.process.parts.held.get(owner.id) as HeldStash

/** Who holds it, but for those that say so falsely. */
const honest = (world: World, owner: Nara, liar: Nara): Nara[] => holdersNow(world, owner).filter(nara => nara !== liar)

describe('a co-holder', () => {
  it.each<[string, (liar: string) => Interceptor]>([
    ['acknowledges and keeps nothing', liar => lying(liar, 'drops')],
    ['has lost it since', liar => (_, to, request, next) => request.type === 'challenge' && to === liar ? { type: 'not-found' } : next()],
    ['has altered it', liar => async (_, to, request, next) => {
      const answer = await next()

      return to === liar && answer?.type === 'proof' ? { ...answer, proof: answer.proof.map((byte, i) => i === 5 ? byte ^ 1 : byte) } : answer
    }]
  ])('that %s is not counted: another takes its place', async (_, lie) => {
    const { world, owner, holders: [liar] } = await ownerAway()
    world.net.intercept(lie(liar.id))
    // its next audit
    await world.run(1.5 * hour)
    expect(honest(world, owner, liar).length).toBeGreaterThanOrEqual(3)
    await world.run(5 * hour)
    expect(honest(world, owner, liar).length).toBeLessThanOrEqual(4)
    expect(await comesBack(world, owner)).toBe('one')
  })

  it('that says it is busy for ever is given time, and then is not counted', async () => {
    const { world, owner, holders: [liar] } = await ownerAway()
    let putOff = 0
    world.net.intercept((_, to, request, next) => {
      const isLie = request.type === 'challenge' && to === liar.id
      putOff += Number(isLie)

      return isLie ? { type: 'busy', retryAfter: minute } : next()
    })
    await world.until(() => putOff > 0, 2 * hour)
    await world.run(9 * minute)
    expect(honest(world, owner, liar)).toHaveLength(2)
    await world.run(5 * minute)
    expect(honest(world, owner, liar)).toHaveLength(3)
  })

  it('that is slow for a moment is not replaced', async () => {
    const { world, owner, holders: [slow] } = await ownerAway()
    let answered = 0
    world.net.intercept((_, to, request, next) => request.type === 'challenge' && to === slow.id && answered++ < 2 ? undefined : next())
    await world.run(3 * hour)
    expect(answered).toBeGreaterThan(2)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('that names false holders hurries nobody: hearsay is no copy, and no reason to make one', async () => {
    const { world, owner, holders: [liar, b, c], others } = await ownerAway({ peers: 10 })
    await world.run(minute)
    b.kill()
    await world.run(3 * minute)
    const named = others.filter(nara => nara.up && nara.holds(owner) == null)
    world.net.intercept(lying(liar.id, 'false holders', named.map(({ id }) => id)))
    // it has something to tell once more
    world.net.disconnect(liar.id, c.id)
    world.net.connect(liar.id, c.id)
    await world.run(2 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
    const died = holdersNow(world, owner).find(nara => nara !== liar && nara !== c)
    died?.kill()
    await world.run(19 * second)
    expect(holdersNow(world, owner)).toHaveLength(2)
    await world.run(31 * second)
    expect(holdersNow(world, owner)).toHaveLength(3)
  })

  it('cannot prove with the proof of another', async () => {
    const { world, owner, holders } = await ownerAway()
    const [liar, a, b] = holders as [Nara, Nara, Nara]
    await world.run(minute)
    await world.of(liar.process.parts.held.drop(owner.id, heldBy(liar, owner).record.id))
    // it asks an honest one to prove what it is asked itself
    world.net.intercept(async (from, to, request, next) => request.type === 'challenge' && to === liar.id
      ? await liar.process.parts.network.ask(from === a.id ? b.id : a.id, request)
      : await next())
    await world.run(3 * hour)

    expect(honest(world, owner, liar).length).toBeGreaterThanOrEqual(3)
  })
})

describe('a stranger', () => {
  async function stranger (): Promise<{ world: World, owner: Nara, holder: Nara, ask: (request: StashRequest) => Promise<unknown> }> {
    const { world, owner, holders: [holder], others } = await ownerAway()
    const eve = others.find(nara => nara.holds(owner) == null) as Nara

    return { world, owner, holder, ask: async request => await world.of(eve.process.port.ask(holder.id, request)) }
  }

  it('is not told what is held', async () => {
    const { owner, holder, ask } = await stranger()
    const { record: { id: recordId } } = heldBy(holder, owner)
    expect(await ask({ type: 'challenge', owner: owner.id, recordId, nonce: new Uint8Array(32) })).toStrictEqual({ type: 'not-found' })
    expect(await ask({ type: 'fetch', whole: true })).toStrictEqual({ type: 'not-found' })
  })

  it('releases nothing, and makes nobody repair', async () => {
    const { world, owner, holder, ask } = await stranger()
    const { record: { id: recordId } } = heldBy(holder, owner)

    for (const reason of ['leaving', 'lease', 'trimmed', 'relieved'] as const) {
      expect(await ask({ type: 'release', owner: owner.id, recordId, reason })).toStrictEqual({ type: 'not-found' })
    }

    await world.run(10 * minute)
    expect(holdersNow(world, owner)).toHaveLength(3)
    expect(heldBy(holder, owner).record.id).toBe(recordId)
  })
})

describe('whom a confidant may ask', () => {
  it('is nobody, if the owner said so; one that comes back empty is refilled all the same', async () => {
    const { world, owner, holders: [a, b] } = await ownerAway({ owner: { surrogates: 'none' } })
    a.kill()
    b.kill()
    await world.run(hour)
    expect(holdersNow(world, owner)).toHaveLength(1)

    await a.restart()
    world.net.connectAll()
    await world.run(5 * second)
    expect(holdersNow(world, owner)).toHaveLength(2)
    expect(a.holds(owner)).toBeDefined()
  })

  it('is only who is listed', async () => {
    const world = new World()
    const others = await world.confidants(9)
    const allowed = others.slice(0, 5)
    const owner = await world.nara({ fresh: true, surrogates: 'listed', allow: allowed.map(({ id }) => id) })
    world.net.connectAll()
    await kept(world, owner, 'one')
    owner.kill()

    for (let i = 0; i < 3; i++) {
      await world.run(3 * minute)
      holdersNow(world, owner)[0]?.kill()
    }

    await world.run(3 * minute)
    expect(holdersNow(world, owner)).toHaveLength(2)
    expect(holdersNow(world, owner).every(nara => allowed.includes(nara))).toBe(true)
  })

  it('is first who is at another place', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    // two on each of six machines of one network, and one far away
    const addresses = [...Array.from({ length: 12 }, (_, i) => `10.0.0.${1 + i % 6}`), '10.7.7.7']
    const others: Nara[] = []

    for (const address of addresses) {
      const nara = await world.nara({ fresh: true, memory: 'high' })
      nara.kill()
      nara.address = address
      others.push(await nara.restart({ fresh: true }))
    }

    others.slice(0, -1).forEach(nara => { world.net.connect(owner.process.port, nara.id) })
    await kept(world, owner, 'one')
    owner.kill()
    world.net.connectAll()
    await world.run(second)
    holdersNow(world, owner)[0]?.kill()
    await world.run(3 * minute)
    const places = holdersNow(world, owner).map(nara => nara.process.port.address)

    expect(new Set(places).size).toBe(3)
    expect(places).toContain('10.7.7.7')
  })
})


it('a nara that is asked to keep a copy, and says nothing, does not hold up a large one: another is asked when it should have answered', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'x'.repeat(960 * 1_024))
  const silent = await world.nara({ fresh: true })
  world.net.connectAll()
  await world.run(hour)
  const willing = await world.nara({ fresh: true })
  world.net.connectAll()
  await world.run(minute)
  let asked: number | undefined
  world.net.intercept((_, to, request, next) => {
    const isLie = request.type === 'store' && to === silent.id
    asked ??= isLie ? world.clock.now() : undefined

    return isLie ? undefined : next()
  })
  ;[owner, ...confidants.slice(1)].forEach(nara => { nara.kill() })
  // the one that is left asks who has been running longest first
  await world.until(() => asked != null, minute)
  await world.until(() => willing.holds(owner) != null, 11 * second)
})
