import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import { mute } from './mute.ts'
import type { Nara } from './world.ts'

interface Refilled {
  world: World
  owner: Nara
  /** It has its copy from the owner itself. */
  direct: Nara
  /** They lost theirs, and have another from the first. */
  refilled: [Nara, Nara]
}

/** An owner whose process is another; two of its three holders were refilled by the third. */
async function refilledByOne (): Promise<Refilled> {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const [direct, ...refilled] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  owner.kill()

  for (const nara of refilled) {
    nara.kill()
    await nara.restart()
    world.net.connect(direct.id, nara.id)
    await world.until(() => nara.holds(owner) != null, 300_000)
  }

  await owner.restart()

  return { world, owner, direct, refilled }
}

describe('what is found and not confirmed', () => {
  it('is not acknowledged because minCopies have it: they are asked for it under a placement of this process', async () => {
    const { world, owner, refilled } = await refilledByOne()
    const release = refilled.map(nara => mute(world, nara, 'store'))
    refilled.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    await world.run(60_000)

    expect(owner.stash.status().recovery).toMatchObject({ confirmed: false })
    expect(owner.events('stash:watermark')).toStrictEqual([])
    release.forEach(end => { end() })
    // who is away may have it with the placement that confirmed nothing
    await world.until(() => owner.events('stash:watermark').length > 0)
    expect(owner.events('stash:watermark')[0]?.detail).toMatchObject({ seq: '2' })
    expect(owner.stash.status()).toMatchObject({ stash: { seq: '2' } })
    expect(owner.text).toBe('one')
  })

  it('stays the record that it is where all who may have it are given another placement', async () => {
    const { world, owner, direct, refilled } = await refilledByOne()
    const placementBefore = direct.process.parts.held.get(owner.id)?.placement.id
    const record = direct.holds(owner)
    ;[direct, ...refilled].forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    await world.until(() => owner.events('stash:watermark').length > 0)
    const held = [direct, ...refilled].map(nara => nara.process.parts.held.get(owner.id))

    expect(owner.stash.status()).toMatchObject({ stash: { seq: '1' }, recovery: { confirmed: false } })
    expect(held.map(stash => stash?.record.id)).toStrictEqual([record, record, record])
    expect(new Set(held.map(stash => stash?.placement.id)).size).toBe(1)
    expect(held[0]?.placement.id).not.toBe(placementBefore)
    expect(held.every(stash => stash?.direct)).toBe(true)
  })
})

it('what is confirmed is acknowledged at once, and its placement goes on to be used', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)
  const placement = holders[0]?.process.parts.held.get(owner.id)?.placement.id
  owner.kill()
  await owner.restart()
  holders.forEach(nara => mute(world, nara, 'store'))
  holders.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
  await world.run(60_000)

  expect(owner.stash.status().recovery).toMatchObject({ confirmed: true })
  expect(owner.events('stash:watermark')).toHaveLength(1)
  expect(holders.map(nara => nara.process.parts.held.get(owner.id)?.placement.id)).toStrictEqual([placement, placement, placement])
})
