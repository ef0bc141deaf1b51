/**
 * Evenings, nights and mornings of households of 3 to 8 machines, as real processes: each puts
 * something that is kept, and goes on writing; then all are killed, or switched off, or their lids
 * closed, one after the other in any order, and all come back in any order. Everything that was told
 * to be kept must be back, settled, confirmed, and proved anew by as many holders as make it safe.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Daemons } from './daemons.ts'
import { moveIn } from './evening/household.ts'
import { ENDS, eveningOf, SEASON, sizeOf } from './evening/plan.ts'
import { liveThrough } from './evening/round.ts'
import type { Machine } from './evening/household.ts'
import type { End } from './evening/plan.ts'
import type { Told } from './evening/round.ts'

/** What was counted so far; a state file has it. */
interface State {
  seed: number
  ends: readonly End[]
  /** `memory`, or what a daemon does unless it is told. */
  held: string
  /** The last round that is done. */
  round: number
  rounds: Record<End, number>
  returns: number
  awoke: number
  unconfirmed: number
  kept: number
  /** From the start of a machine, or from when it awoke, until its stash was back, in milliseconds: the longest. */
  slowest: number
  faults: string[]
}

const HELP = `Evenings, nights and mornings of households of 3 to 8 daemons, which lose nothing.

Usage: pnpm evening [options]

  --rounds N      rounds of this run (default 20)
  --seed N        what happens follows from it (default 1)
  --state FILE    rounds are noted there, and a later run with the same options goes on after the last one
  --from N        the first round (default: after the last one of --state, or 1)
  --ends LIST     how days end, of ${ENDS.join(',')} (default: all)
  --held memory   nothing is kept on disks: shows that a household that loses everything fails

A round prints a line. It ends with 0 if all that was kept came back, with 1 if not, and with 2 if
the options are wrong.

Examples:
  pnpm evening --rounds 1000 --state evenings.json   a long run, which may be interrupted
  pnpm evening --seed 7 --from 41 --rounds 1         that round once more, in a new household
`

const values = parse()
const [rounds, seed] = [whole('rounds', values.rounds), whole('seed', values.seed)]
const ends = values.ends.split(',')
const allowed = ENDS.filter(end => ends.includes(end))

if (allowed.length === 0 || allowed.length !== ends.length) {
  fail(`--ends is "${values.ends}"; it takes some of ${ENDS.join(',')}`)
}

if (values.held != null && values.held !== 'memory') {
  fail(`--held is "${values.held}"; it takes memory`)
}

const args = values.held == null ? [] : ['--held', values.held]
const options = { seed, ends: allowed, held: values.held ?? 'default' }
const state = readState()
const from = values.from == null ? state.round + 1 : whole('from', values.from)
const daemons = new Daemons('evening')
let machines: Machine[] = []

for (let round = from; round < from + rounds; round++) {
  if (machines.length === 0 || (round - 1) % SEASON === 0) {
    await moveOut()
    machines = await moveIn(daemons, `household-${round}`, sizeOf(seed, round), args)
  }

  const evening = eveningOf(seed, round, allowed)
  const told = await liveThrough(machines, evening)

  note(round, evening.end, told)

  // whoever finds out why begins with what is there; the next round is not to suffer from it
  if (told.faults.length > 0) {
    await moveOut()
  }
}

await moveOut()

const { rounds: done, returns, awoke, unconfirmed, kept, slowest, faults } = state
const all = ENDS.reduce((sum, end) => sum + done[end], 0)
console.log(`${all} rounds (${ENDS.map(end => `${done[end]} ${end}`).join(', ')}), ${kept} puts kept; ${returns} returns, ${unconfirmed} of them not confirmed, ` +
  `as they were back before the last was up or have more than was kept; ${awoke} awoke; slowest ${(slowest / 1_000).toFixed(1)} s`)
faults.forEach(fault => { console.log(fault) })
console.log(`${all - faults.length} passed, ${faults.length} failed`)
process.exit(faults.length === 0 ? 0 : 1)

async function moveOut (): Promise<void> {
  await Promise.all(machines.map(async ({ daemon }) => { await daemon.kill() }))
  machines.forEach(({ daemon }) => { rmSync(daemon.dir, { recursive: true, force: true }) })
  machines = []
}

function note (round: number, end: End, { line, faults, ...told }: Told): void {
  state.round = round
  state.rounds[end]++
  state.returns += told.returns
  state.awoke += told.awoke
  state.unconfirmed += told.unconfirmed
  state.kept += told.kept
  state.slowest = Math.max(state.slowest, told.slowest)

  if (faults.length > 0) {
    state.faults.push(`round ${round}, seed ${seed}: ${faults.join('; ')}`)
  }

  console.log(`round ${round}: ${line}${faults.length === 0 ? '' : `\n  FAULT ${faults.join('\n  FAULT ')}`}`)

  if (values.state != null) {
    writeFileSync(values.state, JSON.stringify(state, undefined, 2))
  }
}

function readState (): State {
  const fresh: State = { ...options, round: 0, rounds: { kill: 0, stop: 0, suspend: 0 }, returns: 0, awoke: 0, unconfirmed: 0, kept: 0, slowest: 0, faults: [] }

  if (values.state == null || !existsSync(values.state)) {
    return fresh
  }

  const left = JSON.parse(readFileSync(values.state, 'utf8')) as State

  // its figures would be of neither
  for (const name of ['seed', 'ends', 'held'] as const) {
    if (String(left[name]) !== String(options[name])) {
      fail(`${values.state} is of rounds with ${name} ${String(left[name])}, not ${String(options[name])}: take another file, or the same options`)
    }
  }

  return left
}

function whole (name: string, text: string): number {
  const number = Number(text)

  if (!Number.isSafeInteger(number) || number < 1) {
    fail(`--${name} is "${text}"; it must be a whole number from 1`)
  }

  return number
}

function parse () {
  const options = {
    rounds: { type: 'string', default: '20' },
    from: { type: 'string' },
    seed: { type: 'string', default: '1' },
    state: { type: 'string' },
    ends: { type: 'string', default: ENDS.join(',') },
    held: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false }
  } as const

  try {
    const { values } = parseArgs({ options })

    if (values.help) {
      console.log(HELP)
      process.exit(0)
    }

    return values
  } catch (err) {
    fail((err as Error).message)
  }
}

function fail (why: string): never {
  console.error(`${why}; see --help`)
  process.exit(2)
}
