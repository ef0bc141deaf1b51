import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connect } from '../client/api-client.ts'
import { DemoError } from './demo-error.ts'
import type { DaemonEvent, ErrorAnswer } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { ChildProcess } from 'node:child_process'

const BINARY = fileURLToPath(new URL('../../bin/nara-stash.js', import.meta.url))

/** Of what a process says on standard error so much is kept for the case that it fails. */
const MAX_COMPLAINT = 4 * 1024

export interface NaraProcessInit {
  name: string
  /** Its folder; made by it. */
  dir: string
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

/** One nara as a process of its own: `nara-stash start --json`. It ends with this process, however this one ends. */
export class NaraProcess {
  readonly name: string
  readonly dir: string
  readonly pid: number
  readonly events: DaemonEvent[] = []
  private readonly child: ChildProcess
  private readonly listeners = new Set<() => void>()
  private readonly exit: Promise<unknown>
  private complaint = ''
  private ended = false

  constructor ({ name, dir, args, env }: NaraProcessInit) {
    this.name = name
    this.dir = dir
    this.child = spawn(process.execPath, [BINARY, 'start', '--json', '--exit-with-parent', '--dir', dir, ...args], {
      // the child holds the other end of a pipe as its standard input: it ends when this process does
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...env }
    })
    this.pid = this.child.pid ?? 0
    this.exit = once(this.child, 'close').catch(() => {}).finally(() => {
      this.ended = true
      this.wake()
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-MAX_COMPLAINT)
    })
    // a process that was killed does not read its input any more
    this.child.stdin?.on('error', () => {})

    if (this.child.stdout != null) {
      createInterface({ input: this.child.stdout }).on('line', line => {
        this.heard(JSON.parse(line) as DaemonEvent | ErrorAnswer)
      })
    }
  }

  /** The first event of this kind, heard already or later. */
  async until<K extends DaemonEvent['event']>(kind: K, signal: AbortSignal): Promise<Extract<DaemonEvent, { event: K }>> {
    for (;;) {
      const found = this.events.find(({ event }) => event === kind)

      if (found != null) {
        return found as Extract<DaemonEvent, { event: K }>
      }

      if (this.ended) {
        throw new DemoError(`${this.name} (process ${this.pid}) ended: ${this.complaint.trim() || 'it did not say why'}`)
      }

      await this.change(signal)
    }
  }

  async api (): Promise<ApiClient> {
    return await connect(this.dir)
  }

  /** SIGKILL: no word to anybody, nothing saved. Resolves once the process is gone. */
  async kill (): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exit
  }

  /** Asks it to leave in good order. Resolves once the process is gone. */
  async stop (): Promise<void> {
    this.child.kill('SIGTERM')
    await this.exit
  }

  /** As `kill`, for a process that is ending itself and cannot wait. */
  killNow (): void {
    this.child.kill('SIGKILL')
  }

  private heard (said: DaemonEvent | ErrorAnswer): void {
    if ('event' in said) {
      this.events.push(said)
    } else {
      this.complaint += said.error.message
    }

    this.wake()
  }

  private async change (signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()

    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => { reject(signal.reason as Error) }

    this.listeners.add(resolve)
    signal.addEventListener('abort', abort, { once: true })

    try {
      await promise
    } finally {
      this.listeners.delete(resolve)
      signal.removeEventListener('abort', abort)
    }
  }

  private wake (): void {
    this.listeners.forEach(listener => { listener() })
  }
}
