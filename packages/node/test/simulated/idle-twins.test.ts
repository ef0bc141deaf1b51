import { describe, expect, it } from 'vitest'
import { MAX_RUMOURS } from '../../src/constants.ts'
import { recoveredTwin, twins, withoutBoots } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const minute = 60_000
const boot = (nara: Nara): string | undefined => nara.process.parts.owning?.own.boot

/** Each told of the other, once. */
function expectBothTold (owner: Nara, twin: Nara): void {
  expect(owner.events('stash:twin')).toMatchObject([{ detail: { boot: boot(twin), seq: '0' } }])
  expect(twin.events('stash:twin')).toMatchObject([{ detail: { boot: boot(owner), seq: '0' } }])
  expect([owner, twin].map(nara => nara.stash.status().twin?.boot)).toEqual([boot(twin), boot(owner)])
}

describe('two idle naras of one soul, neither of which hears the other speak', () => {
  it('are told of each other by those that are connected with both, at once', async () => {
    const { world, owner, twin } = await twins({ gossip: false })
    await world.run(1_000)
    expectBothTold(owner, twin)
    expect([owner.state, twin.state]).toEqual(['settled', 'settled'])

    await world.run(2 * 60 * minute)
    expect([owner, twin].map(nara => nara.events('stash:twin').length)).toEqual([1, 1])
  })

  it('are, though one has been quiet for half a day', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, { gossip: false })
    await kept(world, owner, 'one')
    await world.run(12 * 60 * minute)
    const twin = await recoveredTwin(world, owner, confidants)
    await world.run(1_000)
    expectBothTold(owner, twin)
  })

  it('are, though nothing was ever written', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(1, { gossip: false })
    const twin = await recoveredTwin(world, owner, confidants)
    expect([owner.state, twin.state]).toEqual(['empty', 'empty'])
    await world.run(1_000)
    expectBothTold(owner, twin)
  })

  it('are, once one of them wakes that slept when the other came', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, { gossip: false })
    await kept(world, owner, 'one')
    world.net.suspend(owner.process.port)
    await world.run(10 * minute)
    const twin = await recoveredTwin(world, owner, confidants)
    await world.run(10 * minute)
    expect(twin.events('stash:twin')).toEqual([])

    world.net.resume(owner.process.port)
    confidants.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    await world.run(10_000)
    expectBothTold(owner, twin)
  })

  it('are as before where the others do not know of any of this', async () => {
    const { world, owner, twin } = await twins({ gossip: false }, {}, withoutBoots)
    await world.run(60 * minute)
    expect([owner, twin].map(nara => nara.stash.status().twin)).toEqual([null, null])
    await world.of(twin.put('two'))
    await world.until(() => owner.state === 'doubtful', 60 * minute)
    expect(owner.stash.status().twin).toMatchObject({ boot: boot(twin), seq: '2' })
  })
})

describe('one process after another', () => {
  async function owned (): Promise<{ world: World, owner: Nara, confidants: Nara[] }> {
    const world = new World()
    const { owner, confidants } = await world.owned(4, { gossip: false })
    await kept(world, owner, 'one')

    return { world, owner, confidants }
  }

  async function nobodyTold (world: World, owner: Nara, confidants: readonly Nara[]): Promise<void> {
    confidants.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    await world.run(60 * minute)
    expect(owner.events('stash:twin')).toEqual([])
    expect(owner.stash.status().twin).toBeNull()
    expect(owner.state).toBe('settled')
  }

  for (const end of ['kill', 'cut'] as const) {
    it(`is no twin, whether it was killed or its power was cut: ${end}`, async () => {
      const { world, owner, confidants } = await owned()

      for (let i = 0; i < 3; i++) {
        owner[end]()
        await owner.restart()
        await nobodyTold(world, owner, confidants)
      }
    })
  }

  it('is none either if it is the same that slept, or that connects anew and again and again', async () => {
    const { world, owner, confidants } = await owned()

    for (const ms of [2_000, 20_000, 10 * minute]) {
      world.net.suspend(owner.process.port)
      await world.run(ms)
      world.net.resume(owner.process.port, { counted: true })
      await nobodyTold(world, owner, confidants)
    }

    for (let i = 0; i < 5; i++) {
      await nobodyTold(world, owner, confidants)
    }
  })
})

it('who makes up twins is not believed without end, and nothing but a line comes of it', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { gossip: false })
  await kept(world, owner, 'one')
  const [liar] = holdersAmong(confidants, owner) as [Nara]

  for (let i = 0; i < 50; i++) {
    await world.of(liar.process.port.ask(owner.id, { type: 'witness', twin: i.toString(16).padStart(16, '0') }))
  }

  expect(owner.events('stash:twin')).toHaveLength(MAX_RUMOURS)
  expect(owner.state).toBe('settled')
  expect((await world.of(owner.put('two'))).outcome).toBe('kept')
  // one of its own is none
  await world.of(liar.process.port.ask(owner.id, { type: 'witness', twin: boot(owner) as string }))
  expect(owner.events('stash:twin')).toHaveLength(MAX_RUMOURS)
})
