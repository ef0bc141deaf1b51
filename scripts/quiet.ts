/**
 * What idle naras cost: `pnpm quiet [--naras 3,7] [--minutes 1] [--warm-up 3]`, as root. Each nara is a daemon on a host of its own (a network
 * namespace) and keeps a small stash with the others; once all copies are there and the warm-up (minutes) is over, it prints what each sends and
 * receives on its interface, all headers included, and its processor time.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Lan } from '../packages/cli/test/lan/lan.ts'
import { NaraDaemon, runNara } from '../packages/cli/test/support/nara-process.ts'
import type { RunInit } from '../packages/cli/test/support/nara-process.ts'

const SECONDS_PER_MINUTE = 60

interface Use {
  bytes: number
  packets: number
  cpuSeconds: number
}

const { values } = parseArgs({
  options: {
    naras: { type: 'string', default: '3,7' },
    minutes: { type: 'string', default: '1' },
    'warm-up': { type: 'string', default: '3' }
  }
})
const counts = values.naras.split(',').map(Number)
const minutes = Number(values.minutes)
const warmUp = Number(values['warm-up'])

if (!counts.every(count => Number.isInteger(count) && count >= 2) || !(minutes > 0) || !(warmUp >= 0)) {
  console.error('usage: quiet [--naras 3,7] [--minutes 1] [--warm-up 3]: at least two naras each time')
  process.exit(2)
}

if (!Lan.possible) {
  console.error('network namespaces cannot be made here: run it as root, with iproute2 installed')
  process.exit(2)
}

/** The kernel counts processor time in these (`getconf CLK_TCK`). Per second. */
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

function used (lan: Lan, host: string, pid: number): Use {
  // proc(5): utime and stime are the 14th and 15th field, the name in parentheses before them may hold anything
  const [utime = 0, stime = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').slice(11, 13).map(Number)

  return { ...lan.traffic(host), cpuSeconds: (utime + stime) / ticks }
}

async function measure (count: number): Promise<Use[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nara-stash-quiet-'))
  const lan = new Lan()
  const daemons: NaraDaemon[] = []

  function cleanUp (): void {
    daemons.forEach(({ run }) => run.child.kill('SIGKILL'))
    lan.remove()
    rmSync(folder, { recursive: true, force: true })
  }

  process.once('exit', cleanUp)

  try {
    const hosts = Array.from({ length: count }, () => lan.host())

    for (const [i, host] of hosts.entries()) {
      const dir = join(folder, `${i}`)
      const init: RunInit = { wrapper: lan.on(host) }

      daemons.push(new NaraDaemon(dir, runNara(['start', '--json', '--dir', dir, '--name', `nara-${i}`], init), (args, more) => runNara(args, { ...more, ...init })))
    }

    await Promise.all(daemons.map(async daemon => await daemon.started()))

    for (const daemon of daemons) {
      const { code, stderr } = await daemon.command(['put', '--timeout', '30s'], 'what a program remembers')

      if (code !== 0) {
        throw new Error(`put ended with ${code}: ${stderr}`)
      }
    }

    const copies = Math.min(count - 1, 3)
    await Promise.all(daemons.map(async daemon => await daemon.status('--wait', `copies=${copies}`, '--timeout', '30s')))
    await delay(warmUp * SECONDS_PER_MINUTE * 1_000)

    const pids = daemons.map(({ pid }) => pid)
    const before = hosts.map((host, i) => used(lan, host, pids[i] ?? 0))
    await delay(minutes * SECONDS_PER_MINUTE * 1_000)
    const after = hosts.map((host, i) => used(lan, host, pids[i] ?? 0))

    return after.map(({ bytes, packets, cpuSeconds }, i) => ({
      bytes: (bytes - (before[i]?.bytes ?? 0)) / minutes,
      packets: (packets - (before[i]?.packets ?? 0)) / minutes,
      cpuSeconds: (cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / minutes
    }))
  } finally {
    process.off('exit', cleanUp)
    cleanUp()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => { process.exit(130) })
}

console.log('naras | kB a minute, each | most | packets a minute | CPU s a minute | most')

for (const count of counts) {
  const uses = await measure(count)
  const mean = (of: (use: Use) => number): number => uses.reduce((sum, use) => sum + of(use), 0) / uses.length
  const most = (of: (use: Use) => number): number => Math.max(...uses.map(of))
  const kilobytes = ({ bytes }: Use): number => bytes / 1_000
  const cpu = ({ cpuSeconds }: Use): number => cpuSeconds

  console.log([
    count, mean(kilobytes).toFixed(1), most(kilobytes).toFixed(1), mean(({ packets }) => packets).toFixed(0), mean(cpu).toFixed(2), most(cpu).toFixed(2)
  ].join(' | '))
}

process.exit(0)
