import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** A process that nothing keeps alive ends in about one second: libp2p has timers of its own. Milliseconds. */
const ENDS_WITHIN = 3_000

describe('stop()', () => {
  it('leaves nothing running: a process ends by itself', async () => {
    const running = promisify(execFile)(process.execPath, [new URL('./stopping-process.ts', import.meta.url).pathname], { timeout: 45_000 })
    const { child } = running
    let stoppedAt = 0
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.includes('stopped')) {
        stoppedAt = performance.now()
      }
    })
    const [code] = await once(child, 'exit') as [number | null]
    const { stdout, stderr } = await running

    expect(code, stderr).toBe(0)
    expect(stdout).toContain('kept')
    expect(stdout).toContain('stopped')
    expect(performance.now() - stoppedAt).toBeLessThan(ENDS_WITHIN)
  })
})
