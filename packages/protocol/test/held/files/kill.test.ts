import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { inFolder } from './in-folder.ts'
import { peerId } from '../signed.ts'

const STORING_PROCESS = fileURLToPath(new URL('../storing-process.ts', import.meta.url))

/** Resolves with the last seq that the process had acknowledged when it was killed, after at least `count` of them. */
async function killAfter (path: string, bytes: number, count: number): Promise<number> {
  const child = spawn(process.execPath, [STORING_PROCESS, path, '1', String(bytes), 'files'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let [acknowledged, lines] = [0, 0]

  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    lines++

    if (lines === count) {
      child.kill('SIGKILL')
    }
  }

  expect(await closed).toStrictEqual([null, 'SIGKILL'])

  return acknowledged
}

it('what is held in a folder is there after kill -9 in the middle of stores, and the lock is free', async () => {
  const path = await mkdtemp(join(tmpdir(), 'held-files-'))
  onTestFinished(async () => { await rm(path, { recursive: true }) })

  for (const [round, [bytes, count]] of ([[100, 5], [300_000, 3], [40_000, 20], [1_000_000, 2]] as const).entries()) {
    const acknowledged = await killAfter(path, bytes, count)

    await inFolder(path, async ({ held, damaged }) => {
      const owner = await peerId(1)
      const whole = await held.read(owner)
      const seq = (whole?.stash ?? held.tombstone(owner))?.record.seq ?? 0

      expect(damaged, `round ${round}`).toStrictEqual([])
      expect(seq).toBeGreaterThanOrEqual(acknowledged)
      expect(seq).toBeLessThanOrEqual(acknowledged + 1)
      expect(whole?.body).toStrictEqual(seq % 3 === 0 ? undefined : new Uint8Array(bytes).fill(seq))
      expect((await readdir(path)).sort()).toStrictEqual([expect.stringMatching(/\.stash$/), 'clock', 'format', 'lock'])
    })
  }
}, 60_000)
