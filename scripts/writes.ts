/**
 * How many writes a second an owner makes: in process and through the daemon, awaited one after the other and many at once:
 * `pnpm writes [--seconds 5] [--confidants 1,3]`. The confidants keep what they hold in RAM, in a process of their own, on loopback.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNara } from '@nara-stash/node'
import { NaraDaemon, runNara } from '../packages/cli/test/support/nara-process.ts'
import type { WriteResult } from '@nara-stash/node'
import type { IncomingMessage } from 'node:http'

const BYTES = 30
const AT_ONCE = [200, 10_000] as const

/** Between two writes that nobody waits for before the next one, and how many of them. */
const PACE = 10
const PACED = 300

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    confidants: { type: 'string', default: '1,3' },
    hold: { type: 'string' },
    profile: { type: 'string' }
  }
})
const milliseconds = Number(values.seconds) * 1_000
const local = { listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false } as const

type Write = (data: Uint8Array) => Promise<WriteResult>

if (values.hold == null) {
  for (const count of values.confidants.split(',').map(Number)) {
    await measure(count)
  }

  process.exit(0)
} else {
  await hold(Number(values.hold))
}

/** The process of the confidants: says where they are. */
async function hold (count: number): Promise<void> {
  const first = await createNara(local)
  const others = await Promise.all(Array.from({ length: count - 1 }, async () => await createNara({ ...local, bootstrap: first.addresses })))

  process.on('disconnect', () => { process.exit(0) })
  process.send?.([first, ...others].flatMap(({ addresses }) => addresses))
}

async function measure (count: number): Promise<void> {
  const confidants = fork(fileURLToPath(import.meta.url), ['--hold', String(count)])
  const [bootstrap] = await once(confidants, 'message') as [string[]]

  try {
    console.log(`${count} ${count === 1 ? 'confidant' : 'confidants'}, in process`)
    await inProcess(count, bootstrap)
    console.log(`${count} ${count === 1 ? 'confidant' : 'confidants'}, through the daemon`)
    await throughDaemon(count, bootstrap)
  } finally {
    confidants.disconnect()
  }
}

async function inProcess (count: number, bootstrap: string[]): Promise<void> {
  const nara = await createNara({ ...local, bootstrap, fresh: true, target: count })

  while (nara.stash.peers().filter(({ connected }) => connected).length < count) {
    await once(nara.stash as unknown as EventTarget, 'peer:connect')
  }

  await rates(async data => await nara.stash.setStashData(data))
  await nara.stop()
}

async function throughDaemon (count: number, bootstrap: string[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'nara-stash-writes-'))
  const nodeArgs = values.profile == null ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]

  const args = [
    'start', '--json', '--dir', dir, '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--target', String(count),
    ...bootstrap.flatMap(address => ['--bootstrap', address])
  ]
  const daemon = new NaraDaemon(dir, runNara(args, { nodeArgs, stdio: ['ignore', 'pipe', 'inherit'] }))

  try {
    const { socket } = await daemon.started()
    const met = new Set<string>()

    while (met.size < count) {
      await daemon.until('peer:connect', ({ peer }) => !met.has(peer) && met.add(peer) != null)
    }

    const agent = new Agent({ keepAlive: true, maxSockets: 256 })
    await rates(async data => await put(socket, agent, data))
    agent.destroy()
  } finally {
    daemon.run.child.kill('SIGTERM')
    await daemon.run.done
    rmSync(dir, { recursive: true, force: true })
  }
}

async function put (socketPath: string, agent: Agent, data: Uint8Array): Promise<WriteResult> {
  const req = request({ socketPath, agent, method: 'PUT', path: '/v1/stash?timeout=60s' })

  req.end(data)

  const [answer] = await once(req, 'response') as [IncomingMessage]
  const chunks: Buffer[] = []

  for await (const chunk of answer) {
    chunks.push(chunk as Buffer)
  }

  return JSON.parse(Buffer.concat(chunks).toString()) as WriteResult
}

async function rates (write: Write): Promise<void> {
  await write(randomBytes(BYTES))

  const from = performance.now()
  const results: WriteResult[] = []

  while (performance.now() - from < milliseconds) {
    results.push(await write(randomBytes(BYTES)))
  }

  say('awaited one after the other', results, from)

  for (const count of AT_ONCE) {
    const start = performance.now()

    say(`${count} at once`, await Promise.all(Array.from({ length: count }, async () => await write(randomBytes(BYTES)))), start)
  }

  const start = performance.now()
  const paced: Array<Promise<WriteResult>> = []

  for await (const _ of setInterval(PACE)) {
    paced.push(write(randomBytes(BYTES)))

    if (paced.length === PACED) {
      break
    }
  }

  say(`one every ${PACE} ms`, await Promise.all(paced), start)
}

function say (what: string, results: readonly WriteResult[], start: number): void {
  const seconds = (performance.now() - start) / 1_000
  const outcomes = Object.entries(Object.groupBy(results, ({ outcome }) => outcome)).map(([outcome, all]) => `${all.length} ${outcome}`)
  const versions = new Set(results.map(({ seq }) => seq)).size
  const why = [...new Set(results.flatMap(({ failures }) => failures.map(({ why }) => why)))]

  const rate = `${(results.length / seconds).toFixed(0)} a second (${results.length} in ${seconds.toFixed(2)} s)`

  console.log(`  ${what}: ${rate}, ${versions} versions; ${[...outcomes, ...why].join(', ')}`)
}
