import { upperBound } from './bounds.ts'
import { allReturns, promisedReturns } from './counts.ts'
import type { SimulationInit } from './arguments.ts'
import type { Row } from './simulation.ts'

const day = 86_400_000

/** Parts of the time of which a report tells. */
const TENTHS = 10

/** What the run took of this machine. */
export interface Cost {
  wallSeconds: number
  cpuSeconds: number
  /** Resident set, and heap in use, at the end, in bytes. */
  rss: number
  heap: number
}

export interface Report {
  init: SimulationInit
  returns: Row['counts']['returns'] & { all: number, late: number }
  /** Of the returns that were resolved, and for which the promise still was. */
  lossPerReturn: number
  lossUpperBound: number
  writes: { made: number, kept: number }
  perOwnerAndDay: { copiesMoved: number, bytesMoved: number, byOwner: number, byHolders: number, written: number, recovered: number, bytes: number, messages: number }
  /** Copies of each stash, its owner here or away, in each tenth of the time. */
  copiesOverTime: number[]
  copies: { mean: number, belowTarget: number, belowMinimum: number, absentMean: number, absentBelowMinimum: number }
  perNode: { cpuSecondsPerDay: number, rss: number, heap: number }
  cost: Cost
}

export function makeReport (init: SimulationInit, rows: readonly Row[], cost: Cost): Report {
  const last = rows.at(-1)

  if (last == null) {
    throw new RangeError('a report needs a row')
  }

  const { counts: { returns, moved, ...counts } } = last
  const resolved = promisedReturns(returns)
  const ownerDays = init.nodes * last.at / day
  // the first day is the network's beginning
  const settled = rows.filter(({ at, stashes }) => stashes > 0 && (at > day || last.at <= day))
  const over = (value: (row: Row) => number, weight: (row: Row) => number): number => {
    const sum = settled.reduce((sum, row) => sum + weight(row), 0)

    return sum === 0 ? 0 : settled.reduce((total, row) => total + value(row) * weight(row), 0) / sum
  }
  const all = ({ stashes }: Row): number => stashes
  const absent = ({ absent }: Row): number => absent

  return {
    init,
    returns: { ...returns, all: allReturns(returns), late: counts.late },
    lossPerReturn: resolved === 0 ? 0 : returns.lost / resolved,
    lossUpperBound: resolved === 0 ? 1 : upperBound(returns.lost, resolved),
    writes: { made: counts.writes, kept: counts.kept },
    perOwnerAndDay: {
      copiesMoved: (moved.byOwner + moved.byHolders) / ownerDays,
      bytesMoved: counts.movedBytes / ownerDays,
      byOwner: moved.byOwner / ownerDays,
      byHolders: moved.byHolders / ownerDays,
      written: moved.written / ownerDays,
      recovered: counts.recovered / ownerDays,
      bytes: last.bytes / ownerDays,
      messages: last.messages / ownerDays
    },
    copiesOverTime: Array.from({ length: TENTHS }, (_, i) => {
      const tenth = rows.filter(({ at, stashes }) => stashes > 0 && Math.ceil(TENTHS * at / last.at) === i + 1)

      return tenth.reduce((sum, { copies, stashes }) => sum + copies * stashes, 0) / tenth.reduce((sum, { stashes }) => sum + stashes, 0)
    }).filter(copies => !Number.isNaN(copies)),
    copies: {
      mean: over(({ copies }) => copies, all),
      belowTarget: over(({ belowTarget }) => belowTarget, all),
      belowMinimum: over(({ belowMinimum }) => belowMinimum, all),
      absentMean: over(({ absentCopies }) => absentCopies, absent),
      absentBelowMinimum: over(({ absentBelowMinimum }) => absentBelowMinimum, absent)
    },
    perNode: { cpuSecondsPerDay: cost.cpuSeconds / ownerDays, rss: cost.rss / init.nodes, heap: cost.heap / init.nodes },
    cost
  }
}

