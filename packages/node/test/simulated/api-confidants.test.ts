import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

describe('confidants', () => {
  it('setConfidants replaces and pins them; pinned ones are helped out, not replaced', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6, { repairDelay: 1_000 })
    await kept(world, owner, 'one')
    const chosen = confidants.filter(nara => !owner.stash.confidants.includes(nara.id)) as [Nara, Nara, Nara]
    owner.stash.setConfidants(chosen.map(({ id }) => id))
    await world.until(() => chosen.every(nara => nara.holds(owner) != null) && owner.stash.status().copies.have === 3)

    expect(owner.stash.confidants).toEqual(chosen.map(({ id }) => id))
    expect(owner.stash.status().confidants.every(({ pinned, state }) => pinned && state === 'trusted')).toBe(true)
    chosen[0].kill()
    await world.run(60_000)
    expect(owner.stash.confidants).toContain(chosen[0].id)
    expect(owner.stash.status().copies.have).toBe(3)
    await chosen[0].restart()
    world.net.connect(owner.id, chosen[0].id)
    await world.until(() => owner.stash.confidants.length === 3)
    expect(new Set(owner.stash.confidants)).toEqual(new Set(chosen.map(({ id }) => id)))
  })

  it('setConfidants refuses ourselves, doubles, the denied, nonsense, and more than a placement names', async () => {
    const world = new World()
    const { confidants } = await world.owned(17)
    const ids = confidants.map(({ id }) => id)
    const owner = await world.nara({ fresh: true, deny: [ids[0] ?? ''] })

    for (const peers of [[owner.id], [ids[1], ids[1]], [ids[0]], ['12D3KooW'], ids]) {
      expect(() => { owner.stash.setConfidants(peers as string[]) }, String(peers)).toThrow(expect.objectContaining({ name: 'InvalidConfidantsError' }))
    }

    expect(owner.stash.confidants).toEqual([])
  })

  it('chosen before there is a stash, they hold the first one', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    const chosen = confidants.slice(3).map(({ id }) => id)
    owner.stash.setConfidants(chosen)
    expect(owner.stash.confidants).toEqual(chosen)
    await kept(world, owner, 'one')
    expect(new Set(owner.stash.confidants)).toEqual(new Set(chosen))
  })

  it('selectConfidantsAutomatically unpins, and begins with the one that runs longest', async () => {
    const world = new World()
    const oldest = await world.nara({ fresh: true })
    await world.run(3_600_000)
    const { owner, confidants } = await world.owned(6)
    await world.run(60_000)
    owner.stash.setConfidants(confidants.slice(0, 3).map(({ id }) => id))
    await kept(world, owner, 'one')
    const picked = await owner.stash.selectConfidantsAutomatically()

    expect(picked[0]).toBe(oldest.id)
    expect(picked).toHaveLength(3)
    await world.until(() => owner.stash.status().copies.have === 3 && owner.stash.confidants.includes(oldest.id))
    expect(new Set(owner.stash.confidants)).toEqual(new Set(picked))
    expect(owner.stash.status().confidants.some(({ pinned }) => pinned)).toBe(false)
  })

  it('selectConfidantsAutomatically keeps those it found and says how many', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(2)
    await expect(owner.stash.selectConfidantsAutomatically()).rejects.toMatchObject({ name: 'NotEnoughConfidantsError', found: 2, target: 3 })
    expect(new Set(owner.stash.confidants)).toEqual(new Set(confidants.map(({ id }) => id)))
    // chosen, here, and nothing to hold yet
    expect(owner.stash.status().confidants).toMatchObject([{ state: 'pending' }, { state: 'pending' }])
    const lonely = await world.nara({ fresh: true })
    await expect(lonely.stash.selectConfidantsAutomatically()).rejects.toMatchObject({ found: 0, target: 3 })
  })
})
