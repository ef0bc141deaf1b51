import { describe, expect, it } from 'vitest'
import { putInVain, twins } from './twin.ts'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const timers = (nara: Nara): number => nara.process.clock.live.size

/** Stops an owner in each of its states, and its confidants, and looks for what they left behind. */
async function expectNothingLeft (world: World): Promise<void> {
  for (const nara of world.naras) {
    await world.of(nara.stop())
  }

  // what was under way when they stopped has its deadline
  await world.run(60_000)
  expect(world.naras.map(timers)).toEqual(world.naras.map(() => 0))
  world.net.stats.reset()
  await world.run(600_000)
  expect(world.net.stats.sent().messages).toBe(0)
}

describe('after stop no timer is left, and nothing is said', () => {
  it('without peers', async () => {
    const world = new World()
    await world.nara()
    await world.run(1_000)
    await expectNothingLeft(world)
  })

  it('settled', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    await world.run(120_000)
    await expectNothingLeft(world)
  })

  it('searching, recovering and empty', async () => {
    for (const ms of [1, 15, 50, 3_100, 11_000]) {
      const world = new World()
      const { owner } = await world.owned(3)
      await kept(world, owner, 'one')
      owner.kill()
      await owner.restart()
      world.net.connectAll()
      await world.run(ms)
      await expectNothingLeft(world)
    }
  })

  it('in doubt', async () => {
    const { world, owner, twin } = await twins()
    await world.of(twin.put('two'))
    await putInVain(world, owner, 'three', { timeout: 1_000 })
    await world.run(10_000)
    expect(owner.state).toBe('doubtful')
    world.naras.push(twin)
    await expectNothingLeft(world)
  })

  it('with stores and writes under way: these are answered', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    const writes = [owner.put('one'), owner.put('two', { timeout: 300_000 }), owner.put('three')]
    await world.run(100)
    await world.of(owner.stop())
    expect(await world.of(Promise.all(writes))).toMatchObject([{ outcome: 'unstored' }, { outcome: 'unstored' }, { outcome: 'unstored' }])
    expect(await world.of(owner.put('four'))).toMatchObject({ outcome: 'unstored' })
    await world.run(60_000)
    expect(timers(owner)).toBe(0)
  })
})

describe('stopped and started again', () => {
  it('goes on with what it has, and takes what was written meanwhile elsewhere', async () => {
    const world = new World()
    const { owner } = await world.owned(4)
    await kept(world, owner, 'one')
    const record = owner.process.parts.owning?.own.current?.record.id
    await world.of(owner.stop())
    expect(owner.stash.status().copies.have).toBe(0)
    await owner.start()
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(owner.state).toBe('settled')
    expect(owner.process.parts.owning?.own.current?.record.id).toBe(record)
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
  })

  it('searches on if it had found nothing', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    await world.of(owner.stop())
    await owner.start()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
  })
})

it('a stopped owner takes no offers, and stays what it is', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  await world.of(owner.stop())
  const [holder] = confidants as [Nara]
  expect(await world.of(holder.stash.pushTo(owner.id))).toBe('refused')
  expect(owner.state).toBe('settled')
  expect(owner.events('stash:doubt')).toEqual([])
})

it('holds nothing of a search once it is over', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  owner.kill()
  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)
  await world.until(() => owner.stash.status().copies.have === 3)
  await world.run(60_000)
  // presence, reconcile and connections each plan one next look
  expect(timers(owner)).toBeLessThanOrEqual(4)
})
