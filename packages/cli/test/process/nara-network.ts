import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFailed, onTestFinished } from 'vitest'
import { formatNetworkKey } from '../../src/daemon/network-key.ts'
import type { DaemonEvent, DaemonStatus, StartedEvent } from '../../src/api/types.ts'
import type { ChildProcess, StdioOptions } from 'node:child_process'

export const bin = fileURLToPath(new URL('../../bin/nara-stash.js', import.meta.url))

export interface Done {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: string
}

export interface Run {
  child: ChildProcess
  done: Promise<Done>
}

/** Runs `nara-stash` as a process of its own; killed, by its id, at the test's end if it still runs. */
export function nara (args: readonly string[], { env = {}, stdin, stdio }: { env?: NodeJS.ProcessEnv, stdin?: string | Uint8Array, stdio?: StdioOptions } = {}): Run {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: stdio ?? [stdin == null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...withoutSettings(process.env), ...env }
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []

  child.stdout?.on('data', (chunk: Buffer) => { stdout.push(chunk) })
  child.stderr?.on('data', (chunk: Buffer) => { stderr.push(chunk) })
  // a process that refuses its input closes it
  child.stdin?.on('error', () => {})

  if (stdin != null) {
    child.stdin?.end(stdin)
  }

  const done = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString()
  }))

  onTestFinished(async () => {
    child.kill('SIGKILL')
    await done
  })

  return { child, done }
}

function withoutSettings (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('NARA_')))
}

/** A running daemon. */
export class NaraDaemon {
  readonly events: DaemonEvent[] = []
  private readonly listeners = new Set<() => void>()
  private ended = false

  constructor (readonly dir: string, readonly run: Run) {
    if (run.child.stdout != null) {
      createInterface({ input: run.child.stdout }).on('line', line => {
        this.events.push(JSON.parse(line) as DaemonEvent)
        this.wake()
      })
    }

    void run.done.then(() => {
      this.ended = true
      this.wake()
    })
  }

  get pid (): number {
    return this.run.child.pid ?? 0
  }

  /** The first event of this kind that matches, past or to come. Fails if the daemon ends without it. */
  async until<K extends DaemonEvent['event']>(kind: K, matches: (event: Extract<DaemonEvent, { event: K }>) => boolean = () => true): Promise<Extract<DaemonEvent, { event: K }>> {
    for (;;) {
      const found = this.events.find((event): event is Extract<DaemonEvent, { event: K }> => event.event === kind && matches(event as Extract<DaemonEvent, { event: K }>))

      if (found != null) {
        return found
      }

      if (this.ended) {
        throw new Error(`the daemon ended without ${kind}: ${(await this.run.done).stderr}`)
      }

      await new Promise<void>(resolve => { this.listeners.add(resolve) })
    }
  }

  async started (): Promise<StartedEvent> {
    return await this.until('started')
  }

  /** Runs a command against this daemon, to its end. */
  async command (args: readonly string[], stdin?: string | Uint8Array): Promise<Done> {
    return await this.begin(args, stdin).done
  }

  /** As `command`, while it runs. */
  begin (args: readonly string[], stdin?: string | Uint8Array): Run {
    return nara([...args, '--dir', this.dir], stdin == null ? {} : { stdin })
  }

  async status (...args: string[]): Promise<DaemonStatus> {
    const { code, stdout, stderr } = await this.command(['status', '--json', ...args])

    if (code !== 0) {
      throw new Error(`status ended with ${code}: ${stdout.toString()}${stderr}`)
    }

    return JSON.parse(stdout.toString()) as DaemonStatus
  }

  /** SIGKILL: no goodbye of any kind. Resolves once it is gone. */
  async kill (): Promise<void> {
    this.run.child.kill('SIGKILL')
    await this.run.done
  }

  private wake (): void {
    const waiting = [...this.listeners]

    this.listeners.clear()
    waiting.forEach(resume => { resume() })
  }
}

export interface NaraInit {
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Its folder. @default an empty one */
  dir?: string
}

/** Naras on loopback with a private key of this network's own; all of it is gone at the test's end. */
export class NaraNetwork {
  private count = 0
  private bootstrap: string[] = []

  private constructor (readonly root: string, readonly pskFile: string) {}

  static async open (): Promise<NaraNetwork> {
    const root = await mkdtemp(join(tmpdir(), 'nara-net-'))
    const pskFile = join(root, 'psk')

    await writeFile(pskFile, formatNetworkKey(randomBytes(32)), { mode: 0o600 })
    // hooks run last in, first out: the processes, registered later, are gone by then
    onTestFinished(async () => { await rm(root, { recursive: true, force: true }) })

    return new NaraNetwork(root, pskFile)
  }

  /** Starts a nara that meets the others through the first; does not wait for it. */
  start (name: string, { args = [], env = {}, dir = join(this.root, `${name}-${this.count++}`) }: NaraInit = {}): NaraDaemon {
    const common = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--psk-file', this.pskFile, '--dir', dir]

    const daemon = new NaraDaemon(dir, nara(['start', '--json', ...common, ...this.bootstrap, ...args], { env }))

    // what it went through, for who has to find out why a test failed
    onTestFailed(() => { process.stderr.write(`${dir}:\n${daemon.events.map(event => `  ${JSON.stringify(event)}\n`).join('')}`) })

    return daemon
  }

  /** Starts several, each with the name it is given, and waits until all are up. The first one of all is the others' meeting point. */
  async startAll (names: readonly string[], init: NaraInit = {}): Promise<NaraDaemon[]> {
    const daemons: NaraDaemon[] = []

    for (const name of names) {
      const daemon = this.start(name, { ...init, args: ['--name', name, ...init.args ?? []] })

      daemons.push(daemon)

      if (this.bootstrap.length === 0) {
        this.bootstrap = ['--bootstrap', (await daemon.started()).addresses[0] ?? '']
      }
    }

    await Promise.all(daemons.map(async daemon => await daemon.started()))

    return daemons
  }
}
