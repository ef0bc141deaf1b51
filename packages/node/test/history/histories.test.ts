import { expect, it } from 'vitest'
import { historyOf, shrunk, tallyOf } from './histories.ts'
import { story } from './story.ts'

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
  expect(sum.recovered).toBeGreaterThan(3 * SCHEDULES)
  expect(sum.unconfirmed).toBeGreaterThan(SCHEDULES / 2)
  expect(sum.doubts).toBeGreaterThan(SCHEDULES / 10)
}, 180_000)
