import { check } from './check.ts'
import { planOf } from './plan.ts'
import { run } from './run.ts'
import type { Violation } from './check.ts'
import type { Entry } from './entries.ts'
import type { Plan } from './plan.ts'
import type { RunOptions } from './run.ts'

export interface History {
  plan: Plan
  entries: Entry[]
  violations: Violation[]
}

/** The history of a seed's schedule, or of a part of it, held against the rules. What is thrown is a breach of its own. */
export async function historyOf (plan: Plan | number, options?: RunOptions): Promise<History> {
  const whole = typeof plan === 'number' ? planOf(plan) : plan

  try {
    const entries = await run(whole, options)

    return { plan: whole, entries, violations: check(entries) }
  } catch (err) {
    return { plan: whole, entries: [], violations: [{ rule: 'nothing is thrown', at: 0, says: err instanceof Error ? `${err.name}: ${err.message}` : String(err) }] }
  }
}

/** How much there was to lose: what makes schedules worth something. */
export interface Tally {
  kept: number
  /** Writes whose data never travelled, since what was written after them became one version with it. */
  coalesced: number
  recovered: number
  unconfirmed: number
  doubts: number
  /** Doubts because nothing was left of what was known. */
  lost: number
  /** Processes that told of another one with their soul. */
  twins: number
  /** Deletions that were acknowledged. */
  deleted: number
}

export function tallyOf (histories: ReadonlyArray<Pick<History, 'entries'>>): Tally {
  const all = histories.flatMap(({ entries }) => entries)

  return {
    kept: all.filter(entry => entry.type === 'told' && entry.outcome === 'kept').length,
    coalesced: all.filter(entry => entry.type === 'told' && entry.coalesced === true).length,
    recovered: all.filter(({ type }) => type === 'recovered').length,
    unconfirmed: all.filter(entry => entry.type === 'recovered' && !entry.confirmed).length,
    doubts: all.filter(({ type }) => type === 'doubt').length,
    lost: all.filter(entry => entry.type === 'doubt' && entry.reason === 'LOST').length,
    twins: all.filter(({ type }) => type === 'twin').length,
    deleted: all.filter(entry => entry.type === 'forgotten' && entry.outcome === 'forgotten').length
  }
}

/** Steps taken away as long as the same rule breaks, in ever smaller parts; at most so many runs. */
export async function shrunk (history: History, options?: RunOptions, runs = 200): Promise<History> {
  const rule = history.violations[0]?.rule
  let best = history
  let left = runs

  for (let size = Math.ceil(best.plan.steps.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.plan.steps.length && left > 0;) {
      const steps = best.plan.steps.toSpliced(at, size)
      const shorter = await historyOf({ ...best.plan, steps }, options)

      left--

      if (shorter.violations.some(violation => violation.rule === rule)) {
        best = shorter
      } else {
        at += size
      }
    }
  }

  return best
}
