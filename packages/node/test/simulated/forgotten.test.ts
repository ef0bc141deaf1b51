import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

interface Stored {
  world: World
  owner: Nara
  confidants: Nara[]
}

async function stored (): Promise<Stored> {
  const world = new World()
  const { owner, confidants } = await world.owned(4)
  await kept(world, owner, 'one')

  return { world, owner, confidants }
}

/** One of the holders is away while its owner forgets the stash. */
async function forgottenWithoutOne (): Promise<Stored & { away: Nara }> {
  const { world, owner, confidants } = await stored()
  const [away] = holdersAmong(confidants, owner) as [Nara]
  world.net.partition([[away.id]], { lingerMs: 0 })
  await world.run(1_000)
  await world.of(owner.stash.forgetStash({ timeout: 10_000 }))

  return { world, owner, confidants, away }
}

describe('a stash that its owner forgets', () => {
  it('leaves the owner empty', async () => {
    const { world, owner, confidants } = await stored()
    const result = await world.of(owner.stash.forgetStash({ timeout: 10_000 }))

    expect(result).toMatchObject({ outcome: 'forgotten' })
    expect(owner.state).toBe('empty')
    expect(owner.stash.hasStashData()).toBe(false)
    expect(owner.stash.status()).toMatchObject({ stash: null, copies: { have: 0 } })
    await world.run(10_000)
    expect(confidants.map(peer => peer.holds(owner))).toEqual([undefined, undefined, undefined, undefined])
    // what a later process has to find is the tombstone
    expect(owner.events('stash:watermark').at(-1)).toMatchObject({ detail: { seq: '2' } })
  })

  it('is known to be forgotten by a later process, whose next write builds on the tombstone', async () => {
    const { world, owner } = await stored()
    await world.of(owner.stash.forgetStash({ timeout: 10_000 }))
    const { watermark: lastKnown } = owner
    owner.kill()
    await owner.restart({ lastKnown })
    world.net.connectAll()

    expect(await world.settled(owner)).toBe('empty')
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept', seq: '3' })
    await world.until(() => owner.stash.status().copies.have === 3)
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    expect(owner.text).toBe('two')
  })

  it('does not come back with a holder that was away', async () => {
    const { world, owner, confidants, away } = await forgottenWithoutOne()
    expect(away.holds(owner)).toBeDefined()
    world.net.heal()
    world.net.connectAll()
    await world.until(() => away.holds(owner) == null, 300_000)
    await world.run(3_600_000)

    expect(confidants.map(peer => peer.holds(owner))).toEqual([undefined, undefined, undefined, undefined])
    expect(owner.state).toBe('empty')
    expect(owner.events('stash:doubt')).toEqual([])
  })

  it('does not come back to a later process, though a holder that was away is there first', async () => {
    const { world, owner, confidants, away } = await forgottenWithoutOne()
    owner.kill()
    world.net.heal()
    await owner.restart({ gossip: false })
    world.net.connect(owner.id, away.id)
    await world.run(2_000)
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(await world.settled(owner)).toBe('empty')
    expect(owner.events('stash:recovered')).toEqual([])
    await world.until(() => away.holds(owner) == null, 300_000)
    // also what turned up before it was known to be deleted is gone
    expect(owner.stash.hasStashData()).toBe(false)
  })

  it('is gone for an owner that had recovered it before it met who knows', async () => {
    const { world, owner, confidants, away } = await forgottenWithoutOne()
    owner.kill()
    await owner.restart({ gossip: false })
    world.net.partition([[owner.id, away.id]], { lingerMs: 0 })
    world.net.connect(owner.id, away.id)
    expect(await world.settled(owner)).toBe('settled')
    world.net.heal()
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.until(() => owner.state === 'empty')
    expect(owner.stash.hasStashData()).toBe(false)
    // whoever read it meanwhile can still see what it was
    expect(owner.stash.setAside()).toHaveLength(1)
    await world.until(() => away.holds(owner) == null, 300_000)
  })

  it('may be forgotten twice; there is nothing to forget where there is nothing, or it is not known', async () => {
    const { world, owner } = await stored()
    await world.of(owner.stash.forgetStash({ timeout: 10_000 }))
    const record = owner.process.parts.owning?.own.tombstone?.id
    expect(await world.of(owner.stash.forgetStash({ timeout: 10_000 }))).toMatchObject({ outcome: 'forgotten' })
    expect(owner.process.parts.owning?.own.tombstone?.id).toBe(record)

    const newborn = await world.nara({ fresh: true })
    await expect(world.of(newborn.stash.forgetStash())).rejects.toMatchObject({ name: 'NotFoundError' })
    const searching = await world.nara()
    await expect(world.of(searching.stash.forgetStash())).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('takes what was set aside with it', async () => {
    const { world, owner } = await stored()
    owner.kill()
    await owner.restart()
    const write = expect(owner.put('two')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    world.net.connectAll()
    await world.of(write)
    expect(owner.stash.setAside()).toHaveLength(1)
    await world.of(owner.stash.forgetStash({ timeout: 10_000 }))
    expect(owner.stash.setAside()).toEqual([])
  })
})
