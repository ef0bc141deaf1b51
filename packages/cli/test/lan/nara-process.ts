import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ChildProcess } from 'node:child_process'

const bin = fileURLToPath(new URL('../../bin/nara-stash.js', import.meta.url))
const run = promisify(execFile)

export type Line = { event: string } & Record<string, any>

/** A real daemon on a host of a LAN. */
export class NaraProcess {
  readonly lines: Line[] = []
  private readonly child: ChildProcess
  private readonly wrapper: readonly string[]
  private readonly listeners = new Set<() => void>()

  constructor (readonly dir: string, args: readonly string[], wrapper: readonly string[] = []) {
    this.wrapper = wrapper
    const [command = '', ...rest] = [...wrapper, process.execPath, bin, 'start', '--json', '--dir', dir, ...args]

    this.child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: this.child.stdout! }).on('line', text => {
      this.lines.push(JSON.parse(text) as Line)
      this.listeners.forEach(listener => { listener() })
    })
  }

  /** The first line of this event that `matches`, past or to come. */
  async line (event: string, matches: (line: Line) => boolean = () => true): Promise<Line> {
    return await new Promise(resolve => {
      const look = (): void => {
        const found = this.lines.find(line => line.event === event && matches(line))

        if (found != null) {
          this.listeners.delete(look)
          resolve(found)
        }
      }

      this.listeners.add(look)
      look()
    })
  }

  /** Runs a command against this daemon; resolves with its standard output. */
  async command (...args: string[]): Promise<Buffer> {
    const [command, ...rest] = [...this.wrapper, process.execPath, bin, ...args, '--dir', this.dir]
    const { stdout } = await run(command, rest, { encoding: 'buffer', maxBuffer: 64 << 20 })

    return stdout
  }

  async status (...args: string[]): Promise<Record<string, any>> {
    return JSON.parse((await this.command('status', '--json', ...args)).toString()) as Record<string, any>
  }

  /** SIGKILL: no goodbye of any kind. */
  async kill (): Promise<void> {
    if (this.child.exitCode == null && this.child.signalCode == null) {
      const gone = once(this.child, 'exit')
      this.child.kill('SIGKILL')
      await gone
    }
  }
}
