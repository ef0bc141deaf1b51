import { MAX_LEASE, MIN_LEASE } from '@nara-stash/protocol'
import { parseArgs } from 'node:util'
import { parseDuration } from './durations.ts'

export const REPAIRS = ['full', 'owner', 'none'] as const
export const ENDS = ['crash', 'power-cut', 'leave'] as const

/** Who brings copies back to their number: holders and owner, the owner alone, or nobody after the first placement. */
export type Repair = typeof REPAIRS[number]

/** How a nara goes: its process dies, its machine does (connections linger), or it says so and hands on what it holds. */
export type End = typeof ENDS[number]

/** What is simulated. Times in milliseconds. */
export interface SimulationInit {
  nodes: number
  days: number
  /** Means of Weibull distributions. */
  up: number
  down: number
  shape: number
  repair: Repair
  end: End
  seed: number
  /** Mean time, up, between two writes of an owner; Infinity: it writes once. */
  rewrite: number
  /** Bytes of data in a stash. */
  bytes: number
  /** Bytes per second that each transfer has; Infinity: no limit. */
  bandwidth: number
  /** Mean time between two moments without network, for each nara; Infinity: there are none. */
  blips: number
  target: number
  /** The share of naras that keep what they hold on a disk, from 0 to 1. */
  disk: number
  /** Mean time until such a disk is lost for good; Infinity: never. */
  diskLoss: number
  /** Every fifth nara is away for so long each time, in place of `down`; Infinity: none is. */
  ownersAway: number
  /** How long the promise is that each owner asks for. */
  lease: number
  /** Between two rows of the CSV. */
  every: number
}

export interface Arguments extends SimulationInit {
  csv: string | undefined
  json: boolean
  stories: number
  /** More are a failure. */
  maxLost: number | undefined
  /** Seconds; more are a failure. */
  maxCpu: number | undefined
  quiet: boolean
}

/** A flag that cannot be, and what may stand there. */
export class ArgumentError extends Error {
  static override readonly name = 'ArgumentError'
  override name = 'ArgumentError'
}

export const HELP = `Simulates naras that come and go for months: the policy and the services of packages/node on a virtual clock and a simulated network.

  npm run simulate -- [flags]

  --nodes N          naras, each owner of a stash and holder for others (default 200)
  --days N           days of virtual time (default 60)
  --up TIME          mean time that a nara is up (default 8h)
  --down TIME        mean time that it is away; it returns with nothing but its soul (default 4h)
  --shape X          of the Weibull distributions of both (default 0.5; 1 is the exponential)
  --repair WHO       full: holders and owner; owner: the owner alone, while it is up; none: nobody (default full)
  --end HOW          crash: its machine closes the connections; power-cut: they linger for 30 s; leave: politely (default crash)
  --leave            the same as --end leave
  --rewrite TIME     mean time, up, between two writes of an owner, or never (default 7d)
  --bytes N          size of a stash (default 1000)
  --bandwidth N      bytes per second that a transfer has, or unlimited (default unlimited)
  --blips TIME       mean time between two moments in which a nara's network is gone, half a minute on average; or never (default never)
  --target N         copies wanted (default 3)
  --disk PERCENT     of the naras keep what they hold on a disk: it is there again when they return (default 0)
  --disk-loss TIME   mean time until such a disk never comes back, such as 180d; or never (default never)
  --owners-away TIME every fifth nara is away for so long each time, such as 30d, and not for --down; or never (default never)
  --lease TIME       that each owner asks for, 1d to 400d (default 30d)
  --seed N           everything follows from it (default 1)
  --every TIME       between two rows of the CSV (default 1h)
  --csv FILE         writes what was counted over time (default simulation.csv; with --json none)
  --json             prints the result as JSON
  --stories N        stories of lost stashes that are told (default 3)
  --max-lost N       fails if more returns end with anything but the newest version: lost, doubtful, "empty", silent
  --max-cpu SECONDS  fails if it takes more of CPU
  --quiet            no progress on standard error

TIME is a number with ms, s, m, h or d: 90s, 8h, 1.5d.

Examples
  npm run simulate -- --nodes 200 --days 60 --up 8h --down 4h --repair full --seed 1
  npm run simulate -- --nodes 50 --days 7 --up 2h --down 1h --repair owner --csv copies.csv
  npm run simulate -- --nodes 1000 --days 1 --end power-cut --json
  npm run simulate -- --nodes 50 --days 7 --blips 6h --bytes 100000 --bandwidth 20000
  npm run simulate -- --nodes 50 --days 20 --disk 100 --disk-loss 180d
  npm run simulate -- --nodes 50 --days 365 --disk 100 --owners-away 300d --lease 400d

Exits with 1 if more fail than --max-lost says, an older version came back in silence, or something else than this stash.
`

