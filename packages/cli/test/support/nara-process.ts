import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
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

export interface RunInit {
  env?: NodeJS.ProcessEnv
  stdin?: string | Uint8Array
  stdio?: StdioOptions
  /** What stands before the command, such as `ip netns exec HOST`. */
  wrapper?: readonly string[]
  nodeArgs?: readonly string[]
  /** Another user's number. */
  uid?: number
}

export type Runner = (args: readonly string[], init?: RunInit) => Run

/** Runs `nara-stash` as a process of its own. Whoever runs it sees to it that it ends. */
export function runNara (args: readonly string[], { env = {}, stdin, stdio, wrapper = [], nodeArgs = [], uid }: RunInit = {}): Run {
  const [command = '', ...rest] = [...wrapper, process.execPath, ...nodeArgs, bin, ...args]
  const child = spawn(command, rest, {
    stdio: stdio ?? [stdin == null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...withoutSettings(process.env), ...env },
    ...(uid == null ? {} : { uid })
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

  return { child, done }
}

function withoutSettings (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('NARA_')))
}

type Told<K extends DaemonEvent['event']> = Extract<DaemonEvent, { event: K }>

/** A running daemon: a process of `nara-stash start --json`. */
export class NaraDaemon {
  readonly dir: string
  readonly run: Run
  readonly events: DaemonEvent[] = []
  /** When it was started, as `performance.now()` tells it. */
  readonly startedAt = performance.now()
  private readonly times = new Map<DaemonEvent, number>()
  private readonly listeners = new Set<() => void>()
  private readonly runner: Runner
  private ended = false

  /** @param runner - how commands for it are run */
  constructor (dir: string, run: Run, runner: Runner = runNara) {
    this.dir = dir
    this.run = run
    this.runner = runner

    if (run.child.stdout != null) {
      createInterface({ input: run.child.stdout }).on('line', line => {
        const event = JSON.parse(line) as DaemonEvent

        this.events.push(event)
        this.times.set(event, performance.now())
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

  /** The first event of this kind that matches, past or to come. Fails if the daemon ends without it, or when the signal says so. */
  async until<K extends DaemonEvent['event']>(kind: K, matches: (event: Told<K>) => boolean = () => true, signal?: AbortSignal): Promise<Told<K>> {
    const abort = (): void => { this.wake() }

    signal?.addEventListener('abort', abort)

    try {
      for (;;) {
        const found = this.events.find((event): event is Told<K> => event.event === kind && matches(event as Told<K>))

        if (found != null) {
          return found
        }

        if (this.ended) {
          const { code, signal, stdout, stderr } = await this.run.done
          throw new Error(`the daemon ended (${code ?? signal}) without ${kind}: ${stderr}${stdout.toString().slice(-500)}`)
        }

        signal?.throwIfAborted()
        await new Promise<void>(resolve => { this.listeners.add(resolve) })
      }
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** When an event was heard here, as `performance.now()` tells it. */
  heardAt (event: DaemonEvent): number {
    return this.times.get(event) ?? NaN
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
    return this.runner([...args, '--dir', this.dir], stdin == null ? {} : { stdin })
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