/** A table for people. */
export function formatReport ({ returns, perOwnerAndDay: per, copies, perNode, cost, ...report }: Report): string {
  const lines: Array<[string, string]> = [
    ['returns', `${returns.all}, of which ${promisedReturns(returns)} in time and resolved`],
    ['  newest version', `${returns.newest} (${returns.late} of them after "empty")`],
    ['  lost', `${returns.lost}`],
    ['  away longer than the lease', `${returns.expired} of which no copy was left`],
    ['  doubtful', `${returns.doubtful}`],
    ['  "empty" though there are copies', `${returns.misled}`],
    ['  silent for two minutes', `${returns.stuck}`],
    ['  older in silence, foreign', `${returns.older}, ${returns.foreign}`],
    ['  down again before', `${returns.unresolved}`],
    ['lost per return', `${report.lossPerReturn.toExponential(1)}, below ${report.lossUpperBound.toExponential(1)} with 95 % confidence`],
    ['writes, kept', `${report.writes.made}, ${report.writes.kept}${report.writes.kept > report.writes.made ? ' (versions that an owner seals anew, after a recovery, are kept without being written)' : ''}`],
    ['copies moved per owner, day', `${per.copiesMoved.toFixed(2)} (owner ${per.byOwner.toFixed(2)}, holders ${per.byHolders.toFixed(2)}), and ${per.written.toFixed(2)} by writes`],
    ['  bytes of these', `${Math.round(per.bytesMoved)}`],
    ['all traffic per owner, day', `${Math.round(per.bytes)} bytes in ${Math.round(per.messages)} messages`],
    ['copies over time', report.copiesOverTime.map(copies => copies.toFixed(2)).join(' ')],
    ['copies, owner here or away', `${copies.mean.toFixed(2)}; below target ${percent(copies.belowTarget)}, below minCopies ${percent(copies.belowMinimum)}`],
    ['copies, owner away', `${copies.absentMean.toFixed(2)}; below minCopies ${percent(copies.absentBelowMinimum)}`],
    ['per node', `${(1_000 * perNode.cpuSecondsPerDay).toFixed(1)} ms of CPU a day, ${(perNode.heap / 1_024).toFixed(0)} KiB of heap`],
    ['this run', `${cost.wallSeconds.toFixed(1)} s, ${cost.cpuSeconds.toFixed(1)} s of CPU, ${(cost.rss / 2 ** 20).toFixed(0)} MiB`]
  ]
  const width = Math.max(...lines.map(([name]) => name.length))

  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

function percent (share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

const COLUMNS: Array<[name: string, value: (row: Row) => number]> = [
  ['hours', row => row.at / 3_600_000],
  ['up', row => row.up],
  ['stashes', row => row.stashes],
  ['copies', row => row.copies],
  ['below_target', row => row.belowTarget],
  ['below_minimum', row => row.belowMinimum],
  ['absent', row => row.absent],
  ['absent_copies', row => row.absentCopies],
  ['absent_below_minimum', row => row.absentBelowMinimum],
  ['returned_newest', row => row.counts.returns.newest],
  ['returned_older', row => row.counts.returns.older],
  ['returned_foreign', row => row.counts.returns.foreign],
  ['returned_doubtful', row => row.counts.returns.doubtful],
  ['returned_misled', row => row.counts.returns.misled],
  ['returned_lost', row => row.counts.returns.lost],
  ['returned_expired', row => row.counts.returns.expired],
  ['returned_stuck', row => row.counts.returns.stuck],
  ['returned_unresolved', row => row.counts.returns.unresolved],
  ['late', row => row.counts.late],
  ['writes', row => row.counts.writes],
  ['kept', row => row.counts.kept],
  ['moved_written', row => row.counts.moved.written],
  ['moved_by_owner', row => row.counts.moved.byOwner],
  ['moved_by_holders', row => row.counts.moved.byHolders],
  ['moved_bytes', row => row.counts.movedBytes],
  ['recovered_bodies', row => row.counts.recovered],
  ['messages', row => row.messages],
  ['bytes', row => row.bytes]
]

/** The rows as CSV (RFC 4180); all counts go on from the start. */
export function formatCsv (rows: readonly Row[]): string {
  const number = (value: number): string => Number.isInteger(value) ? String(value) : value.toFixed(4)

  return [COLUMNS.map(([name]) => name), ...rows.map(row => COLUMNS.map(([, value]) => number(value(row))))]
    .map(line => `${line.join(',')}\r\n`).join('')
}
