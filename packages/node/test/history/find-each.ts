import { expect, it } from 'vitest'
import { historyOf } from './histories.ts'
import type { Plan } from './plan.ts'

/** What a planted bug is found by. */
export interface Bug {
  /** It is found within so many schedules, from the first on. */
  within: number
  /** The rules that find it: one of them breaks. */
  breaks: RegExp
  /** The schedules, if not those of the seeds from 1 on. */
  plan? (nth: number): Plan
}

/** A test for each bug: with it in, the histories break a rule that it may break, and the schedule that shows it breaks none without it. `plant('')` takes a bug out. */
export function findEach (bugs: Readonly<Record<string, Bug>>, plant: (bug: string) => void): void {
  for (const [bug, { within, breaks, plan }] of Object.entries(bugs)) {
    it(`is found: ${bug}`, async () => {
      plant(bug)
      const broken = new Set<string>()
      let nth = 0

      while (![...broken].some(rule => breaks.test(rule)) && nth < within) {
        (await historyOf(plan?.(nth) ?? nth + 1)).violations.forEach(({ rule }) => { broken.add(rule) })
        nth++
      }

      expect([...broken].join(), `in ${within} schedules it was not found`).toMatch(breaks)
      plant('')
      const schedule = plan?.(nth - 1) ?? nth
      const seed = typeof schedule === 'number' ? schedule : schedule.seed
      expect((await historyOf(schedule)).violations, `without the bug schedule ${nth}, of seed ${seed}, breaks a rule, too`).toStrictEqual([])
    }, 300_000)
  }
}
