import fc from 'fast-check'
import { newestOf } from '../../src/record/order.ts'
import { bootName, write } from './histories.ts'
import type { Written } from './histories.ts'

/** Whether a holder lets `a` replace `b`. */
export type Rule = (a: Written, b: Written) => boolean

export interface Tally {
  /** A record that a holder had was replaced by one that does not build on it. */
  lost: number
  replaced: number
  refused: number
}

type Step =
  { type: 'write', who: number, holders: number[], crashAfter?: number } |
  { type: 'restart', who: number } |
  { type: 'settle', who: number } |
  { type: 'partition', who: number, holder: number } |
  { type: 'wipe', holder: number } |
  { type: 'hand on', from: number, to: number }

/** One process with the owner's soul. Two of them are twins, which ought not to be and will be. */
interface Process {
  boot: string
  settled: boolean
  known: Written[]
  near: boolean[]
}

const HOLDERS = 5
const PROCESSES = 2

const who = fc.constantFrom(0, 0, 0, 1)
const holder = fc.nat(HOLDERS - 1)

/** Writes, some cut short by a crash; restarts; partitions; holders that lose their RAM; copies among holders. */
export const schedules: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  { weight: 8, arbitrary: fc.record({
    type: fc.constant('write' as const),
    who,
    holders: fc.uniqueArray(holder, { minLength: 3, maxLength: 3 }),
    crashAfter: fc.option(fc.nat(2), { freq: 2, nil: undefined })
  }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('restart' as const), who }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('settle' as const), who }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('partition' as const), who, holder }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('wipe' as const), holder }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('hand on' as const), from: holder, to: holder }) }
), { minLength: 80, maxLength: 80, size: 'max' })

/** Plays a schedule under a rule, and counts what became of the records that met at the holders. */
export function play (schedule: readonly Step[], rule: Rule): Tally {
  const tally: Tally = { lost: 0, replaced: 0, refused: 0 }
  const held: Array<Written | undefined> = Array.from({ length: HOLDERS })
  let boots = 0
  let records = 0

  const start = (settled: boolean): Process =>
    ({ boot: bootName(++boots), settled, known: [], near: Array.from({ length: HOLDERS }, () => true) })
  const processes = Array.from({ length: PROCESSES }, () => start(true))

  /** Returns what stands against the record. */
  const store = (at: number, record: Written): Written | undefined => {
    const present = held[at]

    if (present == null || present.id === record.id) {
      held[at] = record
    } else if (rule(record, present)) {
      held[at] = record
      tally.replaced++
      tally.lost += record.ancestors.has(present.id) ? 0 : 1
    } else {
      tally.refused++

      return present
    }
  }

  const put = (process: Process, step: Extract<Step, { type: 'write' }>): Process => {
    const record = write(`record ${records++}`, process.boot, process.known)
    process.known = [record]

    for (const [i, at] of step.holders.entries()) {
      if (i === step.crashAfter) {
        return start(false)
      }

      const other = process.near[at] === true ? store(at, record) : undefined

      // what its owner learns of, it builds on: merged, or set aside by its user's word
      if (other != null) {
        process.known.push(other)
      }
    }

    return process
  }

  for (const step of schedule) {
    const process = 'who' in step ? processes[step.who] : undefined

    if (step.type === 'wipe') {
      held[step.holder] = undefined
    } else if (step.type === 'hand on') {
      const record = held[step.from]

      if (record != null) {
        store(step.to, record)
      }
    } else if (process == null) {
      throw new RangeError('a schedule names a process that does not exist')
    } else if (step.type === 'partition') {
      process.near[step.holder] = process.near[step.holder] !== true
    } else if (step.type === 'restart') {
      processes[step.who] = start(false)
    } else if (step.type === 'settle') {
      const found = held.filter((record, i) => record != null && process.near[i] === true) as Written[]
      process.known = newestOf([...process.known, ...found])
      process.settled = true
    } else if (process.settled) {
      processes[step.who] = put(process, step)
    }
  }

  return tally
}
