import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { Version } from '../../src/services/owner/own-stash.ts'

const texts = (nara: Nara): string[] => nara.stash.setAside().map(({ data }) => new TextDecoder().decode(data))

interface Rollback {
  world: World
  owner: Nara
  /** They hold the old version. */
  stale: Nara[]
  /** They held the newest, and are gone. */
  gone: Nara[]
  /** It holds nothing, and has heard how new the newest is. */
  witness: Nara
  /** It holds the newest, and nobody can reach it before the network heals. */
  away: Nara
  /** The header that the owner's daemon would leave. */
  lastKnown: Uint8Array
}

/**
 * Two holders are cut off; the owner goes on with others, which keep the newest version, and tells its watermark. Then all but those two, and one who only
 * heard of it, are gone. What is left would confirm the old version.
 */
async function rollback (init: NaraInit = {}, text = 'two'): Promise<Rollback> {
  const world = new World()
  const { owner, confidants } = await world.owned(6, init)
  await kept(world, owner, 'one')
  const stale = confidants.filter(nara => nara.holds(owner) != null).slice(0, 2)
  const others = confidants.filter(nara => !stale.includes(nara))
  world.net.partition([[owner.id, ...others.map(({ id }) => id)]], { lingerMs: 0 })
  await world.run(10_000)
  await world.until(() => owner.stash.status().copies.have === 3)
  expect((await world.of(owner.put(text))).outcome).toBe('kept')
  await world.until(() => owner.stash.status().copies.have === 3)
  // HERE is said every half a minute
  await world.run(90_000)
  const [away, ...gone] = others.filter(nara => nara.holds(owner) != null) as [Nara, ...Nara[]]
  const [witness] = others.filter(nara => nara.holds(owner) == null) as [Nara]
  const { watermark: lastKnown } = owner

  ;[owner, ...gone].forEach(nara => { nara.kill() })
  world.net.partition([[away.id]], { lingerMs: 0 })
  await owner.restart(init)
  await Promise.all(gone.map(async nara => await nara.restart()))

  return { world, owner, stale, gone, witness, away, lastKnown }
}

async function meet ({ world, owner, stale, gone, witness }: Rollback): Promise<void> {
  [...stale, ...gone, witness].forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
}

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
    expect(texts(owner)).toEqual(['one'])
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
    const scene = await rollback()
    const { world, owner, away } = scene
    await meet(scene)
    await world.of(owner.stash.acceptOlder({ timeout: 10_000 }))
    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.until(() => texts(owner).length > 0)
    expect(texts(owner)).toEqual(['two'])
    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.events('stash:doubt')).toHaveLength(1)
    // a person may have it after all
    const [version] = owner.stash.setAside()
    expect(await world.of(owner.stash.adopt(version?.id ?? '', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept' })
    expect(owner.text).toBe('two')
    expect(texts(owner)).toEqual(['one'])
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
    expect(texts(owner)).toEqual(['one'])
    // nobody who comes back with what was decided against can bring it up again
    await world.run(120_000)
    world.net.heal()
    world.net.connect(owner.id, away.id)
    await world.until(() => texts(owner).includes('two'))
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
    expect(texts(owner).toSorted()).toEqual(['its', 'mine'])
    expect(doubt?.records.map(({ bytes, createdAt }) => [bytes, typeof createdAt]).sort()).toEqual([[3, 'string'], [4, 'string']])

    const its = doubt?.records.find(({ bytes }) => bytes === 3)
    await world.of(owner.stash.adopt(its?.id ?? '', { timeout: 10_000 }))
    expect(owner.text).toBe('its')
    expect(owner.state).toBe('settled')
    expect(texts(owner)).toEqual(['mine'])
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
