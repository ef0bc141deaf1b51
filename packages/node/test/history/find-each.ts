import { expect, it } from 'vitest'
import { historyOf } from './histories.ts'
import type { Plan } from './plan.ts'

/** What a planted bug is found by. */
export interface Bug {
  /** It is found within so many schedules, from the first on. */
  within: number
  /** The rules that it may break. */
  breaks: RegExp
  /** The schedules, if not those of the seeds from 1 on. */
  plan? (nth: number): Plan
}

/** A test for each bug: with it in, the histories break a rule that it may break, and the schedule that shows it breaks none without it. `plant('')` takes a bug out. */
export function findEach (bugs: Readonly<Record<string, Bug>>, plant: (bug: string) => void): void {
  for (const [bug, { within, breaks, plan }] of Object.entries(bugs)) {
    it(`is found: ${bug}`, async () => {
      plant(bug)
      let broken: string[] = []
      let nth = 0

      while (broken.length === 0 && nth < within) {
        broken = (await historyOf(plan?.(nth) ?? nth + 1)).violations.map(({ rule }) => rule)
        nth++
      }

      expect(broken.join(), `nothing was found in ${within} schedules`).toMatch(breaks)
      plant('')
      expect((await historyOf(plan?.(nth - 1) ?? nth)).violations, 'the same schedule without the bug').toStrictEqual([])
    }, 300_000)
  }
}
