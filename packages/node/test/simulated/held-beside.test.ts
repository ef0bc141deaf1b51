import { describe, expect, it } from 'vitest'
import { stashed } from './stashed.ts'
import { World } from './world.ts'
import type { Stashed } from './stashed.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
/** Too long to ride inside a message: each copy that moves is one body. */
const large = 'x'.repeat(20 * 1_024)

const largeStashed = async (others?: number): Promise<Stashed> => await stashed(others, {}, large)

describe('those who have the stash and are no confidants', () => {
  /** Puts the copy of `from` with `to`, as a holder that repairs does. */
  async function surrogate (world: World, owner: Nara, from: Nara, to: Nara): Promise<void> {
    const whole = await from.process.parts.held.read(owner.id)

    if (whole != null) {
      const { record, placement, liveHolders } = whole.stash
      await world.of(from.process.port.ask(to.id, { type: 'store', record, placement, liveHolders: [...liveHolders], leaseRemaining: 1_000_000, body: whole.body }))
    }
  }

  async function returned (gone: number): Promise<Omit<Stashed, 'spare' | 'confidants'> & { extra: Nara, bodies: () => number }> {
    const { world, owner, holders, spare: [extra] } = await largeStashed()
    owner.kill()
    await surrogate(world, owner, holders[0], extra)
    holders.slice(0, gone).forEach(nara => { nara.kill() })
    world.net.stats.reset()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)

    return { world, owner, holders, extra, bodies: () => world.net.stats.sent(owner.id, 'body').messages }
  }

  it('are not put to use if all confidants are there; a recovered owner has these and its placement back, and no body moves', async () => {
    const { world, owner, holders, extra, bodies } = await returned(0)
    const placement = holders[0].process.parts.held.get(owner.id)?.placement.id
    await world.until(() => owner.stash.status().copies.have === 3)
    await world.run(10 * minute)

    expect(owner.stash.confidants.toSorted()).toEqual(holders.map(({ id }) => id).toSorted())
    expect(holders.map(nara => nara.process.parts.held.get(owner.id)?.placement.id)).toEqual([placement, placement, placement])
    expect(bodies()).toBe(0)
    expect(extra.holds(owner)).toBeUndefined()
  })

  it('take the place of confidants that are gone, at once and without a body', async () => {
    const { world, owner, holders, extra, bodies } = await returned(1)
    const started = world.clock.now()
    await world.until(() => owner.stash.confidants.includes(extra.id))
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(world.clock.now() - started).toBeLessThan(10 * second)
    expect(owner.stash.confidants).not.toContain(holders[0].id)
    await world.run(10 * minute)
    expect(bodies()).toBe(0)
    expect(owner.stash.status().confidants.map(({ state }) => state)).toEqual(['trusted', 'trusted', 'trusted'])
  })

  it('are given the present placement before the record is acknowledged, so that it need not be sealed anew', async () => {
    const { world, owner, holders, spare: [extra] } = await largeStashed()
    // it has the record with a placement that was replaced since
    await surrogate(world, owner, holders[0], extra)
    const before = holders[0].process.parts.held.get(owner.id)?.placement.id
    world.net.disconnect(owner.id, extra.id)
    owner.stash.setConfidants(holders.map(({ id }) => id))
    await world.until(() => holders.every(nara => nara.process.parts.held.get(owner.id)?.placement.id !== before), minute)
    const { seq } = owner.stash.status().stash ?? {}
    owner.kill()
    world.net.stats.reset()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
    await world.until(() => owner.process.parts.owning?.replication.acknowledged === true, minute)
    await world.run(5 * minute)

    expect(owner.stash.status().stash?.seq).toBe(seq)
    expect(world.net.stats.sent(owner.id, 'body').messages).toBe(0)
  })

  it('are chosen before others when a place is free', async () => {
    const { world, owner, holders, spare: [extra] } = await largeStashed(8)
    // one whose copy the owner knows of, and that is still wanted since not all are there
    await surrogate(world, owner, holders[1], extra)
    world.net.stats.reset()
    holders[0].kill()
    world.net.disconnect(owner.id, extra.id)
    world.net.connect(owner.id, extra.id)
    await world.until(() => owner.stash.confidants.includes(extra.id), 2 * minute)
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(world.net.stats.sent(owner.id, 'body').messages).toBe(0)
  })

  it('are relieved if they offer what is not needed', async () => {
    const { world, owner, holders: [holder], spare: [extra] } = await largeStashed()
    await surrogate(world, owner, holder, extra)
    world.net.disconnect(owner.id, extra.id)
    world.net.connect(owner.id, extra.id)
    await world.until(() => extra.holds(owner) == null)

    expect(owner.stash.confidants).not.toContain(extra.id)
    expect(owner.stash.status().copies.have).toBe(3)
  })
})
