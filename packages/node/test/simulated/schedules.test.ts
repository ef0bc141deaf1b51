import { expect, it } from 'vitest'
import { runSchedule } from './schedule.ts'

/**
 * How many schedules; a third of them with a merge function. `SCHEDULES=10000 FIRST_SEED=1 vitest run packages/node/test/simulated/schedules.test.ts`
 * runs more, or a single one again.
 */
const ALL = Number(process.env.SCHEDULES ?? 300)
const FIRST = Number(process.env.FIRST_SEED ?? 1)

for (const merge of [false, true]) {
  const SCHEDULES = Math.ceil(merge ? ALL / 3 : ALL * 2 / 3)

  it(`${SCHEDULES} random schedules ${merge ? 'with' : 'without'} a merge function lose nothing in silence`, async () => {
    const sum = { writes: 0, acknowledged: 0, boots: 0, doubts: 0, absorbed: 0 }

    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
      const outcome = await runSchedule(seed, { merge })

      if (outcome.lost.length > 0) {
        expect.fail(`seed ${seed}:\n${outcome.lost.join('\n')}\n\n${outcome.log.join('\n')}`)
      }

      for (const key of Object.keys(sum) as Array<keyof typeof sum>) {
        sum[key] += outcome[key]
      }
    }

    // the schedules are worth something: there was much to lose
    expect(sum.acknowledged).toBeGreaterThan(2 * SCHEDULES)
    expect(sum.boots).toBeGreaterThan(2 * SCHEDULES)

    if (SCHEDULES >= 100) {
      expect(sum.doubts).toBeGreaterThan(0)
    }

    // a crash leaves something behind that turns up late in one of some hundreds
    if (SCHEDULES >= 2_000) {
      expect(sum.absorbed).toBeGreaterThan(0)
    }
  }, Math.max(SCHEDULES * 3_000, 60_000))
}

it('a schedule follows from its seed', async () => {
  const [first, again] = [await runSchedule(7), await runSchedule(7)]

  expect(first).toStrictEqual(again)
})
