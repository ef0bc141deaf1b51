import { describe, expect, it } from 'vitest'
import { dieCutShort } from './cut-short.ts'
import { meet, rollback } from './rolled-back.ts'
import { both } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const hour = 3_600_000
const at = (nara: Nara): number | undefined => nara.process.parts.owning?.own.current?.createdAt

describe('the time of a stash is that at which the application wrote it', () => {
  it('when another process, that is not sure of it, has it sealed anew for other holders', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    const written = Math.round(world.clock.wallTime())
    await kept(world, owner, 'one')
    const [first, ...others] = holdersAmong(confidants, owner) as [Nara, ...Nara[]]
    await world.run(hour)
    owner.kill()
    others.forEach(nara => { nara.kill() })
    await owner.restart()
    world.net.connect(owner.id, first.id)
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.stash.status().recovery.confirmed).toBe(false)
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(owner.stash.getStashData()?.timestamp).toBe(written)
    await world.run(hour)
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    expect(owner.stash.getStashData()?.timestamp).toBe(written)
  })

  it('when what a crash left behind is taken into its past', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    await world.run(hour)
    const written = Math.round(world.clock.wallTime())
    await kept(world, owner, 'two')
    await world.run(hour)
    const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    // else it would bring them what it has
    ;[a, b].forEach(({ id }) => { world.net.disconnect(c.id, id) })
    await dieCutShort(world, owner, c)
    await owner.restart()
    ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    const before = owner.stash.status().stash?.seq
    world.net.connect(owner.id, c.id)
    await world.until(() => owner.aside.length > 0 && owner.stash.status().copies.have === 3)

    expect(owner.stash.status().stash?.seq).not.toBe(before)
    expect(owner.text).toBe('two')
    expect(at(owner)).toBe(written)
  })

  it('when a person accepts the older version, and later adopts the other; a write that was set aside has its own', async () => {
    const scene = await rollback()
    const { world, owner, away } = scene
    await meet(scene)
    const written = owner.stash.setAside()[0]?.timestamp
    const [one] = owner.stash.status().recovery.doubt?.records.filter(({ readable }) => readable) ?? []
    const wrote = Math.round(world.clock.wallTime())
    expect(new Date(one?.createdAt ?? 0).getTime()).toBeLessThan(wrote)
    const waiting = expect(owner.put('three')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    await world.run(hour)
    await world.of(owner.stash.acceptOlder({ timeout: 10_000 }))
    await world.of(waiting)

    expect(owner.text).toBe('one')
    expect(new Date(at(owner) ?? 0).toISOString()).toBe(one?.createdAt)
    expect(owner.stash.setAside().map(({ timestamp }) => timestamp)).toEqual([wrote])
    expect(written).toBe(at(owner))

    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.until(() => owner.aside.includes('two'))
    const two = owner.stash.setAside().find(({ data }) => new TextDecoder().decode(data) === 'two')
    await world.of(owner.stash.adopt(two?.id ?? '', { timeout: 10_000 }))
    expect(owner.text).toBe('two')
    expect(at(owner)).toBe(two?.timestamp)
    expect(two?.timestamp).toBeLessThan(wrote)
  })

  it.each([['of a merge when it made something', both, 'one+two', hour], ['of what a merge came down to', (_: Uint8Array, mine: Uint8Array) => mine, 'two', 0]])('or that %s', async (_, merge, text, later) => {
    const world = new World()
    const { owner } = await world.owned(3, { merge })
    await kept(world, owner, 'one')
    await world.run(hour)
    owner.kill()
    await owner.restart({ merge })
    const written = Math.round(world.clock.wallTime())
    const write = owner.put('two')
    await world.run(hour)
    world.net.connectAll()
    await world.of(write)

    expect(owner.text).toBe(text)
    expect(at(owner)).toBeGreaterThanOrEqual(written + later)
    expect(at(owner)).toBeLessThan(written + later + hour / 2)
  })
})
