import { describe, expect, it } from 'vitest'
import { meet, rollback } from './rolled-back.ts'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { Version } from '../../src/services/owner/own-stash.ts'

describe('a version that all its holders lost', () => {
  it('is never replaced by an older one in silence, though enough holders confirm that', async () => {
    const scene = await rollback()
    const { owner, stale } = scene
    await meet(scene)

    expect(owner.state).toBe('doubtful')
    expect(owner.text).toBeUndefined()
    expect(owner.events('stash:recovered')).toEqual([])
    expect(owner.stash.status().recovery.doubt).toMatchObject({
      reason: 'ROLLBACK_SUSPECTED',
      records: [{ seq: '2', readable: false, holders: [] }, { seq: '1', readable: true, holders: stale.map(({ id }) => id), bytes: 3 }]
    })
    expect(owner.events('stash:doubt')).toHaveLength(1)
    // what can be read can be looked at before it is decided
    expect(owner.aside).toEqual(['one'])
    expect(owner.stash.getStashData()).toBeUndefined()
  })

  it('would be, if nobody told what it has seen', async () => {
    const scene = await rollback()
    scene.world.net.intercept((_from, _to, request, next) => request.type === 'witness' ? undefined : next())
    await meet(scene)
    expect(scene.owner.text).toBe('one')
  })

  it('is missed as well if who heard of it comes later', async () => {
    const scene = await rollback()
    const { world, owner, stale, witness } = scene
    stale.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    expect(owner.text).toBe('one')
    world.net.connect(owner.id, witness.id)
    await world.until(() => owner.state === 'doubtful')
    expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'ROLLBACK_SUSPECTED', records: [{ seq: '2', readable: false, holders: [] }, { seq: '1', readable: true }] })
  })

  it('is missed by a process that was given the header, whoever is here', async () => {
    const scene = await rollback()
    const { world, owner, stale } = scene
    owner.kill()
    await owner.restart({ lastKnown: scene.lastKnown })
    stale.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    expect(owner.stash.status().recovery.doubt?.reason).toBe('ROLLBACK_SUSPECTED')
  })
})

it('a version that was cleared away before anybody had it is no loss, though somebody has heard of it', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
  await world.of(owner.put('two', { timeout: 50 }))
  const version = owner.process.parts.owning?.own.current as Version
  stop()
  world.net.intercept(async (_from, _to, request, next) => request.type === 'witness' ? { type: 'witnessed', record: version.record } : await next())
  owner.stash.clearMyStash()
  expect(await world.settled(owner)).toBe('settled')
  await world.run(600_000)
  expect(owner.text).toBe('one')
  expect(owner.state).toBe('settled')
  expect(owner.events('stash:doubt')).toEqual([])
})

describe('two versions that do not know of each other', () => {
  /** Two processes wrote, one after the other, each within reach of other holders, and both are gone. */
  async function conflict (init: NaraInit = {}): Promise<{ world: World, owner: Nara }> {
    const world = new World()
    const { owner, confidants } = await world.owned(4, init)
    await kept(world, owner, 'one')
    const holders = confidants.filter(nara => nara.holds(owner) != null)
    const [a, b, c, d] = [...holders, ...confidants.filter(nara => !holders.includes(nara))].map(({ id }) => id) as [string, string, string, string]

    for (const [text, near, far] of [['mine', [a, b], [c, d]], ['its', [c, d], [a, b]]] as const) {
      owner.kill()
      await owner.restart()
      world.net.partition([[owner.id, ...near], far], { lingerMs: 0 })
      near.forEach(id => { world.net.connect(owner.id, id) })
      expect(await world.settled(owner)).toBe('settled')
      await world.of(owner.put(text, { timeout: 10_000 }))
    }

    owner.kill()
    world.net.heal()
    await owner.restart()
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)

    return { world, owner }
  }

  it('are shown, and the one that is adopted goes on; the other stays readable', async () => {
    const { world, owner } = await conflict()
    const { doubt } = owner.stash.status().recovery
    expect(owner.state).toBe('doubtful')
    expect(doubt).toMatchObject({ reason: 'CONFLICT', records: [{ readable: true }, { readable: true }] })
    expect(owner.aside.toSorted()).toEqual(['its', 'mine'])
    expect(doubt?.records.map(({ bytes, createdAt }) => [bytes, typeof createdAt]).sort()).toEqual([[3, 'string'], [4, 'string']])

    const its = doubt?.records.find(({ bytes }) => bytes === 3)
    await world.of(owner.stash.adopt(its?.id ?? '', { timeout: 10_000 }))
    expect(owner.text).toBe('its')
    expect(owner.state).toBe('settled')
    expect(owner.aside).toEqual(['mine'])
    await world.until(() => owner.stash.status().copies.have === 3)
    await world.run(600_000)
    expect(owner.events('stash:doubt')).toHaveLength(1)

    owner.kill()
    await owner.restart()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('its')
  })
})

describe('a stash that everybody lost', () => {
  async function lost (): Promise<{ world: World, owner: Nara, lastKnown: Uint8Array }> {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const { watermark } = owner
    ;[owner, ...confidants].forEach(nara => { nara.kill() })
    await Promise.all(confidants.map(async nara => await nara.restart()))

    return { world, owner, lastKnown: watermark }
  }

  it('is said to be lost where the header was left', async () => {
    const { world, owner, lastKnown } = await lost()
    await owner.restart({ lastKnown })
    world.net.connectAll()
    await world.settled(owner)
    expect(owner.stash.status().recovery).toMatchObject({ answered: 3, of: 3, doubt: { reason: 'LOST', records: [{ seq: '1', readable: false, holders: [] }] } })
    await expect(world.of(owner.stash.acceptOlder())).rejects.toMatchObject({ name: 'NotFoundError' })
    await world.of(owner.stash.startFresh())
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept', seq: '2' })
  })

  it('is empty without it, and says how many answered', async () => {
    const { world, owner } = await lost()
    await owner.restart()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('empty')
    expect(owner.stash.status().recovery).toMatchObject({ answered: 3, of: 3 })
  })

  it('does not come to a start with a header that is none, or somebody else\'s', async () => {
    const { world, owner, lastKnown } = await lost()
    await expect(owner.restart({ lastKnown: lastKnown.subarray(1) })).rejects.toMatchObject({ name: 'InvalidOptionError' })
    const other = world.nara({ lastKnown })
    await expect(other).rejects.toMatchObject({ name: 'InvalidOptionError' })
  })
})
