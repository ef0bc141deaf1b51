/**
 * The table of scripts/simulate/README.md, from runs made now: `node scripts/simulate-table.ts [--nodes 200] [--days 60] [--seeds 1,2,3]
 * [--rows full/8h/4h,owner/8h/4h] [--flags='--end power-cut']`. Each row is a line of Markdown on standard output as soon as its runs are done, one after the other.
 * Or from what runs have printed with --json, made side by side for instance: `node scripts/simulate-table.ts reports/*.json`; runs that differ by their seeds are one row.
 */
import { DEFAULT_LEASE } from '@nara-stash/protocol'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './run-step.ts'
import { upperBound } from './simulate/bounds.ts'
import { promisedReturns } from './simulate/counts.ts'
import type { Report } from './simulate/report.ts'

const TIMES = ['24h/1h', '24h/8h', '8h/4h', '2h/1h']
const ROWS = ['none', 'owner', 'full'].flatMap(repair => TIMES.map(times => `${repair}/${times}`))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '200' },
    days: { type: 'string', default: '60' },
    seeds: { type: 'string', default: '1' },
    rows: { type: 'string', default: ROWS.join(',') },
    flags: { type: 'string', default: '' }
  }
})

console.log('| command, for each seed | seeds | lost / returns | per return | below, 95 % | lease over | doubtful, "empty", older | copies moved per owner and day | copies, owner away | s of CPU per run |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')

if (positionals.length > 0) {
  const reports = positionals.map(file => JSON.parse(readFileSync(file, 'utf8')) as Report)

  for (const [args, alike] of Map.groupBy(reports, ({ init }) => argsOf(init).join(' '))) {
    console.log(line(args.split(' '), alike.toSorted((a, b) => a.init.seed - b.init.seed)))
  }

  process.exit()
}

for (const row of values.rows.split(',')) {
  const [repair = '', up = '', down = ''] = row.split('/')
  const args = ['--nodes', values.nodes, '--days', values.days, '--up', up, '--down', down, '--repair', repair, ...values.flags.split(' ').filter(flag => flag !== '')]
  const reports: Report[] = []

  for (const seed of values.seeds.split(',')) {
    reports.push(await report([...args, '--seed', seed]))
  }

  console.log(line(args, reports))
}

function argsOf ({ nodes, days, up, down, repair, end, blips, bytes, bandwidth, disk, diskLoss, ownersAway, lease }: Report['init']): string[] {
  return [
    '--nodes', String(nodes), '--days', String(days), '--up', hours(up), '--down', hours(down), '--repair', repair,
    ...(end === 'crash' ? [] : ['--end', end]),
    // what a report of an earlier version does not have was not there
    ...((disk ?? 0) > 0 ? ['--disk', String(100 * disk)] : []),
    ...(Number.isFinite(lease ?? NaN) && lease !== DEFAULT_LEASE * 1_000 ? ['--lease', hours(lease)] : []),
    // JSON has no infinity
    ...(Number.isFinite(diskLoss ?? Infinity) ? ['--disk-loss', hours(diskLoss)] : []),
    ...(Number.isFinite(ownersAway ?? Infinity) ? ['--owners-away', hours(ownersAway)] : []),
    ...(Number.isFinite(blips ?? Infinity) ? ['--blips', hours(blips)] : []),
    ...(Number.isFinite(bandwidth ?? Infinity) ? ['--bytes', String(bytes), '--bandwidth', String(bandwidth)] : [])
  ]
}

function hours (ms: number): string {
  return `${ms / 3_600_000}h`
}

function line (args: readonly string[], reports: readonly Report[]): string {
  const sum = (value: (report: Report) => number): number => reports.reduce((total, report) => total + value(report), 0)
  const mean = (value: (report: Report) => number): number => sum(value) / reports.length
  const lost = sum(({ returns }) => returns.lost)
  const resolved = sum(({ returns }) => promisedReturns(returns))

  return `| ${[
    `\`npm run simulate -- ${args.join(' ')}\``,
    reports.map(({ init }) => init.seed).join(', '),
    `${lost} / ${resolved}`,
    (lost / Math.max(resolved, 1)).toExponential(1),
    upperBound(lost, Math.max(resolved, 1)).toExponential(1),
    sum(({ returns }) => returns.expired),
    `${sum(({ returns }) => returns.doubtful)}, ${sum(({ returns }) => returns.misled + returns.stuck)}, ${sum(({ returns }) => returns.older + returns.foreign)}`,
    mean(({ perOwnerAndDay }) => perOwnerAndDay.copiesMoved).toFixed(2),
    mean(({ copies }) => copies.absentMean).toFixed(2),
    mean(({ cost }) => cost.cpuSeconds).toFixed(0)
  ].join(' | ')} |`
}

async function report (args: readonly string[]): Promise<Report> {
  const child = spawn(process.execPath, ['--max-semi-space-size=64', join(root, 'scripts/simulate.ts'), ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''

  console.error(`npm run simulate -- ${args.join(' ')}`)
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })

  return JSON.parse(text) as Report
}
