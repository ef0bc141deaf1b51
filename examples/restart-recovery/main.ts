import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createSoul, formatSoul } from '@nara-stash/crypto'
import { createNara } from '@nara-stash/node'
import type { Order, Report } from './nara.ts'
import type { ChildProcess } from 'node:child_process'

const NAMES = ['ada', 'bea', 'cleo', 'dora', 'emma', 'fay']
const AT_ONCE = 2

/** Aborts when it takes too long, or when a process ends that was not killed. */
const ended = new AbortController()
const tooLong = setTimeout(() => { ended.abort(new Error('it took too long')) }, 60_000)

const say = (text: string): void => { console.log(`${Math.round(performance.now()).toString().padStart(6)} ms  ${text}`) }

/** A process that can be killed, and what outlives it: its soul, and our memory of what it should know. */
class Process {
  readonly name: string
  last: Report | undefined
  private readonly soul: string
  private version = 0
  private child: ChildProcess | undefined

  constructor (name: string) {
    this.name = name
    this.soul = formatSoul(createSoul({ name }))
  }

  start (bootstrap: string[], fresh = false): void {
    this.last = undefined
    this.child = fork(new URL('./nara.ts', import.meta.url))
    this.child.on('message', (report: Report) => {
      this.last = report
      changed.dispatchEvent(new Event('change'))
    })
    this.child.on('exit', code => {
      if (code !== null) {
        ended.abort(new Error(`${this.name} ended by itself with code ${code}`))
      }
    })
    this.send({ do: 'start', soul: this.soul, name: this.name, fresh, bootstrap })
  }

  /** Writes the next version. */
  put (): void {
    this.version++
    this.send({ do: 'put', document: this.document })
  }

  async kill (): Promise<void> {
    if (this.child?.exitCode === null && this.child.kill('SIGKILL')) {
      await once(this.child, 'exit')
    }
  }

  get isBack (): boolean {
    return this.last?.state === 'settled' && this.last.sha256 === this.digest
  }

  get isWhole (): boolean {
    return this.isBack && this.last?.copies === this.last?.target
  }

  private get document (): string {
    return JSON.stringify({ of: this.name, version: this.version, padding: this.name.repeat(1_000) })
  }

  private get digest (): string {
    return createHash('sha256').update(this.document).digest('hex')
  }

  private send (order: Order): void {
    this.child?.send(order)
  }
}

const changed = new EventTarget()
const processes = NAMES.map(name => new Process(name))

/** Looks at each report until all of these processes are as they should be. */
async function until (what: string, some: Process[], condition: (one: Process) => boolean): Promise<void> {
  while (!some.every(condition)) {
    const waited = once(changed, 'change', { signal: ended.signal })

    await waited.catch(() => {
      const missing = some.filter(one => !condition(one)).map(({ name, last }) => `${name} ${JSON.stringify(last)}`)
      throw new Error(`${(ended.signal.reason as Error).message}; not ${what}: ${missing.join('; ')}`)
    })
  }
}

const hub = await createNara({ listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })

try {
  processes.forEach(one => { one.start(hub.addresses, true) })
  await until('started', processes, one => one.last != null)
  processes.forEach(one => { one.put() })
  await until('whole', processes, one => one.isWhole)
  say(`${NAMES.join(', ')}: ${NAMES.length} processes, each with its document in three other places`)

  for (let i = 0; i < processes.length; i += AT_ONCE) {
    const victims = processes.slice(i, i + AT_ONCE)
    const names = victims.map(({ name }) => name).join(' and ')

    await Promise.all(victims.map(async one => { await one.kill() }))
    say(`SIGKILL: ${names}`)
    victims.forEach(one => { one.start(hub.addresses) })
    await until('back', victims, one => one.isBack)
    say(`  back, bit for bit: ${victims.map(({ name, last }) => `${name} (${last?.via === 'push' ? 'a confidant pushed it' : 'asked for it'})`).join(', ')}`)

    victims.forEach(one => { one.put() })
    await until('whole', processes, one => one.isWhole)
    say('  everyone has three copies again, also of what the killed had held')
  }

  say(`all ${processes.length} died and came back`)
} catch (err) {
  console.error(`failed: ${(err as Error).message}`)
  process.exitCode = 1
} finally {
  clearTimeout(tooLong)
  await Promise.all([hub.stop(), ...processes.map(async one => { await one.kill() })])
}
