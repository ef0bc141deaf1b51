import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { before, runUntilFailure, stateOf, steps } from '../crash-steps.ts'
import { FragileDisk, lucky, unlucky } from './fragile-disk.ts'
import { over, restarted, stashFiles } from './over-files.ts'
import type { Fault, Luck } from './fragile-disk.ts'
import type { State } from '../crash-steps.ts'
import type { DamagedStash } from '../../../src/held/stash-store.ts'

const LUCK: ReadonlyArray<[string, Luck]> = [['nothing', unlucky], ['everything', lucky]]
const FAILURES = ['ENOSPC', 'EDQUOT', 'EIO'] as const

/** A luck that always falls the same way for one seed. */
function luckOf (seed: number): Luck {
  let state = seed >>> 0

  return choices => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0

    return Math.floor(state / 2 ** 32 * choices)
  }
}

async function count (): Promise<number> {
  const disk = new FragileDisk()
  const held = over(disk)
  await held.start()

  for (const step of steps) {
    await step.run(held)
    expect(await stateOf(held), step.name).toStrictEqual(step.after)
  }

  return disk.operations.length
}

/** What was acknowledged is there after a crash, and what failed is there or not: never anything older, and nothing that was deleted. */
async function crashes (faults: Fault[], luck: Luck): Promise<void> {
  const dying = new FragileDisk(faults)
  const held = over(dying)
  let failed = await held.start().then(async () => await runUntilFailure(held), () => 0)

  // the process lives on after a fault that is no crash: it tries the same again
  for (let tries = 0; tries < 2 && failed < steps.length; tries++) {
    failed = await runUntilFailure(held, failed)
  }

  const damaged: DamagedStash[] = []
  const after = await restarted(dying, luck, damaged)
  const state = await stateOf(after.held)

  // on a full disk a tombstone that is heard of ends its copy and may not be kept itself
  const seen = faults.some(isOfFullDisk) ? copies : (state: State) => state
  expect([...possible(failed), ...seen === copies ? [without(failed)] : []].map(seen)).toContainEqual(seen(state))
  expect(damaged).toStrictEqual([])
  expect(stashFiles(after.disk).length).toBeLessThanOrEqual(2 * state.size)
  // and the house stands: the rest goes on from there
  expect(await runUntilFailure(after.held, failed)).toBe(steps.length)
  expect(seen(await stateOf((await restarted(after.disk)).held))).toStrictEqual(seen(before(steps.length)))
}

/** A write that takes nothing is one, too. */
function isOfFullDisk ({ outcome, happens }: Fault): boolean {
  return outcome === 'ENOSPC' || outcome === 'EDQUOT' || (outcome === 'short' && Number(happens) === 0)
}

/** All but tombstones. */
function copies (state: State): State {
  return new Map([...state].filter(([, what]) => !what.startsWith('tombstone')))
}

function possible (failed: number): State[] {
  return [before(failed), before(failed + 1)]
}

describe('held stashes in a folder', () => {
  it('change it as often as this test believes, so that it hits every operation', async () => {
    expect(await count()).toBeGreaterThan(100)
  })

  it.each(LUCK)('find what was acknowledged after a power cut at any operation, if %s survives of what was not synced', async (_, luck) => {
    const operations = await count()

    for (let at = 0; at < operations; at++) {
      if (luck === unlucky) {
        await crashes([{ at, happens: false, outcome: 'crash' }], luck)
      }

      await crashes([{ at, happens: true, outcome: 'crash' }], luck)
    }
  })

  it.each(FAILURES)('keep what they had through %s at any operation, and do it when asked again', async failure => {
    const operations = await count()
    let failures = 0

    for (let at = 0; at < operations; at++) {
      const disk = new FragileDisk([{ at, happens: at % 2 === 0, outcome: failure }])
      const held = over(disk)
      const failed = await held.start().then(async () => await runUntilFailure(held), async () => {
        await held.start()

        return await runUntilFailure(held)
      })
      const state = await stateOf(held)
      // a copy may be gone from the disk when its tombstone could not be kept, or be there with a tombstone that nobody was told of
      expect(steps[failed]?.name.includes('tombstone') === true ? [...possible(failed), without(failed)] : [before(failed)]).toContainEqual(state)
      failures += failed < steps.length ? 1 : 0
      expect(await runUntilFailure(held, failed)).toBe(steps.length)
      expect(await stateOf((await restarted(disk)).held)).toStrictEqual(before(steps.length))
    }

    expect(failures).toBeGreaterThan(20)
  })

  it('take a write that takes nothing for a full disk', async () => {
    const [nothing, crash] = [{ at: 102, happens: false, outcome: 'short' as const }, { happens: 0, outcome: 'crash' as const }]

    await crashes([nothing, { at: 105, ...crash }], unlucky)
    await crashes([nothing, { at: 104, happens: false, outcome: 'EIO' }, { at: 106, ...crash }], unlucky)
  })

  it('stand any faults, followed by a power cut, wherever they fall and whatever survives', async () => {
    const operations = await count()
    const at = fc.nat(operations + 10)
    const failing = fc.record({ at, happens: fc.oneof(fc.boolean(), fc.nat(300)), outcome: fc.constantFrom(...FAILURES, 'short' as const) })
    const crash = fc.record({ at, happens: fc.oneof(fc.boolean(), fc.nat(300)), outcome: fc.constant('crash' as const) })

    await fc.assert(fc.asyncProperty(failing, failing, crash, fc.nat(), async (one, two, last, seed) => {
      await crashes([one, two, last], luckOf(seed))
    }), { numRuns: 200 })
  })
})

/** Before a step that buries a copy, but without the copy. */
function without (failed: number): State {
  const [from, to] = [before(failed), before(failed + 1)]

  return new Map([...from].filter(([owner, what]) => to.get(owner) === what))
}
