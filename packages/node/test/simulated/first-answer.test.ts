import { describe, expect, it } from 'vitest'
import { apart } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara, WorldInit } from './world.ts'

/** Every order of three. */
const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

/** An owner that died when its holders had "new", all but one, which has "old". */
async function newerThanOne (init?: WorldInit): Promise<{ world: World, owner: Nara, stale: Nara, fresh: [Nara, Nara] }> {
  const world = new World(init)
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'old')
  const [stale, ...fresh] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  world.net.disconnect(owner.id, stale.id)
  await world.of(owner.put('new'))
  owner.kill()

  return { world, owner, stale, fresh }
}

describe('the first answer never wins over the newest', () => {
  for (const order of ORDERS) {
    for (const way of ['push', 'fetch', 'both'] as const) {
      it(`answers come in the order ${order.join('')}, 0 being stale, by ${way}`, async () => {
        const { world, owner, stale, fresh } = await newerThanOne({ latency: [5, 5] })
        world.net.intercept((_from, _to, request, next) =>
          way === 'push' && request.type === 'fetch' || way === 'fetch' && request.type === 'offer' ? undefined : next())
        order.forEach((which, place) => {
          const [from, until] = [100 * place + 1, 100 * place + 1]
          world.net.setLink(owner.id, ([stale, ...fresh][which] as Nara).id, { latency: [from, until] })
        })
        await owner.restart()
        world.net.connectAll()

        expect(await world.settled(owner)).toBe('settled')
        expect(owner.text).toBe('new')
        await world.until(() => owner.stash.status().copies.have === 3)
        expect(owner.state).toBe('settled')
        expect(owner.events('stash:recovered')).toHaveLength(1)
      })
    }
  }

  it('the stale one alone is unconfirmed, after ten seconds, and says so', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    apart(world, owner.id)
    await kept(world, owner, 'old')
    const [stale] = holdersAmong(confidants, owner) as [Nara]
    world.net.disconnect(owner.id, stale.id)
    await world.of(owner.put('new'))
    owner.kill()
    await owner.restart()
    const started = world.clock.now()
    world.net.connect(owner.id, stale.id)
    await world.settled(owner)

    expect(world.clock.now() - started).toBeGreaterThanOrEqual(10_000)
    expect(owner.stash.status().recovery).toMatchObject({ confirmed: false, answered: 1, of: 1 })
    expect(owner.events('stash:recovered')[0]?.detail).toMatchObject({ confirmed: false, answered: 1, of: 1 })
  })

  it('what is written after an unconfirmed recovery is told from what came back, also where that was sealed anew', async () => {
    const { world, owner, stale } = await newerThanOne()
    await owner.restart()
    world.net.connect(owner.id, stale.id)
    await world.settled(owner)
    // neither 1 nor 2
    expect(owner.stash.status()).toMatchObject({ stash: { seq: '3' }, recovery: { confirmed: false, written: false } })
    owner.stash.getStashData()
    await world.of(owner.put('newest', { timeout: 1_000 }))
    expect(owner.stash.status().recovery).toMatchObject({ confirmed: false, written: true })
  })

  it('a version that was once offered counts though its holder comes back empty', async () => {
    const { world, owner, stale, fresh: [holder] } = await newerThanOne()
    await owner.restart()
    world.net.connect(owner.id, holder.id)
    await world.until(() => owner.events('stash:found').length > 0)
    holder.kill()
    await holder.restart()
    world.net.connect(owner.id, holder.id)
    world.net.connect(owner.id, stale.id)

    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('new')
    expect(owner.stash.status().recovery.confirmed).toBe(false)
  })

  it('a header whose body nobody can give is a suspected rollback after 30 s, and the version below it is readable', async () => {
    const { world, owner, stale, fresh: [holder] } = await newerThanOne()
    world.net.intercept((_from, to, request, next) =>
      to === holder.id && request.type === 'fetch' && request.whole || request.type === 'offer' ? undefined : next())
    await owner.restart()
    const started = world.clock.now()
    world.net.connect(owner.id, holder.id)
    world.net.connect(owner.id, stale.id)

    expect(await world.settled(owner)).toBe('doubtful')
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(30_000)
    expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'ROLLBACK_SUSPECTED', records: [{ readable: false }, { readable: true }] })
    expect(owner.events('stash:found').map(({ detail }) => detail)).toMatchObject([{ seq: '1' }])
  })
})

describe('searching', () => {
  it('lasts for ever without peers, and is never called empty', async () => {
    const world = new World()
    const owner = await world.nara()
    await world.run(100 * 3_600_000)
    expect(owner.state).toBe('searching')
    expect(owner.events('stash:state')).toEqual([])
  })

  it('is empty only after an answer and ten seconds', async () => {
    const world = new World()
    const owner = await world.nara()
    await world.confidants(1)
    await world.run(60_000)
    world.net.connectAll()
    await world.run(9_900)
    expect(owner.state).toBe('searching')
    await world.run(200)
    expect(owner.state).toBe('empty')
  })

  it('is not empty for a peer that does not answer, and asks it again until it does', async () => {
    const world = new World()
    const owner = await world.nara()
    const [peer] = await world.confidants(1)
    const stop = world.net.intercept((_from, to, _request, next) => to === peer?.id ? undefined : next())
    world.net.connectAll()
    await world.run(3_600_000)
    expect(owner.state).toBe('searching')
    stop()
    await world.run(20_000)
    expect(owner.state).toBe('empty')
  })

  it('ends at once with a fresh soul', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    expect(owner.state).toBe('empty')
  })

  it('finds the holder that was silent at first', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(1)
    await world.of(owner.put('one'))
    owner.kill()
    const stop = world.net.intercept((_from, to, request, next) => to === confidants[0]?.id || request.type === 'offer' ? undefined : next())
    await owner.restart()
    world.net.connectAll()
    await world.run(300_000)
    expect(owner.state).toBe('searching')
    stop()
    await world.until(() => owner.state === 'settled')
    expect(owner.text).toBe('one')
  })
})
