import { beforeEach, expect, it, vi } from 'vitest'
import { historyOf } from './histories.ts'
import type { RunOptions } from './run.ts'
import type { Decision, settle, SettleInput } from '../../src/policy/settle.ts'
import type { Owner } from '../../src/services/owner.ts'
import type { HeldStashes, RecordHeader } from '@nara-stash/protocol'

/** Which bug is in. The histories must then break a rule: a checker that cannot fail shows nothing. */
const planted = vi.hoisted(() => ({ bug: '' }))

vi.mock('../../src/policy/settle.ts', async (original) => {
  const real = await original<{ settle: typeof settle }>()

  return {
    ...real,
    settle: (input: SettleInput): Decision => {
      const answers = planted.bug === 'a refilled holder confirms' ? input.answers.map(answer => ({ ...answer, direct: true })) : input.answers
      const decision = real.settle({ ...input, answers })

      return planted.bug === 'the first answer wins' ? firstAnswer(input, decision) : decision
    }
  }
})

vi.mock('../../src/services/owner.ts', async (original) => {
  const real = await original<{ Owner: typeof Owner }>()

  class Impatient extends real.Owner {}

  Object.defineProperty(Impatient.prototype, 'isReady', {
    get (this: object) {
      const honest = Object.getOwnPropertyDescriptor(real.Owner.prototype, 'isReady')?.get as () => boolean

      return planted.bug === 'no waiting writes' ? !(this as { stopped: boolean }).stopped : honest.call(this)
    }
  })

  return { ...real, Owner: Impatient }
})

vi.mock('@nara-stash/protocol', async (original) => {
  const real = await original<{ HeldStashes: typeof HeldStashes }>()

  class Careless extends real.HeldStashes {
    override async admit (...args: Parameters<HeldStashes['admit']>): ReturnType<HeldStashes['admit']> {
      const admitted = await super.admit(...args)

      if (planted.bug !== 'acknowledge before keep' || admitted.type !== 'admitted') {
        return admitted
      }

      return {
        ...admitted,
        commit: async (body) => {
          const { clock } = this as unknown as { clock: { setTimer (callback: () => void, ms: number): void } }
          clock.setTimer(() => { void admitted.commit(body) }, 5_000)

          return { type: 'stored' }
        }
      }
    }
  }

  const honest = Object.getOwnPropertyDescriptor(real.HeldStashes.prototype, 'judge')?.value as (record: RecordHeader) => unknown

  Object.defineProperty(Careless.prototype, 'judge', {
    value (this: HeldStashes, record: RecordHeader) {
      const held = this.get(record.owner)?.record

      return planted.bug === 'history ignored' && held != null && record.seq > held.seq ? { type: 'welcome' } : honest.call(this, record)
    }
  })

  return { ...real, HeldStashes: Careless }
})

function firstAnswer ({ answers, readable }: SettleInput, decision: Decision): Decision {
  const first = answers.find(({ record }) => record != null && readable.has(record.id))

  return first?.record == null || first.placement == null
    ? decision
    : { type: 'settled', best: first.record, placement: first.placement, confirmed: true, answered: 1, of: answers.length }
}

/** An owner that takes STALE, and its sibling CONFLICT, for an acknowledgement. */
const staleIsTaken: RunOptions = {
  plant: ({ net }) => net.intercept(async (_from, _to, _request, next) => {
    const answer = await next()

    return planted.bug === 'STALE ignored' && (answer.type === 'stale' || answer.type === 'conflict') ? { type: 'stored' } : answer
  })
}

/** Each is found within so many schedules, from the first on. */
const BUGS: Record<string, { within: number, breaks: RegExp }> = {
  'the first answer wins': { within: 60, breaks: /confirmed|heard out|no silence|covered unseen/ },
  'a refilled holder confirms': { within: 200, breaks: /confirmed|covered unseen/ },
  'STALE ignored': { within: 60, breaks: /kept:|no silence|in the end/ },
  'acknowledge before keep': { within: 10, breaks: /acknowledged after it is kept/ },
  'no waiting writes': { within: 20, breaks: /writes wait/ },
  'history ignored': { within: 60, breaks: /promised|covered unseen/ }
}

beforeEach(() => { planted.bug = '' })

for (const [bug, { within, breaks }] of Object.entries(BUGS)) {
  it(`is found: ${bug}`, async () => {
    planted.bug = bug
    let broken: string[] = []
    let seed = 0

    while (broken.length === 0 && seed < within) {
      broken = (await historyOf(++seed, staleIsTaken)).violations.map(({ rule }) => rule)
    }

    console.error(bug, seed, broken) // DEBUG
    expect(broken.join(), `nothing was found in ${within} schedules`).toMatch(breaks)
  }, 300_000)
}
