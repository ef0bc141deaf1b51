import { describe, expect, it } from 'vitest'
import { both, putInVain, twins, withoutPlacements } from './twin.ts'

describe('a twin', () => {
  it('makes both sides say so where there is no merge function, and both versions stay readable', async () => {
    const { world, owner, twin } = await twins()
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    await putInVain(world, owner, 'of the owner')
    await world.run(5_000)

    expect(owner.state).toBe('doubtful')
    expect(owner.text).toBe('of the owner')
    expect(owner.aside).toEqual(['of the twin'])
    const { doubt } = owner.stash.status().recovery
    expect(doubt?.reason).toBe('CONFLICT')
    expect(doubt?.records.map(({ readable }) => readable)).toEqual([true, true])
    expect(owner.events('stash:doubt')).toHaveLength(1)
    // nobody gave up what minCopies had acknowledged
    expect(twin.stash.status().copies.have).toBeGreaterThanOrEqual(2)

    // hours later it is still one doubt, and one version set aside
    await world.run(3_600_000)
    expect(owner.events('stash:doubt')).toHaveLength(1)
    expect(owner.aside).toEqual(['of the twin'])
  })

  it('is shown with those who hold its version, and ours with those who hold ours', async () => {
    // and nothing shows that the one was never kept
    const { world, owner, twin, confidants } = await twins({ gossip: false }, {}, withoutPlacements)
    const all = confidants.map(({ id }) => id).toSorted()
    const held = (nara: typeof owner): Array<[number | undefined, string[]]> =>
      nara.stash.status().recovery.doubt?.records.map(({ bytes, holders }) => [bytes, holders.toSorted()]) ?? []
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    // refused by all
    await putInVain(world, owner, 'of the owner')
    expect(owner.stash.status().copies.have).toBe(0)
    await world.run(5_000)

    expect(held(owner)).toEqual([['of the twin'.length, all], ['of the owner'.length, []]])
    expect((await world.of(owner.stash.verify())).copies.map(({ verdict }) => verdict)).toEqual(['conflict', 'conflict', 'conflict'])

    // who has all three copies learns of the other by what they have seen
    await world.until(() => twin.state === 'doubtful', 300_000)
    const ours = held(twin).find(([bytes]) => bytes === 'of the twin'.length)
    const its = held(twin).find(([bytes]) => bytes !== 'of the twin'.length)
    expect(ours).toEqual(['of the twin'.length, all])
    expect(its?.[1]).toEqual([])

    // one that went has no say any longer
    confidants[0]?.kill()
    await world.run(1_000)
    expect(held(twin).find(([bytes]) => bytes === 'of the twin'.length)?.[1]).toEqual(all.filter(id => id !== confidants[0]?.id))
  })

  it('leaves an owner that hands out nothing while it is in doubt, not even to a new peer', async () => {
    const { world, owner, twin } = await twins({}, {}, withoutPlacements)
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    await putInVain(world, owner, 'of the owner')
    await world.until(() => owner.state === 'doubtful')
    let stores = 0
    world.net.intercept((from, _to, request, next) => {
      stores += Number(from === owner.id && request.type === 'store')

      return next()
    })

    const [spare] = await world.confidants(1)
    world.net.connect(owner.process.port, spare?.id ?? '')
    await world.run(600_000)

    expect(stores).toBe(0)
    expect(spare?.holds(owner)).toBeUndefined()
  })

  it('that goes on writing is one stranger, the latest, not one for each version', async () => {
    const { world, owner, twin, confidants } = await twins()
    // the twin does not hear of us
    world.net.intercept((_from, _to, request, next) => request.type === 'witness' ? undefined : next())
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    await putInVain(world, owner, 'of the owner')
    await world.until(() => owner.state === 'doubtful')

    for (let i = 1; i <= 4; i++) {
      await world.of(twin.put(`of the twin ${i}`, { timeout: 5_000 }))
      confidants.forEach(({ id }) => {
        world.net.disconnect(owner.process.port, id)
        world.net.connect(owner.process.port, id)
      })
      await world.run(20_000)
      confidants.forEach(({ id }) => { world.net.connect(twin.process.port, id) })
      await world.run(10_000)
    }

    expect(owner.aside[0]).toBe('of the twin 4')
    expect(owner.state).toBe('doubtful')
    expect(owner.stash.status().recovery.doubt?.records).toHaveLength(2)
  })

  it('is merged where there is a merge function', async () => {
    const { world, owner, twin } = await twins({ merge: both })
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    await world.of(owner.put('of the owner', { timeout: 5_000 }))
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('of the owner+of the twin')
    expect(owner.events('stash:doubt')).toEqual([])
  })

  it('that builds on what we wrote is told by STALE, and is no less a twin', async () => {
    const { world, owner, twin, confidants } = await twins()
    await world.of(twin.put('two'))
    await world.run(1_000)
    // a confidant returns to the owner, which refreshes its copy
    world.net.connect(owner.process.port, confidants[0]?.id ?? '')
    await world.run(5_000)

    expect(owner.state).toBe('doubtful')
    expect(owner.stash.status().recovery.doubt?.reason).toBe('ROLLBACK_SUSPECTED')
    expect(owner.aside).toEqual(['two'])
  })

  it('leaves a doubt to a person when the merge function fails', async () => {
    const { world, owner, twin } = await twins({ merge: () => { throw new Error('no') } })
    await world.of(twin.put('of the twin'))
    await world.run(1_000)
    await putInVain(world, owner, 'of the owner')
    await world.run(60_000)

    expect(owner.state).toBe('doubtful')
    expect(owner.aside).toEqual(['of the twin'])
    expect(owner.stash.status().recovery.doubt?.error).toBe('no')
  })
})
