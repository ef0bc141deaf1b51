import { MemoryDatastore } from 'datastore-core'
import { expect, it } from 'vitest'
import { comesBack, holdersNow, ownerAway } from './absent-owner.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { HeldStash } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second

const heldBy = (nara: Nara, owner: Nara): HeldStash => nara.process.parts.held.get(owner.id) as HeldStash

/** Says to `to` that it has what `stash` is; returns what `to` thinks of that. */
async function show (world: World, from: Nara, to: Nara, { record, placement }: HeldStash): Promise<string> {
  const offer = { type: 'offer' as const, record, placement, direct: false, liveHolders: [], leaseRemaining: 600_000, body: new Uint8Array(record.bodyLength) }

  return (await world.of(from.process.port.ask(to.id, offer))).type
}

it('a stranger that connects again and again and proves nothing does not keep the holders from repairing', async () => {
  const { world, owner, holders: [a, b, c], others } = await ownerAway()
  const stranger = others.find(nara => nara.holds(owner) == null) as Nara
  world.net.intercept((_, to, request, next) => request.type === 'challenge' && to === stranger.id ? undefined : next())

  for (const holder of [b, c]) {
    expect(await show(world, stranger, holder, heldBy(a, owner))).toBe('have')
  }

  a.kill()

  for (let i = 0; i < 20; i++) {
    [b, c].forEach(holder => {
      world.net.disconnect(stranger.id, holder.id)
      world.net.connect(stranger.id, holder.id)
    })
    await world.run(9 * second)
  }

  expect(holdersNow(world, owner).filter(nara => nara !== stranger)).toHaveLength(3)
})

it('nor does one of the confidants, for longer than those that are here are waited for', async () => {
  const { world, owner, holders: [a, b, c] } = await ownerAway()
  world.net.intercept((_, to, request, next) => request.type === 'challenge' && to === b.id ? { type: 'busy', retryAfter: second } : next())
  a.kill()

  for (let i = 0; i < 20; i++) {
    world.net.disconnect(b.id, c.id)
    world.net.connect(b.id, c.id)
    await world.run(9 * second)
  }

  expect(holdersNow(world, owner).filter(nara => nara !== b).length).toBeGreaterThanOrEqual(2)
})

it('a holder that leaves hands on what it has though another one, which is dead, does not answer', async () => {
  const { world, owner, holders: [a, b, c] } = await ownerAway({ lingerMs: 10 * minute })
  await world.run(5 * minute)
  b.cut()
  await world.run(5 * second)
  await world.of(a.stop())

  expect(a.events('leave').map(({ detail }) => (detail as { handedOn: number }).handedOn)).toStrictEqual([1])
  expect(holdersNow(world, owner).filter(nara => nara !== c).length).toBeGreaterThanOrEqual(1)
})

it('nor does one keep it that is asked to take it and never says that it did', async () => {
  const { world, holders: [a] } = await ownerAway()
  await world.run(5 * minute)
  let silent: string | undefined
  world.net.intercept((_, to, request, next) => request.type === 'store' && to === (silent ??= to) ? undefined : next())
  await world.of(a.stop())

  expect(silent).toBeDefined()
  expect(a.events('leave').map(({ detail }) => (detail as { handedOn: number }).handedOn)).toStrictEqual([1])
})

it('those who leave hand on what is superseded if nobody who is here has the newer', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const others = await world.confidants(6)
  world.net.connectAll()
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(others, owner) as [Nara, Nara, Nara]
  // the newer one goes nowhere from there
  world.net.intercept((from, to, request, next) =>
    (from === owner.id && request.type === 'store' && to !== a.id) || (from === a.id && request.type === 'offer') ? undefined : next())
  void owner.put('two').catch(() => {})
  await world.until(() => a.holds(owner) !== b.holds(owner))
  owner.kill()
  // the others hear that there is one
  await world.run(5 * second)
  a.kill()
  await world.run(minute)
  expect([b, c].map(nara => nara.holds(owner) != null)).toStrictEqual([true, true])
  await world.of(b.stop())
  b.kill()
  await world.of(c.stop())
  c.kill()
  await world.run(minute)

  expect(holdersNow(world, owner).length).toBeGreaterThanOrEqual(1)
})

it('who shows an older one and was never seen to hold anything is not sent the body', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const others = await world.confidants(6)
  world.net.connectAll()
  await kept(world, owner, 'one')
  const [a, b] = holdersAmong(others, owner) as [Nara, Nara]
  const older = heldBy(a, owner)
  await kept(world, owner, 'two')
  owner.kill()
  const stranger = others.find(nara => nara.holds(owner) == null) as Nara
  world.net.intercept((_, to, request, next) => request.type === 'challenge' && to === stranger.id ? { type: 'other', record: older.record, leaving: false } : next())
  await world.run(minute)
  expect(await show(world, stranger, b, older)).toBe('newer')
  await world.run(10 * minute)

  expect(stranger.holds(owner)).toBeUndefined()
  expect(holdersNow(world, owner)).toHaveLength(3)
})

it('a holder that cannot read its own copy judges nobody by it, and does not ask again and again', async () => {
  const world = new World()
  const datastore = new MemoryDatastore()
  const owner = await world.nara({ fresh: true })
  const blind = await world.nara({ fresh: true, datastore })
  await world.confidants(2)
  const [, ...rest] = world.naras
  world.net.connectAll()
  await kept(world, owner, 'one')
  const spare = await world.confidants(3)
  world.net.connectAll()
  owner.kill()
  await world.run(minute)
  datastore.get = () => { throw new Error('EIO: i/o error, read') }
  let asked = 0
  world.net.intercept((from, _, request, next) => {
    asked += Number(from === blind.id && request.type === 'challenge')

    return next()
  })
  await world.run(60 * minute)

  expect(asked).toBeLessThanOrEqual(2 * rest.length)
  expect(blind.events('held:audited').filter(({ detail }) => (detail as { verdict: string }).verdict === 'failed')).toStrictEqual([])
  expect(spare.filter(nara => nara.holds(owner) != null).length).toBeLessThanOrEqual(1)
  expect(await comesBack(world, owner)).toBe('one')
})
