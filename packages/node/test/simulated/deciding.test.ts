import { describe, expect, it } from 'vitest'
import { putInVain, recoveredTwin, twins } from './twin.ts'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { Version } from '../../src/services/owner/own-stash.ts'
import type { RecordHeader } from '@nara-stash/protocol'

const second = 1_000

/** An owner whose twin wrote, and is gone; both versions can be read. */
async function inConflict (init: NaraInit = {}): Promise<{ world: World, owner: Nara, confidants: Nara[] }> {
  const { world, owner, twin, confidants } = await twins({ gossip: false, ...init })
  await world.of(twin.put('its'))
  world.net.crash(twin.process.port)
  await putInVain(world, owner, 'mine', { timeout: second })
  await world.until(() => owner.state === 'doubtful', 120 * second)

  return { world, owner, confidants }
}

/** An owner that has just started and finds two versions. */
async function foundTwo (): Promise<{ world: World, owner: Nara, confidants: Nara[] }> {
  const { world, owner, confidants } = await inConflict()
  const [holder] = confidants as [Nara]
  // one of them has its own version: who had the stash from the twin was stopped from having it
  const record = owner.process.parts.owning?.own.current?.record
  world.net.intercept((_from, to, request, next) => request.type === 'witness' && to === holder.id && record != null ? { type: 'witnessed', record } : next())
  owner.kill()
  await owner.restart()
  confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('doubtful')

  return { world, owner, confidants }
}

/** What another process wrote, of which nobody has the body. */
async function writtenUnseen (world: World, owner: Nara, holder: Nara): Promise<RecordHeader> {
  await world.until(() => holder.holds(owner) === owner.process.parts.owning?.own.current?.record.id)
  const twin = await recoveredTwin(world, owner, [holder])
  world.net.disconnect(twin.process.port, holder.id)
  await world.of(twin.put('another', { timeout: second }))
  world.net.crash(twin.process.port)

  const version = twin.process.parts.owning?.own.current as Version

  return version.record
}

/** The first who is asked has seen `record`. */
function tellOnce (world: World, record: RecordHeader): () => void {
  let asked = 0

  return world.net.intercept((from, _to, request, next) => request.type === 'witness' && from === record.owner && asked++ === 0 ? { type: 'witnessed', record } : next())
}

describe('a decision', () => {
  it('for a version sets aside the writes that wait, and has done so when it answers', async () => {
    const { world, owner } = await foundTwo()
    await world.of(owner.put('waits', { timeout: second }))
    const before = owner.stash.setAside().length
    await world.of(owner.stash.acceptOlder({ timeout: 10 * second }))
    expect(before).toBeGreaterThan(0)
    expect(owner.stash.setAside().filter(({ seq }) => seq == null).map(({ data }) => new TextDecoder().decode(data))).toEqual(['waits'])
  })

  it('for nothing makes a write that waits the stash', async () => {
    const { world, owner } = await foundTwo()
    await world.of(owner.put('waits', { timeout: second }))
    await world.of(owner.stash.startFresh())
    await world.until(() => owner.text === 'waits')
    expect(owner.aside).not.toContain('waits')
  })

  it('is not made by a nara that was stopped, which then would search on', async () => {
    const { world, owner, confidants } = await foundTwo()
    await world.of(owner.stop())

    for (const decide of [() => owner.stash.startFresh(), () => owner.stash.acceptOlder(), () => owner.stash.adopt('00')]) {
      await expect(world.of<unknown>(decide())).rejects.toMatchObject({ name: 'NotDoubtfulError' })
    }

    await world.run(60 * second)
    expect(owner.process.clock.live.size).toBe(0)

    await owner.start()
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.until(() => owner.state === 'doubtful')
    expect(await world.of(owner.stash.acceptOlder({ timeout: 10 * second }))).toMatchObject({ outcome: 'kept' })
    expect(owner.text).toBe('its')
  })

  it('made twice at once is made once', async () => {
    const { world, owner } = await inConflict()
    const results = await world.of(Promise.allSettled([owner.stash.acceptOlder({ timeout: 10 * second }), owner.stash.acceptOlder(), owner.stash.startFresh()]))

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(owner.text).toBe('mine')
    expect(owner.aside).toEqual(['its'])
  })

  it('to take what was set aside leaves open what was not decided yet', async () => {
    const { world, owner, confidants } = await inConflict()
    await world.of(owner.stash.acceptOlder({ timeout: 10 * second }))
    const [aside] = owner.stash.setAside()
    const [holder] = confidants as [Nara]
    const record = await writtenUnseen(world, owner, holder)
    tellOnce(world, record)
    world.net.disconnect(owner.id, holder.id)
    world.net.connect(owner.id, holder.id)
    await world.run(second)
    expect(owner.state).toBe('settled')
    await world.of(owner.stash.adopt(aside?.id ?? '', { timeout: 10 * second }))
    expect(owner.text).toBe('its')
    await world.run(40 * second)

    expect(owner.stash.status().recovery.doubt?.records.map(({ id }) => id)).toContain(record.id)
  })
})

