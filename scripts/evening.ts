/**
 * Evenings, nights and mornings of households of 3 to 8 machines, as real processes: each has a stash of its own, and writes to it; then all are killed, or
 * switched off, or their lids closed, one after the other in any order, and all come back in any order. Everything that was told to be kept must be back, settled and
 * confirmed: `pnpm evening [--rounds 1000] [--from 1] [--seed 1] [--state FILE]`. A round prints a line; with --state it is noted there, and a later
 * run goes on after the last one.
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
  /** The last round that is done. */
  round: number
  rounds: Record<End, number>
  returns: number
  unconfirmed: number
  /** Of all returns, from the start of the machine until its stash was back, in milliseconds: the longest. */
  slowest: number
  faults: string[]
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, from: { type: 'string' }, seed: { type: 'string', default: '1' }, state: { type: 'string' }, ends: { type: 'string', default: ENDS.join(',') } }
})
const [rounds, seed] = [whole('rounds', values.rounds), whole('seed', values.seed)]
const allowed = values.ends.split(',').filter((end): end is End => (ENDS as readonly string[]).includes(end))

if (allowed.length === 0) {
  console.error(`--ends is "${values.ends}"; it takes some of ${ENDS.join(', ')}`)
  process.exit(2)
}

const state = readState()
const from = values.from == null ? state.round + 1 : whole('from', values.from)
const daemons = new Daemons('evening')
let machines: Machine[] = []

for (let round = from; round < from + rounds; round++) {
  if (machines.length === 0 || (round - 1) % SEASON === 0) {
    await moveOut()
    machines = await moveIn(daemons, `household-${round}`, sizeOf(seed, round))
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

const { rounds: done, returns, unconfirmed, slowest, faults } = state
const all = ENDS.reduce((sum, end) => sum + done[end], 0)
console.log(`${all} rounds (${ENDS.map(end => `${done[end]} ${end}`).join(', ')}), ${returns} returns, ${unconfirmed} of them unconfirmed since too few were back in time; slowest ${(slowest / 1_000).toFixed(1)} s`)
faults.forEach(fault => { console.log(fault) })
console.log(`${all - faults.length} passed, ${faults.length} failed`)
process.exit(faults.length === 0 ? 0 : 1)

async function moveOut (): Promise<void> {
  await Promise.all(machines.map(async ({ daemon }) => { await daemon.kill() }))
  machines.forEach(({ daemon }) => { rmSync(daemon.dir, { recursive: true, force: true }) })
  machines = []
}

function note (round: number, end: End, { faults, returns, unconfirmed, slowest, line }: Told): void {
  state.round = round
  state.rounds[end]++
  state.returns += returns
  state.unconfirmed += unconfirmed
  state.slowest = Math.max(state.slowest, slowest)

  if (faults.length > 0) {
    state.faults.push(`round ${round}, seed ${seed}: ${faults.join('; ')}`)
  }

  console.log(`round ${round}: ${line}${faults.length === 0 ? '' : `\n  FAULT ${faults.join('\n  FAULT ')}`}`)

  if (values.state != null) {
    writeFileSync(values.state, JSON.stringify(state, undefined, 2))
  }
}

function readState (): State {
  const fresh: State = { seed, round: 0, rounds: { kill: 0, stop: 0, suspend: 0 }, returns: 0, unconfirmed: 0, slowest: 0, faults: [] }

  if (values.state == null || !existsSync(values.state)) {
    return fresh
  }

  const left = JSON.parse(readFileSync(values.state, 'utf8')) as State

  if (left.seed !== seed) {
    console.error(`${values.state} is of --seed ${left.seed}`)
    process.exit(2)
  }

  return left
}

function whole (name: string, text: string): number {
  const number = Number(text)

  if (!Number.isSafeInteger(number) || number < 1) {
    console.error(`--${name} is "${text}"; it must be a whole number from 1`)
    process.exit(2)
  }

  return number
}
