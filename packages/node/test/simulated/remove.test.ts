import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const minute = 60_000

interface Case {
  world: World
  owner: Nara
  /** A confidant. */
  one: Nara
  others: Nara[]
}

/** Why `one` is said to be no confidant any longer. */
const cases: Array<[string, (given: Case) => Promise<unknown> | void]> = [
  ['away', ({ one }) => { one.kill() }],
  ['failed', async ({ owner, one }) => { await one.process.parts.held.drop(owner.id, one.holds(owner) ?? '') }],
  ['failed', async ({ world, owner, one }) => {
    world.net.intercept((_from, to, request, next) => to === one.id && request.type === 'store' ? undefined : next())
    await world.of(owner.put('two'))
  }],
  ['refused', async ({ world, owner, one }) => {
    world.net.intercept((_from, to, request, next) => to === one.id && request.type === 'store' ? { type: 'refused', reason: 'over quota', retryAfter: minute } : next())
    await world.of(owner.put('two'))
  }],
  ['leaving', async ({ world, owner, one }) => {
    await world.of(one.process.port.ask(owner.id, { type: 'release', owner: owner.id, recordId: one.holds(owner) ?? '', reason: 'leaving' }))
  }],
  ['replaced', ({ owner, one, others }) => { owner.stash.setConfidants(others.filter(nara => nara !== one).slice(0, 3).map(({ id }) => id)) }],
  ['unpinned', async ({ world, owner, one, others }) => {
    owner.stash.setConfidants(owner.stash.confidants)
    await world.run(minute)
    owner.stash.setConfidants(others.filter(nara => nara !== one).slice(0, 3).map(({ id }) => id))
  }],
  ['trimmed', async ({ world, owner, one, others }) => {
    const [first, ...rest] = holdersAmong(others, owner).filter(nara => nara !== one) as [Nara, Nara]
    const pinned = [first, ...rest, others.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara]
    // it stays as a helper while one that is pinned cannot be stored with
    let full = true
    world.net.intercept((_from, to, request, next) => full && to === pinned[2]?.id && request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: 5_000 } : next())
    owner.stash.setConfidants([...pinned, one].map(({ id }) => id))
    await world.run(1_000)
    owner.process.parts.owning?.replication.choose(owner.stash.confidants, pinned.map(({ id }) => id))
    await world.run(1_000)
    full = false
  }],
  ['forgotten', ({ owner }) => { owner.stash.clearMyStash() }]
]

it.each(cases)('that a confidant is none any longer is told with the reason: %s', async (why, happen) => {
  const world = new World()
  const { owner, confidants } = await world.owned(7)
  await kept(world, owner, 'one')
  const [one] = holdersAmong(confidants, owner) as [Nara]
  await happen({ world, owner, one, others: confidants })
  await world.until(() => owner.events('confidant:remove').some(({ detail }) => (detail as { peer: string }).peer === one.id), 80 * minute)

  expect(owner.events('confidant:remove').map(({ detail }) => detail)).toContainEqual(expect.objectContaining({ peer: one.id, why }))
})
