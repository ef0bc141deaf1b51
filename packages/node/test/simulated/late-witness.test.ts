import { describe, expect, it } from 'vitest'
import { ASK_TIMEOUT, WITNESS_GRACE } from '../../src/constants.ts'
import { rollback } from './rolled-back.ts'
import { kept, World } from './world.ts'
import { stashed } from './stashed.ts'
import type { Nara } from './world.ts'
import type { Rollback } from './rolled-back.ts'

/** What `nara` is asked it answers so much later; by Infinity, never. */
function late (world: World, nara: Nara, ms: number): void {
  world.net.intercept(async (_from, to, _request, next) => {
    if (to === nara.id) {
      await new Promise<void>(resolve => {
        if (ms < Infinity) {
          world.clock.setTimer(resolve, ms)
        }
      })
    }

    return await next()
  })
}

/** The owner is back, and meets those that hold what is old, and one that has seen what is newer, and is slow to say so. */
async function meetLate (scene: Rollback, ms: number, isKnown: boolean): Promise<Array<{ at: number, confirmed: boolean, state: string }>> {
  const { world, owner, stale, witness } = scene
  const looks: Array<{ at: number, confirmed: boolean, state: string }> = []

  owner.kill()
  await owner.restart({ gossip: false, ...(isKnown ? { confidants: [witness.id] } : {}) })
  late(world, witness, ms)
  ;[...stale, witness].forEach(({ id }) => { world.net.connect(owner.id, id) })

  for (let at = 0; at < 40_000; at += 50) {
    await world.run(50)
    looks.push({ at, confirmed: owner.stash.status().recovery.confirmed, state: owner.state })
  }

  return looks
}

describe('a witness that is late', () => {
  for (const ms of [1_500, 2_000, 2_900]) {
    it(`is waited for if it is known, be it ${ms} ms: what it has seen is not covered up by "confirmed"`, async () => {
      const scene = await rollback()
      const looks = await meetLate(scene, ms, true)

      expect(looks.filter(({ confirmed }) => confirmed)).toEqual([])
      expect(looks.map(({ state }) => state)).not.toContain('settled')
      expect(scene.owner.state).toBe('doubtful')
      expect(scene.owner.events('stash:recovered')).toEqual([])
    })
  }

  it('is waited for a second if it is a stranger', async () => {
    const looks = await meetLate(await rollback(), 900, false)
    expect(looks.filter(({ confirmed }) => confirmed)).toEqual([])
  })

  it('that speaks after its time makes what was confirmed unconfirmed as soon as it does, and doubtful', async () => {
    const scene = await rollback()
    const looks = await meetLate(scene, 2_000, false)
    const confirmed = looks.filter(look => look.confirmed).map(({ at }) => at)

    // asked at once once more, it has two seconds to say it again
    expect(confirmed.length).toBeGreaterThan(0)
    expect(Math.min(...confirmed)).toBeGreaterThanOrEqual(WITNESS_GRACE - 100)
    expect(Math.max(...confirmed)).toBeLessThan(WITNESS_GRACE + 2_500)
    // while it is looked for, it is settled on what it does not say that it is sure of
    expect(looks.some(({ at, state }) => at > 5_000 && state === 'settled')).toBe(true)
    expect(scene.owner.state).toBe('doubtful')
    expect(scene.owner.stash.status().recovery).toMatchObject({ confirmed: false, undecided: 1 })
  })
})

describe('a healthy return', () => {
  async function returnOf (mute: (holders: readonly Nara[], spare: readonly Nara[]) => Nara | undefined, confidants: (spare: readonly Nara[]) => string[] = () => []): Promise<{ ms: number, confirmed: boolean }> {
    const { world, owner, holders, spare } = await stashed(6, { gossip: false })
    owner.kill()
    await owner.restart({ confidants: confidants(spare) })
    const nara = mute(holders, spare)

    if (nara != null) {
      late(world, nara, Infinity)
    }

    const from = world.clock.now()
    ;[...holders, ...spare].forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)

    return { ms: world.clock.now() - from, confirmed: owner.stash.status().recovery.confirmed }
  }

  it('is confirmed as soon as all have answered', async () => {
    const { ms, confirmed } = await returnOf(() => undefined)
    expect(confirmed).toBe(true)
    expect(ms).toBeLessThan(100)
  })

  it('costs what a stranger that is silent is given, and no more', async () => {
    const { ms, confirmed } = await returnOf((_, [stranger]) => stranger)
    expect(confirmed).toBe(true)
    expect(ms).toBeGreaterThan(WITNESS_GRACE - 1)
    expect(ms).toBeLessThan(WITNESS_GRACE + 100)
  })

  it('costs what a holder, or one that is known, is given if it is silent, and not its second question', async () => {
    for (const found of [await returnOf(([holder]) => holder), await returnOf((_, [known]) => known, ([known]) => [(known as Nara).id])]) {
      expect(found.confirmed).toBe(true)
      expect(found.ms).toBeGreaterThan(ASK_TIMEOUT - 1)
      expect(found.ms).toBeLessThan(ASK_TIMEOUT + 100)
    }
  })

  it('is not put off by strangers that keep coming and say nothing', async () => {
    const { world, owner, holders } = await stashed(6, { gossip: false })
    const strangers = await world.confidants(20, { gossip: false })
    strangers.forEach(nara => { late(world, nara, Infinity) })
    owner.kill()
    await owner.restart()
    const from = world.clock.now()
    holders.forEach(({ id }) => { world.net.connect(owner.id, id) })
    strangers.forEach(({ id }, i) => { world.clock.setTimer(() => { world.net.connect(owner.id, id) }, 5 + i * 500) })
    await world.settled(owner)

    expect(owner.stash.status().recovery.confirmed).toBe(true)
    expect(world.clock.now() - from).toBeLessThan(WITNESS_GRACE + 600)
  })
})

it('confirmed is not said in a doubt, nor of what was deleted since', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3, { gossip: false })
  await kept(world, owner, 'one')
  owner.kill()
  await owner.restart()
  confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
  expect(owner.stash.status().recovery.confirmed).toBe(true)

  const twin = owner.twin({ gossip: false })
  await twin.start()
  confidants.forEach(({ id }) => { world.net.connect(twin.process.port, id) })
  await world.settled(twin)
  await world.of(twin.stash.forgetStash({ timeout: 5_000 }))
  await world.until(() => owner.state === 'empty', 300_000)
  expect(owner.stash.status().recovery).toMatchObject({ confirmed: false, undecided: 0 })
})
