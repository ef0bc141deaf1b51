import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const MiB = 1024 * 1024
/** At 64 KiB/s, the rate that a body is granted: 48 s. */
const LENGTH = 3 * MiB
const init = { maxStash: 4 * MiB, gossip: false }

interface Scene {
  world: World
  owner: Nara
  /** It has "old". */
  stale: Nara
  /** They have the newest, which takes 40 s to come. */
  fresh: [Nara, Nara]
}

/** An owner whose process is another; its holders speak with it alone. */
async function newestIsLong (): Promise<Scene> {
  const world = new World()
  const owner = await world.nara({ fresh: true, ...init })
  const confidants = await world.confidants(3, init)
  world.net.connectAll()
  world.net.intercept((from, to, _request, next) => from !== owner.id && to !== owner.id ? undefined : next())
  await kept(world, owner, 'old')
  const [stale, ...fresh] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  world.net.disconnect(owner.id, stale.id)
  await world.of(owner.stash.setStashData(world.random.bytes(LENGTH)))
  owner.kill()
  await owner.restart()
  fresh.forEach(({ id }) => { world.net.setLink(owner.id, id, { bandwidth: LENGTH / 40 }) })

  return { world, owner, stale, fresh }
}

/** What `holder` has comes this way only. */
function only (world: World, holder: Nara, way: 'fetch' | 'offer'): void {
  world.net.intercept((from, to, request, next) =>
    way === 'offer' && to === holder.id && request.type === 'fetch' || way === 'fetch' && from === holder.id && request.type === 'offer' ? undefined : next())
}

describe.each(['fetch', 'offer'] as const)('the newest body, on its way by %s,', way => {
  it('is waited for until it is there: nobody is told to do without it meanwhile', async () => {
    const { world, owner, fresh: [holder] } = await newestIsLong()
    only(world, holder, way)
    world.net.connect(owner.id, holder.id)
    await world.run(35_000)
    expect(owner.state).toBe('recovering')
    await world.settled(owner)

    expect(owner.events('stash:doubt')).toStrictEqual([])
    expect(owner.stash.getStashData()?.data.byteLength).toBe(LENGTH)
  })

  it('is no doubt either where the first peer was met long before', async () => {
    const { world, owner, stale, fresh: [holder] } = await newestIsLong()
    only(world, holder, way)
    // it has nothing any more
    stale.kill()
    await stale.restart()
    world.net.connect(owner.id, stale.id)
    await world.run(300_000)
    expect(owner.state).toBe('empty')
    world.net.connect(owner.id, holder.id)
    await world.until(() => owner.state === 'settled')

    expect(owner.events('stash:doubt')).toStrictEqual([])
  })
})

it('a body that trickles without end is a suspected rollback when it has had its time, and is read if it comes after all', async () => {
  const { world, owner, stale, fresh: [holder] } = await newestIsLong()
  only(world, holder, 'fetch')
  world.net.setLink(owner.id, holder.id, { bandwidth: LENGTH / 300 })
  const started = world.clock.now()
  world.net.connect(owner.id, stale.id)
  world.net.connect(owner.id, holder.id)
  await world.settled(owner)
  const ms = world.clock.now() - started

  expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'ROLLBACK_SUSPECTED', records: [{ readable: false }, { readable: true }] })
  // 10 s and 48 s are what a request for it may take
  expect(ms).toBeGreaterThan(58_000)
  expect(ms).toBeLessThan(30_000 + 48_000)
  world.net.setLink(owner.id, holder.id, { bandwidth: LENGTH / 10 })
  await world.until(() => owner.state === 'settled', 120_000)
  expect(owner.stash.getStashData()?.data.byteLength).toBe(LENGTH)
})

it.each(['fetch', 'offer'] as const)('a newer body that turns up after recovery is waited for as well, by %s', async way => {
  const { world, owner, stale, fresh: [witness, holder] } = await newestIsLong()
  world.net.connect(owner.id, stale.id)
  await world.settled(owner)
  expect(owner.text).toBe('old')
  // it has seen it, and shows it to nobody
  world.net.intercept((from, to, request, next) =>
    (to === witness.id && request.type === 'fetch') || (from === witness.id && request.type === 'offer') || to === stale.id ? undefined : next())
  only(world, holder, way)
  world.net.connect(owner.id, witness.id)
  await world.run(20_000)
  world.net.connect(owner.id, holder.id)
  await world.run(35_000)
  const during = owner.state
  await world.until(() => owner.stash.getStashData()?.data.byteLength === LENGTH, 60_000)

  expect(during).toBe('settled')
  expect(owner.events('stash:doubt')).toStrictEqual([])
})

it('a drill waits for it, too', async () => {
  const { world, owner, fresh } = await newestIsLong()
  fresh.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
  fresh.forEach(({ id }) => { world.net.setLink(owner.id, id, { bandwidth: LENGTH / 55 }) })
  // who is asked for it first does not answer
  let asked = 0
  world.net.intercept((_from, _to, request, next) => request.type === 'fetch' && request.whole && asked++ === 0 ? undefined : next())

  expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'identical', bytes: LENGTH })
})
