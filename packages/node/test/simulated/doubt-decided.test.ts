import { describe, expect, it } from 'vitest'
import { meet, rollback } from './rolled-back.ts'
import { kept, World } from './world.ts'
import type { Rollback } from './rolled-back.ts'

/** The older version was accepted, and the newest cannot be read yet. */
async function acceptedOlder (): Promise<Rollback> {
  const scene = await rollback()
  await meet(scene)
  await scene.world.of(scene.owner.stash.acceptOlder({ timeout: 10_000 }))

  return scene
}

describe('to accept the older version', () => {
  it('makes it the current one, with all that was seen in its past', async () => {
    const scene = await rollback()
    const { world, owner } = scene
    await meet(scene)
    const waiting = expect(owner.put('three')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    const result = await world.of(owner.stash.acceptOlder({ timeout: 10_000 }))

    expect(result).toMatchObject({ outcome: 'kept', seq: '3' })
    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.events('stash:recovered')).toMatchObject([{ detail: { confirmed: false } }])
    expect(owner.stash.status().recovery).toMatchObject({ confirmed: false, written: true })
    await world.of(waiting)
    // and goes on as any other
    expect(await world.of(owner.put('four'))).toMatchObject({ outcome: 'kept', seq: '4' })
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('four')
  })

  it('leaves the newest readable, should it turn up', async () => {
    const { world, owner, away } = await acceptedOlder()
    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.until(() => owner.aside.length > 0)
    expect(owner.aside).toEqual(['two'])
    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.events('stash:doubt')).toHaveLength(1)
    // a person may have it after all
    const [version] = owner.stash.setAside()
    expect(await world.of(owner.stash.adopt(version?.id ?? '', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept' })
    expect(owner.text).toBe('two')
    expect(owner.aside).toEqual(['one'])
  })

  it('has who brought the newest let go of it, whether that asks again or not', async () => {
    const { world, owner, away } = await acceptedOlder()
    world.net.heal()
    world.net.connect(owner.id, away.id)
    world.net.stats.reset()
    await world.until(() => owner.aside.length > 0)
    expect(away.holds(owner)).toBeDefined()
    await world.until(() => away.holds(owner) == null)

    expect(world.net.stats.sent(owner.id, 'release').messages).toBe(1)
  })

  it('and to forget it all leaves nothing of the newest, though nobody could read it before', async () => {
    const { world, owner, away } = await acceptedOlder()
    await world.of(owner.stash.forgetStash({ timeout: 10_000 }))
    await world.run(60_000)
    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.run(60_000)

    expect(owner.aside).toEqual([])
    expect(away.holds(owner)).toBeUndefined()
  })

  it('makes no sense where nothing is in doubt, or can be read', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    const id = owner.process.parts.owning?.own.current?.record.id ?? ''

    for (const call of [() => owner.stash.acceptOlder(), () => owner.stash.startFresh(), () => owner.stash.adopt(id)]) {
      await expect(world.of<unknown>(call())).rejects.toMatchObject({ name: 'NotDoubtfulError' })
    }

    await expect(world.of(owner.stash.adopt('00'))).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(owner.text).toBe('one')
  })
})

describe('to start fresh', () => {
  it('is to have nothing, and the next write has all that was seen in its past', async () => {
    const scene = await rollback()
    const { world, owner, away } = scene
    await meet(scene)
    await world.of(owner.stash.startFresh())
    expect(owner.state).toBe('empty')
    expect(owner.aside).toEqual(['one'])
    // nobody who comes back with what was decided against can bring it up again
    await world.run(120_000)
    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.until(() => owner.aside.includes('two'))
    expect(owner.state).toBe('empty')
    expect(owner.stash.hasStashData()).toBe(false)

    expect(await world.of(owner.put('three', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept', seq: '3' })
    await world.run(120_000)
    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('three')
    expect(owner.events('stash:doubt')).toHaveLength(1)
  })

  it('lets the writes through that waited', async () => {
    const scene = await rollback()
    const { world, owner } = scene
    await meet(scene)
    const waiting = owner.put('three')
    await world.of(owner.stash.startFresh())
    expect(await world.of(waiting)).toMatchObject({ outcome: 'kept', seq: '3' })
    expect(owner.text).toBe('three')
  })
})
