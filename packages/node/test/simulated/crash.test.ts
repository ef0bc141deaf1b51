import { describe, expect, it, vi } from 'vitest'
import { acknowledgedElsewhere, forgottenByOne, vouchedForAfterRefill, writtenSince } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

// eight recoveries each, on a machine that may be busy
vi.setConfig({ testTimeout: 60_000 })

/** Every choice of three holders to meet first, as bits. */
const SUBSETS = [0, 1, 2, 3, 4, 5, 6, 7]

describe('a crash of the owner in the middle of a store', () => {
  for (const acks of [0, 1, 2, 3]) {
    for (const moved of [false, true]) {
      it(`after ${acks} acknowledgements${moved ? ' and a change of placement' : ''}: what minCopies have is never lost in silence`, async () => {
        for (const subset of SUBSETS) {
          const { owner, world } = await crashed(acks, moved, subset)
          const label = `met first: ${subset.toString(2).padStart(3, '0')}`

          if (acks >= 2 && owner.state !== 'doubtful') {
            expect(owner.text, label).toBe('two')
          } else if (acks === 1 && owner.state !== 'doubtful') {
            // adopted, or taken into the past and said
            expect([owner.text, ...owner.aside], label).toContain('two')
          } else if (acks === 0) {
            expect(owner.text, label).toBe('one')
          }

          expect(['settled', 'doubtful'], label).toContain(owner.state)

          if (owner.state === 'settled') {
            await world.until(() => owner.stash.status().copies.have === 3)
          }
        }
      })
    }
  }
})

it('who offers a copy while a store is under way learns nothing that a crash would leave behind', async () => {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')

  // every body is still on its way when the owner dies, and its holders offered it the version before
  const stop = world.net.intercept((from, _to, request, next) => from === owner.id && request.type === 'store' ? undefined : next())
  void owner.put('two').catch(() => {})
  await world.run(50)
  const offers = Promise.all(confidants.map(async ({ stash }) => await stash.pushTo(owner.id)))
  await world.of(offers)
  owner.kill()
  stop()

  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)
  expect(owner.text).toBe('one')
  expect(await world.of(owner.put('three', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept' })
  expect(owner.state).toBe('settled')
})

/** "two" was acknowledged by so many when the owner died; its next process meets some first, and then all. */
async function crashed (acks: number, moved: boolean, subset: number): Promise<{ owner: Nara, world: World }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(4, { repairDelay: 1_000 })
  await kept(world, owner, 'one')

  if (moved) {
    const [gone] = holdersAmong(confidants, owner) as [Nara]
    world.net.disconnect(owner.id, gone.id)
    await world.until(() => !owner.stash.confidants.includes(gone.id) && owner.stash.status().copies.have === 3)
    world.net.connect(owner.id, gone.id)
  }

  const holders = holdersAmong(confidants, owner)
  const stop = world.net.intercept((_from, to, request, next) =>
    request.type === 'store' && !holders.slice(0, acks).some(({ id }) => id === to) ? undefined : next())
  void owner.put('two').catch(() => {})
  await world.until(() => owner.stash.status().copies.have === acks && owner.text === 'two')
  await world.run(50)
  owner.kill()
  stop()

  await owner.restart()
  holders.filter((_, i) => (subset & 1 << i) !== 0).forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.run(15_000)
  world.net.connectAll()
  await world.run(60_000)

  return { owner, world }
}

describe('a record is acknowledged under one placement', () => {
  it('is sealed anew if a holder out of reach may have it under another', async () => {
    expect(await acknowledgedElsewhere()).toEqual({ text: 'two', state: 'settled' })
  })

  it('and is confirmed by nobody who has lost it', async () => {
    expect(await forgottenByOne()).toEqual({ text: 'two', state: 'settled' })
  })

  it('and an unconfirmed recovery stores nothing under the placement that it found', async () => {
    expect((await vouchedForAfterRefill()).state).toBe('doubtful')
  })

  it('and what was kept is in doubt, not set aside, though all who are here took what was written since', async () => {
    expect(await writtenSince()).toEqual({ text: 'three', state: 'doubtful' })
  })
})

it('a placement change that its holders have not heard of does not hide the stash', async () => {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(5, { repairDelay: 1_000 })
  await kept(world, owner, 'one')
  const [gone, ...others] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  // the third holder's replacement is chosen, and nobody takes the new placement
  world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
  world.net.disconnect(owner.id, gone.id)
  await world.until(() => !owner.stash.confidants.includes(gone.id))
  owner.kill()
  await owner.restart()
  others.forEach(({ id }) => { world.net.connect(owner.id, id) })

  expect(await world.settled(owner)).toBe('settled')
  expect(owner.text).toBe('one')
  expect(owner.stash.status().recovery.confirmed).toBe(true)
})
