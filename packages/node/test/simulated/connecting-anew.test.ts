import { describe, expect, it } from 'vitest'
import { apart } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

/** None of them ever answers. */
function silence (world: World, naras: readonly Nara[]): void {
  world.net.intercept((_from, to, _request, next) => naras.some(({ id }) => id === to) ? undefined : next())
}

/** Every 5 s for `ms`, one of them after the other opens one more connection to `owner`. */
async function connecting (world: World, owner: Nara, naras: readonly Nara[], ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 5_000) {
    world.net.connect((naras[at / 5_000 % naras.length] as Nara).id, owner.id)
    await world.run(5_000)
  }
}

describe.each([['one peer that connects again and again, and never answers,', 1], ['ever other peers that connect, and never answer,', 40]])('%s', (_, count) => {
  it('cannot keep an owner from knowing that there is nothing', async () => {
    const world = new World()
    const owner = await world.nara()
    const [honest, ...naras] = await world.confidants(1 + count) as [Nara, ...Nara[]]
    silence(world, naras)
    world.net.connect(honest.id, owner.id)
    await connecting(world, owner, naras, 60_000)

    expect(owner.state).toBe('empty')
  })

  it('cannot keep an owner from settling on what it found, nor from writing', async () => {
    const { world, owner, stale, naras } = await restarted(count)
    world.net.connect(stale.id, owner.id)
    const write = owner.put('more').catch((err: unknown) => err)
    await connecting(world, owner, naras, 60_000)

    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('old')
    expect(await world.of(write)).toMatchObject({ name: 'RecoveredFirstError' })
  })

  it('cannot keep an owner from saying that its stash is lost', async () => {
    const { world, owner, naras, others: [empty] } = await restarted(count, true)
    world.net.connect(empty.id, owner.id)
    await connecting(world, owner, naras, 90_000)

    expect(owner.state).toBe('doubtful')
    expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'LOST' })
  })

  it('cost no holder that has just come the time for its answer, nor is one unheard that comes later', async () => {
    for (const after of [20_000, 60_000]) {
      const { world, owner, naras, others: [empty], fresh } = await restarted(count)
      world.net.connect(empty.id, owner.id)
      await connecting(world, owner, naras, after)
      const before = owner.state
      // it answers what it is asked once more
      let asked = 0
      world.net.intercept((_from, to, request, next) => to === fresh.id && request.type === 'fetch' && asked++ === 0 ? undefined : next())
      world.net.intercept((from, _to, request, next) => from === fresh.id && request.type === 'offer' ? undefined : next())
      world.net.connect(fresh.id, owner.id)
      await connecting(world, owner, naras, 60_000)

      expect([after, before]).toStrictEqual([after, after === 20_000 ? 'searching' : 'empty'])
      expect([owner.state, owner.text]).toStrictEqual(['settled', 'new'])
      expect(statesOf(owner).includes('empty')).toBe(after === 60_000)
    }
  })
})

it('who comes after long silence together with others is heard, however long ago the first was met', async () => {
  const { world, owner, naras, others: [empty], stale, fresh } = await restarted(1)
  await connecting(world, owner, naras, 5_000)
  await world.run(600_000)
  expect(owner.state).toBe('searching')
  // the farther, the more one knows
  const holding = [empty, stale, fresh]
  holding.forEach(({ id }, i) => { world.net.setLink(owner.id, id, { latency: [1 + 400 * i, 1 + 400 * i] }) })
  world.net.intercept((_from, _to, request, next) => request.type === 'offer' ? undefined : next())
  holding.forEach(({ id }) => { world.net.connect(id, owner.id) })
  await world.settled(owner)

  expect(owner.text).toBe('new')
  expect(statesOf(owner)).not.toContain('empty')
  expect(owner.events('stash:recovered')).toHaveLength(1)
})

function statesOf (owner: Nara): string[] {
  return owner.events('stash:state').map(({ detail }) => (detail as { state: string }).state)
}

interface Restarted {
  world: World
  owner: Nara
  /** It has "old". */
  stale: Nara
  /** It has "new". */
  fresh: Nara
  /** They have nothing. */
  others: [Nara, Nara]
  /** They never answer. */
  naras: Nara[]
}

/** An owner whose process is another, connected to nobody; `knowing` that it had something. */
async function restarted (count: number, knowing = false): Promise<Restarted> {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  apart(world, owner.id)
  await kept(world, owner, 'old')
  const [stale, fresh] = holdersAmong(confidants, owner) as [Nara, Nara]
  world.net.disconnect(owner.id, stale.id)
  await world.of(owner.put('new'))
  const { watermark } = owner
  owner.kill()
  const others = await world.confidants(2 + count)
  silence(world, others.slice(2))
  await owner.restart(knowing ? { lastKnown: watermark } : {})

  return { world, owner, stale, fresh, others: others.slice(0, 2) as [Nara, Nara], naras: others.slice(2) }
}
