import { describe, expect, it } from 'vitest'
import { AUDIT_INTERVAL, AUDIT_JITTER, TAKEOVER_WAIT } from '../../src/constants.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000
const minute = 60 * second
/** Until each holder was challenged at least once. */
const round = AUDIT_INTERVAL * (1 + AUDIT_JITTER)

interface Kept { world: World, owner: Nara, holder: Nara, spare: Nara[] }

async function stashed (): Promise<Kept> {
  const world = new World()
  const { owner, confidants } = await world.owned(6)
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner)

  return { world, owner, holder: holders[0] as Nara, spare: confidants.filter(nara => !holders.includes(nara)) }
}

/** The records that the owner told `nara` to let go of, from here on. */
function releases (world: World, owner: Nara, nara: Nara): string[] {
  const told: string[] = []

  world.net.intercept((from, to, request, next) => {
    if (request.type === 'release' && from === owner.id && to === nara.id && request.reason === 'trimmed') {
      told.push(request.recordId)
    }

    return next()
  })

  return told
}

/** `liar` answers challenges with what is no proof. */
function lies (world: World, liar: Nara): void {
  world.net.intercept(async (_from, to, request, next) => {
    const answer = await next()

    return to === liar.id && answer.type === 'proof' ? { ...answer, proof: new Uint8Array(32) } : answer
  })
}

it('a confidant that is chosen anew, while it is being told to let go, is stored with once more', async () => {
  const { world, owner, holder, spare } = await stashed()
  const before = owner.stash.confidants
  const record = holder.holds(owner)
  let told = false
  world.net.intercept(async (from, to, request, next) => {
    if (request.type === 'release' && from === owner.id && to === holder.id) {
      told = true
      await new Promise<void>(resolve => { world.clock.setTimer(resolve, 3 * second) })
    }

    return await next()
  })
  owner.stash.setConfidants(spare.map(({ id }) => id))
  await world.until(() => told, 10 * second)
  owner.stash.setConfidants(before)
  await world.until(() => holder.holds(owner) == null, 5 * second)

  await world.until(() => holder.holds(owner) === record, 10 * second)
})

describe('a confidant that was replaced', () => {
  it.each(['leaving', 'lease'] as const)('since it lets go (%s) is let go of as soon as the others have the stash', async reason => {
    const { world, owner, holder } = await stashed()
    const told = releases(world, owner, holder)
    const record = holder.holds(owner) ?? ''
    await world.of(holder.process.port.ask(owner.id, { type: 'release', owner: owner.id, recordId: record, reason }))
    await world.until(() => holder.holds(owner) == null, 2 * second)

    expect(owner.stash.status().copies.have).toBe(3)
    expect(owner.stash.confidants).not.toContain(holder.id)
    await world.run(10 * minute)
    expect(told).toEqual([record])
    expect(owner.stash.confidants).not.toContain(holder.id)
  })

  it('since it lets go is not let go of before somebody has its place', async () => {
    const { world, owner, holder, spare } = await stashed()
    const told = releases(world, owner, holder)
    let blocked = true
    world.net.intercept((_from, to, request, next) => blocked && request.type === 'store' && spare.some(({ id }) => id === to)
      ? { type: 'refused', reason: 'rate limited', retryAfter: second }
      : next())
    await world.of(holder.process.port.ask(owner.id, { type: 'release', owner: owner.id, recordId: holder.holds(owner) ?? '', reason: 'leaving' }))
    await world.run(5 * second)
    expect(told).toEqual([])

    blocked = false
    await world.until(() => holder.holds(owner) == null, minute)
    expect(owner.stash.status().copies.have).toBe(3)
  })

  it('does not wait for its owner any longer when it leaves', async () => {
    const { world, owner, holder } = await stashed()
    // it has heard that its owner is settled, and who has room
    await world.run(minute)
    const started = world.clock.now()
    await world.of(holder.stop())

    expect(world.clock.now() - started).toBeLessThan(TAKEOVER_WAIT / 2)
    expect(owner.stash.status().copies.have).toBe(3)
  })

  it('since its proof was wrong is let go of once, as it may have a copy all the same', async () => {
    const { world, owner, holder } = await stashed()
    const told = releases(world, owner, holder)
    const record = holder.holds(owner)
    lies(world, holder)
    await world.until(() => !owner.stash.confidants.includes(holder.id), round)
    await world.until(() => holder.holds(owner) == null, 2 * second)

    expect(owner.stash.status().copies.have).toBe(3)
    await world.run(5 * minute)
    expect(told).toEqual([record])
  })

  it('since it has an older version is told to let go of that', async () => {
    const { world, owner, holder } = await stashed()
    const old = holder.holds(owner)
    // it says that it took the newer one, and did not
    world.net.intercept((from, to, request, next) => from === owner.id && to === holder.id && request.type === 'store' ? { type: 'stored' } : next())
    const told = releases(world, owner, holder)
    await kept(world, owner, 'two')
    expect(holder.holds(owner)).toBe(old)
    await world.until(() => !owner.stash.confidants.includes(holder.id), 2 * round)
    await world.until(() => holder.holds(owner) == null, 2 * second)

    expect(told).toEqual([old])
  })

  it('since a newer version did not reach it is told to let go of the older one that it has', async () => {
    const { world, owner, holder } = await stashed()
    const old = holder.holds(owner)
    // what it said is forgotten with its connection, and while it is a holder its older copy is no surplus
    world.net.disconnect(owner.id, holder.id)
    await kept(world, owner, 'two', 2)
    world.net.intercept((from, to, request, next) => from === owner.id && to === holder.id && request.type === 'store' ? undefined : next())
    const told = releases(world, owner, holder)
    world.net.connect(owner.id, holder.id)
    await world.until(() => !owner.stash.confidants.includes(holder.id), 10 * minute)
    await world.run(minute)

    expect(holder.holds(owner)).toBeUndefined()
    expect(told.at(-1)).toBe(old)
  })
})
