/**
 * Random schedules of kills, restarts, partitions, clock jumps, slow peers, lying confidants and second processes on a simulated network. What happens is written down
 * and held against rules that know the requirements and nothing of the code: `pnpm histories --schedules 1000 --first-seed 1`. A schedule follows from
 * its seed; one that breaks a rule is shortened and told, and `--seed N` tells it whole. See packages/node/test/history.
 */
import { parseArgs } from 'node:util'
import { historyOf, shrunk, tallyOf } from '../packages/node/test/history/histories.ts'
import { story } from '../packages/node/test/history/story.ts'
import type { History } from '../packages/node/test/history/histories.ts'

const HELP = `Usage: pnpm histories [--schedules N] [--first-seed N]
       pnpm histories --seed N

  --schedules N    how many schedules; default 1000
  --first-seed N   the first one's seed; default 1
  --seed N         one schedule, with all that happened in it
  --whole          tells what breaks a rule without shortening it first
  --help           this

Ends with 0 if no rule was broken, 1 if one was, 2 if the arguments make no sense.`

/** Milliseconds between two lines of progress. */
const PROGRESS_EVERY = 5_000

/** Stories told at most: who broke something breaks it often. */
const STORIES = 3

const values = parse()

if (values.help) {
  console.log(HELP)
} else if (values.seed != null) {
  const history = await historyOf(whole('seed', values.seed))

  console.log(story(history.plan, history.entries, history.violations))
  process.exitCode = history.violations.length === 0 ? 0 : 1
} else {
  process.exitCode = await all(whole('schedules', values.schedules), whole('first-seed', values['first-seed']))
}

function parse (): { help: boolean, whole: boolean, seed?: string, schedules: string, 'first-seed': string } {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        whole: { type: 'boolean', default: false },
        seed: { type: 'string' },
        schedules: { type: 'string', default: '1000' },
        'first-seed': { type: 'string', default: '1' }
      }
    }).values
  } catch (err) {
    return complain(err instanceof Error ? err.message : String(err))
  }
}

function whole (name: string, text: string): number {
  const value = Number(text)

  return Number.isSafeInteger(value) && value >= 1 ? value : complain(`--${name} is "${text}"; it must be a whole number from 1`)
}

function complain (message: string): never {
  console.error(`${message}\n\n${HELP}`)
  process.exit(2)
}

async function all (schedules: number, first: number): Promise<number> {
  const started = performance.now()
  const failed: number[] = []
  const sum = tallyOf([])
  let told = started

  for (let seed = first; seed < first + schedules; seed++) {
    const history = await historyOf(seed)
    const tally = tallyOf([history])

    for (const key of Object.keys(sum) as Array<keyof typeof sum>) {
      sum[key] += tally[key]
    }

    if (history.violations.length > 0) {
      failed.push(seed)
      console.log(`seed ${seed} breaks: ${history.violations.map(({ rule }) => rule).join('; ')}`)

      if (failed.length <= STORIES) {
        await tell(history)
      }
    }

    if (performance.now() - told > PROGRESS_EVERY) {
      told = performance.now()
      console.error(`${seed - first + 1} of ${schedules}, ${((told - started) / 1_000).toFixed(0)} s, ${failed.length} broken`)
    }
  }

  console.log(Object.entries(sum).map(([what, count]) => `${what} ${count}`).join(', '))
  console.log(`${schedules - failed.length} passed, ${failed.length} failed`)

  return failed.length === 0 ? 0 : 1
}

async function tell (history: History): Promise<void> {
  const { plan, entries, violations } = values.whole ? history : await shrunk(history)

  console.log(story(plan, entries, violations))
}
