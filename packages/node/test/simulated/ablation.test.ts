import { beforeEach, expect, it, vi } from 'vitest'
import { acknowledgedElsewhere, forgottenByOne, vouchedForAfterRefill } from './cut-short.ts'
import { runSchedule } from './schedule.ts'
import type { isCutShort } from '../../src/services/owner/cut-short.ts'
import type { Exposure } from '../../src/services/replication/exposure.ts'
import type { Placements } from '../../src/services/replication/placements.ts'
import type { Decision, settle, SettleInput } from '../../src/policy/settle.ts'
import type { meaningOf } from '../../src/policy/surprise.ts'

/** Which rule is left out. The schedules must then lose something: a test that cannot fail shows nothing. */
const broken = vi.hoisted(() => ({ rule: '' }))

vi.mock('../../src/policy/settle.ts', async (original) => {
  const real = await original<{ settle: typeof settle }>()

  return {
    ...real,
    settle: (input: SettleInput): Decision => {
      const answers = broken.rule === 'an empty or refilled holder confirms'
        ? input.answers.map(answer => answer.status === 'answered' ? { ...vouching(answer, input), direct: true } : answer)
        : input.answers
      const decision = real.settle({ ...input, answers })

      return broken.rule === 'the first answer wins' ? firstAnswer(input, decision) : decision
    }
  }
})

vi.mock('../../src/policy/surprise.ts', async (original) => {
  const real = await original<{ meaningOf: typeof meaningOf }>()

  return {
    ...real,
    meaningOf: (surprise: Parameters<typeof meaningOf>[0]) => broken.rule === 'any placement shows a leftover' && !surprise.covered && surprise.content != null
      ? 'leftover'
      : real.meaningOf(surprise)
  }
})

// what the first answer missed would be found out when its holders are asked once more
vi.mock('../../src/services/owner/cut-short.ts', async (original) => {
  const real = await original<{ isCutShort: typeof isCutShort }>()

  return {
    ...real,
    isCutShort: async (...asked: Parameters<typeof isCutShort>) => broken.rule === 'the first answer wins' || await real.isCutShort(...asked)
  }
})

vi.mock('../../src/services/replication/exposure.ts', async (original) => {
  const real = await original<{ Exposure: typeof Exposure }>()

  return {
    ...real,
    Exposure: class extends real.Exposure {
      override underAnother (placement: string | undefined): string[] {
        return broken.rule === 'a record is acknowledged under any placement' ? [] : super.underAnother(placement)
      }
    }
  }
})

vi.mock('../../src/services/replication/placements.ts', async (original) => {
  const real = await original<{ Placements: typeof Placements }>()

  return {
    ...real,
    Placements: class extends real.Placements {
      override adopt (...[placement, confirmed]: Parameters<Placements['adopt']>): void {
        super.adopt(placement, confirmed || broken.rule === 'a placement outlives an unconfirmed recovery')
      }

      override forOwnRecord (): void {
        if (broken.rule !== 'a placement outlives an unconfirmed recovery') {
          super.forOwnRecord()
        }
      }
    }
  }
})

/** Holders that have nothing, or a copy from somebody else, speak as if the owner had given them this very record. */
function vouching (answer: SettleInput['answers'][number], { answers }: SettleInput): SettleInput['answers'][number] {
  const holding = answers.find(({ record }) => record != null)

  return answer.record != null || holding?.record == null ? answer : { ...answer, record: holding.record, ...(holding.placement == null ? {} : { placement: holding.placement }) }
}

function firstAnswer ({ answers, readable }: SettleInput, decision: Decision): Decision {
  const first = answers.find(({ record }) => record != null && readable.has(record.id))

  return first?.record == null || first.placement == null
    ? decision
    : { type: 'settled', best: first.record, placement: first.placement, confirmed: true, mayBeDeleted: false, answered: 1, of: answers.length }
}

/** More than any of these rules needs. */
const MOST = Number(process.env.SCHEDULES ?? 300)

beforeEach(() => { broken.rule = '' })

for (const rule of [
  'the first answer wins',
  'any placement shows a leftover',
  ...(process.env.ABLATION == null ? [] : [process.env.ABLATION])
]) {
  it(`schedules fail if ${rule}`, async () => {
    broken.rule = rule
    let lost: string[] = []

    for (let seed = 1; seed <= MOST && lost.length === 0; seed++) {
      ({ lost } = await runSchedule(seed))
    }

    expect(lost).not.toEqual([])
  }, 900_000)
}

it('the one-placement scenario fails if a record is acknowledged under any placement', async () => {
  broken.rule = 'a record is acknowledged under any placement'
  expect(await acknowledgedElsewhere()).toEqual({ text: 'one', state: 'settled' })
})

it('the scenario of a holder that lost its memory fails if an empty or refilled holder confirms', async () => {
  broken.rule = 'an empty or refilled holder confirms'
  expect(await forgottenByOne()).toEqual({ text: 'one', state: 'settled' })
})

it('the refill scenario fails if a placement outlives an unconfirmed recovery', async () => {
  broken.rule = 'a placement outlives an unconfirmed recovery'
  expect(await vouchedForAfterRefill()).toEqual({ text: 'one', state: 'settled' })
})
