/**
 * Months of naras that come and go, in minutes: the policy and service code of packages/node on a virtual clock and a simulated network.
 * `npm run simulate -- --help` says what can be set; scripts/simulate/README.md has results.
 */
import { writeFileSync } from 'node:fs'
import { ArgumentError, HELP, parseArguments } from './simulate/arguments.ts'
import { failedReturns } from './simulate/counts.ts'
import { formatTime } from './simulate/durations.ts'
import { formatCsv, formatReport, makeReport } from './simulate/report.ts'
import { Simulation } from './simulate/simulation.ts'
import type { Arguments } from './simulate/arguments.ts'
import type { Row } from './simulate/simulation.ts'

/** Milliseconds between two lines of progress. */
const PROGRESS_EVERY = 5_000
/** How much of its past is told of a stash that is lost. Milliseconds. */
const STORY_OF = 9 * 86_400_000

const args = parse()

// a peer that is out of reach is an error, and a run makes millions of them: `node --stack-trace-limit=10 scripts/simulate.ts` says where each was made
if (!process.execArgv.some(flag => flag.startsWith('--stack-trace-limit'))) {
  Error.stackTraceLimit = 0
}

for (const type of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(type, (err: unknown) => {
    console.error(`seed ${args.seed}: ${err instanceof Error ? err.stack : String(err)}`)
    process.exit(1)
  })
}

if (args.csv != null) {
  writeRows(args.csv, [])
}

await simulate()

async function simulate (): Promise<void> {
  const started = performance.now()
  const rows: Row[] = []
  const told = { at: started, stories: 0 }

  const simulation = new Simulation(args, {
    onRow: row => {
      rows.push(row)

      if (!args.quiet && performance.now() - told.at > PROGRESS_EVERY) {
        told.at = performance.now()
        console.error(`${formatTime(row.at)} of ${args.days} d, ${((told.at - started) / 1_000).toFixed(0)} s: ${row.counts.returns.newest} returned, ${row.counts.returns.lost} lost, ${row.copies.toFixed(2)} copies`)
      }
    },
    onLost: owner => {
      if (told.stories++ < args.stories) {
        const story = owner.truth.story.tell(simulation.clock.now() - STORY_OF)
        console.error(`\nstash of ${owner.index} is lost, seed ${args.seed}\n${story.join('\n')}\n`)
      }
    }
  })

  await simulation.run()

  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const report = makeReport(simulation.init, rows, {
    wallSeconds: (performance.now() - started) / 1_000, cpuSeconds: (user + system) / 1e6, rss, heap: heapUsed
  })

  if (args.csv != null) {
    writeRows(args.csv, rows)
    console.error(`written to ${args.csv}: ${rows.length} rows`)
  }

  console.log(args.json ? JSON.stringify(report, undefined, 2) : formatReport(report))

  const failed = failedReturns(report.returns)

  if (args.maxLost != null && failed > args.maxLost) {
    const { lost, doubtful, misled, stuck } = report.returns
    console.error(`seed ${args.seed}: ${failed} returns failed (${lost} lost, ${doubtful} doubtful, ${misled} "empty", ${stuck} silent), ${args.maxLost} allowed`)
    process.exitCode = 1
  }

  if (args.maxCpu != null && report.cost.cpuSeconds > args.maxCpu) {
    console.error(`seed ${args.seed}: ${report.cost.cpuSeconds.toFixed(1)} s of CPU, ${args.maxCpu} allowed`)
    process.exitCode = 1
  }

  if (report.returns.older + report.returns.foreign > 0) {
    console.error(`seed ${args.seed}: ${report.returns.older} older and ${report.returns.foreign} foreign versions came back in silence`)
    process.exitCode = 1
  }
}

/** Done once before it all begins, too: a file that cannot be written must not show after an hour. */
function writeRows (file: string, rows: readonly Row[]): void {
  try {
    writeFileSync(file, formatCsv(rows))
  } catch (err) {
    console.error(`--csv: ${(err as Error).message}`)
    process.exit(2)
  }
}

function parse (): Arguments {
  try {
    const args = parseArguments(process.argv.slice(2))

    if (args != null) {
      return args
    }

    console.log(HELP)
    process.exit(0)
  } catch (err) {
    if (!(err instanceof ArgumentError)) {
      throw err
    }

    console.error(`${err.message}\nSee --help.`)
    process.exit(2)
  }
}
