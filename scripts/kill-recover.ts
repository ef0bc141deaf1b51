/**
 * Rounds of the main job with real processes: a nara stashes random content, is killed with SIGKILL, and starts again in an empty folder with
 * nothing but its soul: `pnpm kill-recover [--rounds 200] [--profile FILE]`. Says how many rounds brought back identical bytes, and how long
 * it took from the start of the process until the stash was settled and readable.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Daemons } from './daemons.ts'
import type { NaraDaemon } from '../packages/cli/test/support/nara-process.ts'

const CONFIDANTS = 5
const MAX_BYTES = 1024 * 1024
const ROUND_TIMEOUT = 30_000

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, profile: { type: 'string' } } })
const rounds = Number(values.rounds)

if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds is "${values.rounds}"; it must be a whole number from 1`)
  process.exit(2)
}

const daemons = new Daemons('kill-recover')
const { folder } = daemons

async function run (daemon: NaraDaemon, command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await daemon.command([command, ...args])

  if (code !== 0) {
    throw new Error(`nara-stash ${command} ended with ${code}: ${stderr}`)
  }
}

/** Milliseconds from the start of the process until it said this, and which way it came about. */
async function heard (daemon: NaraDaemon, kind: 'stash:found' | 'stash:recovered'): Promise<{ after: number, via: string }> {
  const event = await daemon.until(kind, () => true, AbortSignal.timeout(ROUND_TIMEOUT))

  return { after: daemon.heardAt(event) - daemon.startedAt, via: event.via }
}

function digest (bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function quantile (sorted: readonly number[], q: number): number {
  return sorted[Math.min(Math.ceil(sorted.length * q), sorted.length) - 1] ?? NaN
}

function report (what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b)

  console.log(`${what}: p50 ${quantile(sorted, 0.5).toFixed(0)} ms, p99 ${quantile(sorted, 0.99).toFixed(0)} ms, slowest ${quantile(sorted, 1).toFixed(0)} ms`)
}

const first = daemons.start('confidant-1', ['--name', 'confidant-1'])
const [meeting = ''] = (await first.started()).addresses
const others = Array.from({ length: CONFIDANTS - 1 }, (_, i) => daemons.start(`confidant-${i + 2}`, ['--name', `confidant-${i + 2}`, '--bootstrap', meeting]))
await Promise.all(others.map(async daemon => await daemon.started()))

// the first owner makes its soul; from then on the soul file is all that is left of it
let owner = daemons.start('owner-0', ['--name', 'owner', '--bootstrap', meeting])
await owner.started()
const soul = join(folder, 'soul')
copyFileSync(join(owner.dir, 'soul'), soul)

const found: number[] = []
const restored: number[] = []
const ways: Record<string, number> = { push: 0, fetch: 0 }
const faults: string[] = []

for (let round = 1; round <= rounds; round++) {
  try {
    const content = randomBytes(randomInt(MAX_BYTES + 1))
    const file = join(folder, 'content')
    const back = join(folder, 'back')

    writeFileSync(file, content)
    await run(owner, 'put', [file, '--timeout', '30s'])
    await owner.kill()
    rmSync(owner.dir, { recursive: true })

    const profile = values.profile != null && round === rounds ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []
    mkdirSync(join(folder, `owner-${round}`))
    owner = daemons.start(`owner-${round}`, ['--soul-file', soul, '--name', 'owner', '--bootstrap', meeting], { nodeArgs: profile })

    const seen = await heard(owner, 'stash:found')
    const settled = await heard(owner, 'stash:recovered')

    found.push(seen.after)
    restored.push(settled.after)
    ways[seen.via] = (ways[seen.via] ?? 0) + 1

    await run(owner, 'get', ['-o', back])

    if (digest(readFileSync(back)) !== digest(content)) {
      throw new Error('the bytes differ')
    }
  } catch (err) {
    faults.push(`round ${round}: ${(err as Error).message}`)
    console.error(faults.at(-1))
    await owner.kill()
    owner = daemons.start(`owner-${round}-again`, ['--soul-file', soul, '--name', 'owner', '--bootstrap', meeting])
    await owner.started()
  }

  if (round % 20 === 0) {
    console.log(`${round} of ${rounds} rounds, ${round - faults.length} identical`)
  }
}

report('process start to first readable copy', found)
report('process start to restored', restored)
console.log(`first copy by push ${ways.push}, by asking ${ways.fetch}`)
console.log(`${rounds - faults.length} of ${rounds} identical`)

if (values.profile != null) {
  owner.run.child.kill('SIGTERM')
  await owner.run.done
}

console.log(`${rounds - faults.length} passed, ${faults.length} failed`)
process.exit(faults.length === 0 ? 0 : 1)
