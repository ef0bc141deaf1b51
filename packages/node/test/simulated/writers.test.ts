import fc from 'fast-check'
import { beforeEach, expect, it, vi } from 'vitest'
import { runWriters } from './writers.ts'
import type { WriteResult } from '../../src/api.ts'
import type { joins } from '../../src/policy/coalescing.ts'
import type { ComingVersion, Sealed } from '../../src/services/owner/coming-version.ts'
import type { Act, WritersInit } from './writers.ts'

/** Which bug is in. What is asserted of the answers must then be wrong: a property that cannot fail shows nothing. */
const planted = vi.hoisted(() => ({ bug: '' }))

vi.mock('../../src/services/owner/coming-version.ts', async (original) => {
  const real = await original<{ ComingVersion: typeof ComingVersion }>()
  let before: Promise<WriteResult> | undefined

  class Hasty extends real.ComingVersion {
    override sealed (sealed: Sealed): void {
      before = sealed.outcome({})
      super.sealed(sealed)
    }

    override async add (...write: Parameters<ComingVersion['add']>): Promise<WriteResult> {
      const answer = super.add(...write)

      return planted.bug === 'the version before' && before != null ? await before : await answer
    }
  }

  return { ...real, ComingVersion: Hasty }
})

vi.mock('../../src/policy/coalescing.ts', async (original) => {
  const real = await original<{ joins: typeof joins }>()

  return {
    ...real,
    joins: (...[coming, write, situation]: Parameters<typeof joins>) => {
      const open = coming == null ? coming : { ...coming, isClosed: false, waited: write.waited }

      return real.joins(planted.bug === 'over a decision' ? open : coming, write, situation)
    }
  }
})

beforeEach(() => { planted.bug = '' })

/** `WRITERS=2000 vitest run packages/node/test/simulated/writers.test.ts` tries more. */
const RUNS = Number(process.env.WRITERS ?? 60)

const holder = fc.nat(3)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      count: fc.integer({ min: 1, max: 6 }),
      gap: fc.constantFrom(0, 0, 1, 10, 100),
      timeout: fc.constantFrom(0, 0, 0, 50, 5_000, 60_000),
      abort: fc.integer({ min: 0, max: 9 }).map(n => n === 0)
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 30, 400, 1_500, 20_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('mode' as const), holder, mode: fc.constantFrom('well' as const, 'well' as const, 'refuses' as const, 'limits' as const, 'is mute' as const, 'resets' as const)
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'turn' as const, 'turn' as const), holder }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('forget' as const, 'decide' as const, 'decide' as const, 'restart' as const, 'read' as const) }) }
)

const init: fc.Arbitrary<WritersInit> = fc.record({
  seed: fc.nat(),
  latency: fc.constantFrom(2, 40, 400),
  acts: fc.array(act, { minLength: 3, maxLength: 30, size: 'max' })
})

it('whoever is told "kept" is, all are answered, and in order, whatever becomes of the holders', async () => {
  const sum = { kept: 0, notKept: 0, coalesced: 0, rejected: 0, boundaries: 0, recoveries: 0 }

  await fc.assert(fc.asyncProperty(init, async init => {
    const { wrong, tally } = await runWriters(init)

    expect(wrong.join('\n')).toBe('')
    Object.keys(sum).forEach(key => { sum[key as keyof typeof sum] += tally[key as keyof typeof tally] })
  }), { numRuns: RUNS })

  // there was much to get wrong
  expect(sum.kept).toBeGreaterThan(8 * RUNS)
  expect(sum.coalesced).toBeGreaterThan(2 * RUNS)
  expect(sum.notKept).toBeGreaterThan(RUNS / 2)
  expect(sum.rejected).toBeGreaterThan(RUNS / 10)
  expect(sum.boundaries).toBeGreaterThan(RUNS / 10)
  expect(sum.recoveries).toBeGreaterThan(RUNS / 10)
}, RUNS * 2_000)

const writes = { do: 'write', count: 3, gap: 0, timeout: 0, abort: false } as const

it.each<[string, string, Act[], RegExp]>([
  ['a caller has the outcome of the version before', 'the version before', [writes, { do: 'kill', holder: 0 }, writes], /is told of version/],
  ['a write shares a version over a deletion', 'over a decision', [writes, { do: 'forget' }, { ...writes, count: 1 }], /was the last one/]
])('that would be noticed: %s', async (_, bug, acts, says) => {
  const runs = Array.from({ length: 10 }, (_, seed) => ({ seed, latency: 40, acts }))
  const wrong: string[] = []

  planted.bug = bug

  for (const run of runs) {
    wrong.push(...(await runWriters(run)).wrong)
  }

  expect(wrong.join('\n')).toMatch(says)
  planted.bug = ''

  for (const run of runs) {
    expect((await runWriters(run)).wrong).toEqual([])
  }
}, 60_000)