/**
 * The flags of the command line; undefined if help is asked for.
 *
 * @throws {ArgumentError}
 */
export function parseArguments (args: string[]): Arguments | undefined {
  const values = read(args)

  if (values.help === true) {
    return
  }

  return {
    nodes: whole('nodes', values.nodes ?? '200', 4, 20_000),
    days: above('days', values.days ?? '60'),
    up: duration('up', values.up ?? '8h'),
    down: duration('down', values.down ?? '4h'),
    shape: above('shape', values.shape ?? '0.5'),
    repair: oneOf('repair', values.repair ?? 'full', REPAIRS),
    end: values.leave === true ? 'leave' : oneOf('end', values.end ?? 'crash', ENDS),
    seed: whole('seed', values.seed ?? '1', 0, Number.MAX_SAFE_INTEGER),
    rewrite: values.rewrite === 'never' ? Infinity : duration('rewrite', values.rewrite ?? '7d'),
    bytes: whole('bytes', values.bytes ?? '1000', 16, 1024 * 1024),
    bandwidth: values.bandwidth == null || values.bandwidth === 'unlimited' ? Infinity : whole('bandwidth', values.bandwidth, 1, Number.MAX_SAFE_INTEGER),
    blips: values.blips == null || values.blips === 'never' ? Infinity : duration('blips', values.blips),
    target: whole('target', values.target ?? '3', 1, 16),
    disk: whole('disk', values.disk ?? '0', 0, 100) / 100,
    diskLoss: values['disk-loss'] == null || values['disk-loss'] === 'never' ? Infinity : duration('disk-loss', values['disk-loss']),
    ownersAway: values['owners-away'] == null || values['owners-away'] === 'never' ? Infinity : duration('owners-away', values['owners-away']),
    lease: lease(values.lease ?? '30d'),
    every: duration('every', values.every ?? '1h'),
    csv: values.csv ?? (values.json === true ? undefined : 'simulation.csv'),
    json: values.json === true,
    stories: whole('stories', values.stories ?? '3', 0, 1_000),
    maxLost: values['max-lost'] == null ? undefined : whole('max-lost', values['max-lost'], 0, Number.MAX_SAFE_INTEGER),
    maxCpu: values['max-cpu'] == null ? undefined : above('max-cpu', values['max-cpu']),
    quiet: values.quiet === true
  }
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

function read (args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        nodes: text, days: text, up: text, down: text, shape: text, repair: text, end: text, seed: text, rewrite: text, bytes: text, target: text, disk: text, 'disk-loss': text, 'owners-away': text, lease: text,
        bandwidth: text, blips: text, every: text, csv: text, stories: text, 'max-lost': text, 'max-cpu': text, leave: flag, json: flag, quiet: flag, help: { ...flag, short: 'h' }
      }
    }).values
  } catch (err) {
    throw new ArgumentError((err as Error).message)
  }
}

function whole (name: string, value: string, low: number, high: number): number {
  const number = Number(value)

  if (value.trim() === '' || !Number.isSafeInteger(number) || number < low || number > high) {
    throw new ArgumentError(`--${name} is "${value}"; it must be a whole number from ${low} to ${high}`)
  }

  return number
}

function above (name: string, value: string): number {
  const number = Number(value)

  if (value.trim() === '' || !Number.isFinite(number) || number <= 0) {
    throw new ArgumentError(`--${name} is "${value}"; it must be a number above 0`)
  }

  return number
}

function duration (name: string, value: string): number {
  const ms = parseDuration(value)

  if (ms == null) {
    throw new ArgumentError(`--${name} is "${value}"; it must be a time above 0, such as 90s, 8h or 1.5d`)
  }

  return ms
}

function lease (value: string): number {
  const ms = duration('lease', value)

  if (ms < MIN_LEASE * 1_000 || ms > MAX_LEASE * 1_000) {
    throw new ArgumentError(`--lease is "${value}"; it must be a time from 1d to 400d`)
  }

  return ms
}

function oneOf <Value extends string> (name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find(one => one === value)

  if (found == null) {
    throw new ArgumentError(`--${name} is "${value}"; it must be one of ${allowed.join(', ')}`)
  }

  return found
}
