import { expect, it } from 'vitest'
import { historyOf, shrunk, tallyOf } from './histories.ts'
import { story } from './story.ts'
import type { World } from '../simulated/world.ts'

/** `pnpm histories` runs thousands, or a single one again. */
const SCHEDULES = 50

it(`${SCHEDULES} random histories break no rule`, async () => {
  const sum = tallyOf([])

  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const history = await historyOf(seed)
    const tally = tallyOf([history])

    if (history.violations.length > 0) {
      const { plan, entries, violations } = await shrunk(history)
      expect.fail(`seed ${seed} (pnpm histories --seed ${seed})\n${story(plan, entries, violations)}`)
    }

    for (const key of Object.keys(sum) as Array<keyof typeof sum>) {
      sum[key] += tally[key]
    }
  }

  // the schedules are worth something: there was much to lose, and to doubt
  expect(sum.kept).toBeGreaterThan(3 * SCHEDULES)
  expect(sum.coalesced).toBeGreaterThan(SCHEDULES)
  expect(sum.recovered).toBeGreaterThan(3 * SCHEDULES)
  expect(sum.unconfirmed).toBeGreaterThan(SCHEDULES / 2)
  expect(sum.doubts).toBeGreaterThan(SCHEDULES / 10)
  expect(sum.lost).toBeGreaterThan(0)
  expect(sum.twins).toBeGreaterThan(SCHEDULES / 10)
  expect(sum.deleted).toBeGreaterThan(SCHEDULES / 5)
}, 300_000)

it('a history follows from its seed', async () => {
  const [first, second] = [await historyOf(3), await historyOf(3)]
  expect(first.entries.length).toBeGreaterThan(100)
  expect(second.entries).toEqual(first.entries)
}, 30_000)

it('one that breaks a rule is told in fewer steps', async () => {
  // an owner to whom everybody lies that it keeps what it is given
  const broken = { plant: ({ net }: World) => net.intercept(async (_from, _to, request, next) => request.type === 'store' ? { type: 'stored' } : await next()) }
  const whole = await historyOf(3, broken)
  const short = await shrunk(whole, broken, 20)
  expect(whole.violations.length).toBeGreaterThan(0)
  expect(short.violations[0]?.rule).toBe(whole.violations[0]?.rule)
  expect(short.plan.steps.length).toBeLessThan(whole.plan.steps.length / 2)
  expect(story(short.plan, short.entries, short.violations)).toMatch(/^schedule .*"seed":3[\s\S]*BROKEN at/)
}, 60_000)