describe('a stop in the middle', () => {
  const acts: Array<[string, (owner: Nara) => Promise<unknown>]> = [
    ['accepting the older', owner => owner.stash.acceptOlder()],
    ['adopting', owner => owner.stash.adopt(owner.stash.setAside()[0]?.id ?? '')],
    ['starting fresh', owner => owner.stash.startFresh()],
    ['starting fresh and deleting', async owner => { await owner.stash.startFresh().then(async () => await owner.stash.forgetStash()) }]
  ]

  it.each(acts)('of %s leaves nobody waiting and no timer, and what is there after a start is one of both, or nothing', async (_, act) => {
    for (const moments of [0, 1, 3, 6, 10, 20, 40]) {
      const { world, owner, confidants } = await inConflict()
      const acting = act(owner).then(() => 'done', (err: Error) => err.name)

      for (let i = 0; i < moments; i++) {
        await Promise.resolve()
      }

      const stopped = owner.stop()
      expect(['done', 'NotDoubtfulError', 'DoubtfulError', 'NotFoundError']).toContain(await world.of(acting))
      await world.of(stopped)
      await world.run(60 * second)
      expect(owner.process.clock.live.size).toBe(0)

      await owner.start()
      confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
      await world.run(60 * second)
      expect(['settled', 'doubtful', 'empty']).toContain(owner.state)
      expect(['mine', 'its', undefined]).toContain(owner.text)

      if (owner.state === 'doubtful') {
        await world.of(owner.stash.acceptOlder())
      }

      owner.stash.getStashData()
      expect(await world.of(owner.put('after', { timeout: 10 * second }))).toMatchObject({ outcome: 'kept' })
    }
  })
})

it('what could not be read before a stop is looked for again after it, and does not keep writes waiting in silence', async () => {
  const { world, owner, confidants } = await inConflict()
  await world.of(owner.stash.acceptOlder({ timeout: 10 * second }))
  const record = await writtenUnseen(world, owner, confidants[0] as Nara)
  const stop = tellOnce(world, record)
  world.net.disconnect(owner.id, (confidants[0] as Nara).id)
  world.net.connect(owner.id, (confidants[0] as Nara).id)
  await world.run(second)
  stop()
  world.net.intercept((_from, _to, request, next) => request.type === 'witness' ? { type: 'not-found' } : next())
  await world.of(owner.stop())
  await owner.start()
  await world.run(60 * second)

  expect(owner.state).toBe('doubtful')
})

it('what was being sealed when all was cleared away is no loss', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  const written = owner.put('two')
  const boot = owner.process.parts.owning?.own.boot
  // it has its turn, and signs
  for (let i = 0; i < 5; i++) {
    await Promise.resolve()
  }

  owner.stash.clearMyStash()
  expect(owner.process.parts.owning?.own.boot).not.toBe(boot)
  await expect(world.of(written)).rejects.toMatchObject({ name: 'RecoveredFirstError' })
  await world.run(60 * second)

  expect([owner.state, owner.text]).toEqual(['settled', 'one'])
  expect(owner.events('stash:doubt')).toEqual([])
})

it('who was told that its soul is fresh, and met a stash of it, searches after a stop as well', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { gossip: false })
  await kept(world, owner, 'one')
  owner.kill()
  await owner.restart({ fresh: true })
  expect(owner.state).toBe('empty')
  confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.until(() => owner.state === 'searching' || owner.state === 'recovering')
  await world.of(owner.stop())
  await owner.start()
  expect(owner.state).toBe('searching')
})
