import { execFile } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createSoul, formatSoul } from '@nara-stash/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { LargeStashReport, LargeStashTask } from './large-stash-process.ts'
import type { ChildProcess } from 'node:child_process'

const mebibyte = 2 ** 20
const BYTES = 64 * mebibyte

const children = new Set<ChildProcess>()

afterEach(() => { children.forEach(child => child.kill('SIGKILL')) })

/** What a nara in another process tells, line by line. */
class Remote {
  private readonly lines: AsyncIterator<string>
  private readonly child: ChildProcess

  constructor (task: Omit<LargeStashTask, 'bytes'>) {
    const script = new URL('./large-stash-process.ts', import.meta.url).pathname
    this.child = execFile(process.execPath, [script, JSON.stringify({ ...task, bytes: BYTES })])
    this.child.stderr?.pipe(process.stderr)
    children.add(this.child)
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  async report (): Promise<LargeStashReport> {
    const { value, done } = await this.lines.next()

    if (done === true) {
      throw new Error('the process ended early')
    }

    return JSON.parse(value) as LargeStashReport
  }

  end (): void {
    this.child.kill('SIGTERM')
  }
}

/** By how many times the stash's size a process grew. */
const grown = ({ memory }: LargeStashReport): number => memory == null ? NaN : (memory.peak - memory.start) / BYTES

describe('a stash of 64 MiB', () => {
  it('is kept and recovered, and memory stays in proportion to it', async () => {
    const soul = formatSoul(createSoul())
    const hub = new Remote({ role: 'hold' })
    const { addresses: bootstrap = [] } = await hub.report()
    const other = new Remote({ role: 'hold', bootstrap })
    await other.report()

    const owner = new Remote({ role: 'put', soul, bootstrap })
    await owner.report()
    const put = await owner.report()
    expect(put.outcome).toBe('kept')

    const back = new Remote({ role: 'recover', soul, bootstrap })
    await back.report()
    const recovered = await back.report()
    expect(recovered.outcome).toBe('settled')
    expect(recovered.sha256).toBe(put.sha256)

    hub.end()
    other.end()
    const held = await Promise.all([hub.report(), other.report()])

    // the owner has the caller's copy, its own, the padded plaintext and the sealed body; a holder what it receives and what it keeps
    expect(grown(put)).toBeLessThan(9)
    expect(grown(recovered)).toBeLessThan(6)
    held.forEach(report => { expect(grown(report)).toBeLessThan(4) })
  }, 60_000)
})
