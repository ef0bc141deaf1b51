import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeRunFolder, makeSocketPath } from '../../src/daemon/run-folder.ts'
import { tempDir } from '../support/temp-dir.ts'

async function mode (path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

describe('the run folder', () => {
  it('is private, also if it was not, and DIR stays as it is', async () => {
    const dir = await tempDir()

    await mkdir(join(dir, 'run'))
    await chmod(join(dir, 'run'), 0o755)
    await chmod(dir, 0o755)
    await makeRunFolder(dir)
    expect(await mode(join(dir, 'run'))).toBe(0o700)
    expect(await mode(dir)).toBe(0o755)
  })

  it('is made with DIR, private both', async () => {
    const dir = join(await tempDir(), 'new')

    await makeRunFolder(dir)
    expect(await mode(dir)).toBe(0o700)
    expect(await mode(join(dir, 'run'))).toBe(0o700)
  })
})

describe('the path of the socket', () => {
  it('is in the run folder if it fits', async () => {
    const dir = await tempDir()

    expect(await makeSocketPath(dir, {})).toBe(join(dir, 'run', 'api.sock'))
  })

  it('is short, private and always the same if it does not', async () => {
    const runtime = await tempDir()
    const dir = join(await tempDir(), 'a'.repeat(120))

    await mkdir(dir)

    const path = await makeSocketPath(dir, { XDG_RUNTIME_DIR: runtime })

    expect(path.startsWith(runtime)).toBe(true)
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
    expect(await mode(join(path, '..'))).toBe(0o700)
    expect(await makeSocketPath(dir, { XDG_RUNTIME_DIR: runtime })).toBe(path)
  })

  it('is counted in bytes, not in letters', async () => {
    const dir = join(await tempDir(), 'ä'.repeat(45))

    await mkdir(dir)
    expect(Buffer.byteLength(await makeSocketPath(dir, {}))).toBeLessThanOrEqual(103)
  })

  it('falls back to /tmp if even the runtime folder is too deep', async () => {
    const deep = join(await tempDir(), 'b'.repeat(100))

    await mkdir(join(deep, 'c'), { recursive: true })

    const path = await makeSocketPath(join(deep, 'c'), { XDG_RUNTIME_DIR: deep })

    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  })

  it('is refused in a folder that others can use', async () => {
    const runtime = await tempDir()
    const dir = join(await tempDir(), 'a'.repeat(120))
    const shared = join(runtime, `nara-stash-${process.getuid?.() ?? 'user'}`)

    await mkdir(dir)
    await mkdir(shared)
    await chmod(shared, 0o777)
    onTestFinished(async () => { await rm(shared, { recursive: true, force: true }) })
    await expect(makeSocketPath(dir, { XDG_RUNTIME_DIR: runtime })).rejects.toThrow(/not a folder that only you can use/)
  })
})
