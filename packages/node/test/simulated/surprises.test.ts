import { sealPlacement } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { apart, dieCutShort } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

describe('what a crash left behind', () => {
  it('is taken into the past if recovery was confirmed by the placement it came with, and said', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    await kept(world, owner, 'two')
    const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    // else it would bring them what it has
    ;[a, b].forEach(({ id }) => { world.net.disconnect(c.id, id) })
    await dieCutShort(world, owner, c)

    await owner.restart()
    world.net.connect(owner.id, a.id)
    world.net.connect(owner.id, b.id)
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.stash.status().recovery.confirmed).toBe(true)
    expect(owner.text).toBe('two')

    world.net.connect(owner.id, c.id)
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('two')
    expect(owner.aside).toEqual(['cut short'])
    expect(owner.events('stash:set-aside')).toHaveLength(1)
    expect(new Set([a, b, c].map(nara => nara.holds(owner))).size).toBe(1)
  })

  it('is adopted if it is the newest that is found', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [, , c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    await dieCutShort(world, owner, c)
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)

    // found with one holder only: no more than that was ever said of it
    expect(owner.text).toBe('cut short')
    await world.until(() => owner.stash.status().copies.have === 3)
    expect((await world.of(owner.stash.distributeToConfidants())).outcome).toBe('kept')
  })
})

describe('a newer version that turns up after recovery', () => {
  async function recoveredTooSoon (world: World): Promise<{ owner: Nara, stale: Nara, others: Nara[] }> {
    const { owner, confidants } = await world.owned(3)
    apart(world, owner.id)
    await kept(world, owner, 'one')
    const [stale, ...others] = holdersAmong(confidants, owner) as [Nara, ...Nara[]]
    world.net.disconnect(owner.id, stale.id)
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    owner.kill()
    await owner.restart()
    world.net.connect(owner.id, stale.id)
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.stash.status().recovery.confirmed).toBe(false)

    return { owner, stale, others }
  }

  it('is taken over if nothing was written since, and a write that did not read it is not let through', async () => {
    const world = new World()
    const { owner } = await recoveredTooSoon(world)
    owner.stash.getStashData()
    world.net.connectAll()
    await world.until(() => owner.text === 'two')

    expect(owner.state).toBe('settled')
    await expect(world.of(owner.put('three, built on one'))).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    expect(owner.aside).toEqual(['three, built on one'])
    owner.stash.getStashData()
    expect((await world.of(owner.put('three'))).outcome).toBe('kept')
    await world.until(() => owner.stash.status().copies.have === 3)
  })

  it('makes a doubt if something was written since', async () => {
    const world = new World()
    const { owner, others } = await recoveredTooSoon(world)
    await world.of(owner.put('two, again', { timeout: 1_000 }))
    world.net.connectAll()
    await world.run(10_000)

    expect(owner.state).toBe('doubtful')
    expect(owner.aside).toEqual(['two'])
    expect(new Set(others.map(nara => nara.holds(owner))).size).toBe(1)
  })

  it('ends the doubt that its header alone raised, as soon as it can be read', async () => {
    const world = new World()
    const { owner } = await recoveredTooSoon(world)
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'fetch' && request.whole || request.type === 'offer' ? undefined : next())
    world.net.connectAll()
    await world.until(() => owner.state === 'doubtful', 120_000)
    expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'ROLLBACK_SUSPECTED', records: [{ readable: false }, { readable: true }] })
    stop()
    await world.until(() => owner.state === 'settled')
    expect(owner.text).toBe('two')
    expect(owner.stash.status().recovery.doubt).toBeNull()
  })
})

describe('a replaced confidant that comes back', () => {
  async function replaced (world: World): Promise<{ owner: Nara, former: Nara }> {
    const { owner, confidants } = await world.owned(4, { repairDelay: 1_000 })
    await kept(world, owner, 'one')
    const [former] = holdersAmong(confidants, owner) as [Nara]
    world.net.disconnect(owner.id, former.id)
    await world.until(() => !owner.stash.confidants.includes(former.id) && owner.stash.status().copies.have === 3)
    expect(former.holds(owner)).toBeDefined()

    return { owner, former }
  }

  it('is relieved once minCopies hold the newest', async () => {
    const world = new World()
    const { owner, former } = await replaced(world)
    await world.of(owner.put('two'))
    world.net.connect(owner.id, former.id)
    await world.until(() => former.holds(owner) == null)
    expect(former.events('held:dropped')).toHaveLength(1)
  })

  it('is not relieved before', async () => {
    const world = new World()
    const { owner, former } = await replaced(world)
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    const put = owner.put('two', { timeout: 5_000 })
    world.net.connect(owner.id, former.id)
    await world.of(put)
    expect(former.holds(owner)).toBeDefined()
    stop()
  })

  it('holds on to a version that nobody else has left', async () => {
    const world = new World()
    const { owner, former } = await replaced(world)
    await world.of(owner.put('two'))
    world.naras.filter(nara => nara !== owner && nara !== former).forEach(nara => { nara.kill() })
    await world.run(1_000)
    expect(owner.stash.status().copies.have).toBe(0)
    world.net.connect(owner.id, former.id)
    await world.run(100)
    expect(former.events('held:dropped')).toEqual([])
  })
})

it('placements of two boots differ, though they name the same holders', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  const { own } = owner.process.parts.owning ?? {}
  const claims = { holders: owner.stash.confidants, target: 3, minCopies: 2, surrogates: 'any', allowed: [], leaseSeconds: 604_800 } as const
  const same = await Promise.all([2, 2].map(async version => own == null ? undefined : await sealPlacement({ ...claims, version }, own.privateKey)))
  const ids = new Set<string | undefined>()

  // what the protocol calls the same placement
  expect(new Set(same.map(placement => placement?.id)).size).toBe(1)

  for (let i = 0; i < 3; i++) {
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    await kept(world, owner, `boot ${i}`)
    ids.add(world.naras.find(nara => owner.stash.confidants.includes(nara.id))?.process.parts.held.get(owner.id)?.placement.id)
  }

  expect(ids.size).toBe(3)
})
