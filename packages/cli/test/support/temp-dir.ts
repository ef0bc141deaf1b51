import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of this test's own, removed at its end. */
export async function tempDir (): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'nara-cli-')))

  onTestFinished(async () => { await rm(dir, { recursive: true, force: true }) })

  return dir
}
