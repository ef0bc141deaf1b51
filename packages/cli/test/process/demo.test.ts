import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { bin } from '../support/nara-process.ts'
import type { DemoReport } from '../../src/demo/report.ts'
import type { ChildProcess } from 'node:child_process'

const TIMEOUT = 240_000

interface Demo {
  child: ChildProcess
  tmp: string
  stdout: () => string
  /** Resolves once standard output has this in it. */
  said: (text: string) => Promise<void>
  exit: Promise<unknown[]>
  /** Whether any process of it runs: they share a process group of their own. */
  running: () => boolean
}

/** The demo as the leader of a process group, with a folder for temporary files of its own. */
async function demo (...args: string[]): Promise<Demo> {
  const tmp = await tempDir()
  const child = spawn(process.execPath, [bin, 'demo', ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: tmp } })
  const group = -(child.pid ?? 0)
  const listeners = new Set<() => void>()
  let stdout = ''
  const running = (): boolean => {
    try {
      return process.kill(group, 0)
    } catch {
      return false
    }
  }

  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    listeners.forEach(listener => { listener() })
  })
  onTestFinished(() => {
    if (running()) {
      process.kill(group, 'SIGKILL')
    }
  })

  const exit = once(child, 'close')

  return {
    child,
    tmp,
    stdout: () => stdout,
    said: async text => {
      let ended = false
      void exit.finally(() => {
        ended = true
        listeners.forEach(listener => { listener() })
      })

      while (!stdout.includes(text)) {
        if (ended) {
          throw new Error(`the demo ended without "${text}":\n${stdout}`)
        }

        await new Promise<void>(resolve => { listeners.add(resolve) })
      }
    },
    exit,
    running
  }
}

describe('the demo', () => {
  it('shows a stash that comes back bit for bit, and leaves nothing behind', async () => {
    const { exit, stdout, running, tmp } = await demo('--json')

    expect(await exit).toEqual([0, null])

    const report = JSON.parse(stdout()) as DemoReport & { ok: boolean }
    const times = Object.values(report.times)

    expect(report).toMatchObject({ ok: true, recovered: true, bytes: 204_800, naras: 6, repairDelay: 2_000 })
    expect(report.digests.after).toBe(report.digests.before)
    expect(report.digests.before).toMatch(/^[0-9a-f]{64}$/)
    expect(['push', 'fetch']).toContain(report.via)
    expect(times).toHaveLength(9)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(report.repairTime).toBeGreaterThanOrEqual(2_000)
    expect(running()).toBe(false)
    expect((await readdir(tmp)).filter(name => name.startsWith('nara-stash-demo'))).toEqual([])
  }, TIMEOUT)

  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('ends with all its processes on %s', async (signal, code) => {
    const { child, exit, said, stdout, running, tmp } = await demo()

    await said('ada stashes its state')
    child.kill(signal)
    expect(await exit).toEqual([code, null])
    expect(stdout()).toContain('did not come to its end')
    expect(running()).toBe(false)
    expect((await readdir(tmp)).filter(name => name.startsWith('nara-stash-demo'))).toEqual([])
  }, TIMEOUT)

  it('leaves no process behind even when it is killed itself', async () => {
    const { child, exit, said, running } = await demo()

    await said('ada stashes its state')
    child.kill('SIGKILL')
    await exit

    while (running()) {
      await setImmediate()
    }
  }, TIMEOUT)
})
