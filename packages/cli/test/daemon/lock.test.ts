import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { takeLock } from '../../src/daemon/lock.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { ChildProcess } from 'node:child_process'

const module = new URL('../../dist/daemon/lock.js', import.meta.url).href
const script = `
  import { takeLock } from ${JSON.stringify(module)}
  const take = path => {
    try { globalThis.lock = takeLock(path, 'here'); console.log('taken') } catch (error) { console.log(error.name) }
  }
  const [path, how] = process.argv.slice(1)
  // each line is a round: another lock, and the moment at which all want it
  if (how === 'wait') {
    console.log('ready')
    process.stdin.on('data', line => {
      const [round, at] = line.toString().trim().split(' ')
      while (Date.now() < Number(at));
      take(path + round)
    })
  } else {
    take(path)
    process.stdin.resume()
  }
`

/** Another process that takes the lock, at once or when told to, and keeps it. */
function taker (path: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })

  onTestFinished(() => { child.kill('SIGKILL') })

  return child
}

async function said (child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout ?? child, 'data') as [Buffer]

  return chunk.toString().trim()
}

describe('the lock of a folder', () => {
  it('is taken once, and again after it was released', async () => {
    const path = join(await tempDir(), 'lock')
    const lock = takeLock(path, 'here')

    expect(() => takeLock(path, '/srv/\u001bnara')).toThrow('a daemon runs in /srv/\\u{1b}nara already')
    lock.release()
    takeLock(path, 'here').release()
  })

  it('is kept from another process, and ends with a kill -9 of the one that has it', async () => {
    const path = join(await tempDir(), 'lock')
    const child = taker(path)

    expect(await said(child)).toBe('taken')
    expect(() => takeLock(path, 'here')).toThrow(expect.objectContaining({ name: 'AlreadyRunningError', exitCode: 1 }))

    const exit = once(child, 'exit')

    child.kill('SIGKILL')
    await exit
    takeLock(path, 'here').release()
  })

  it('goes to exactly one of those that want it at once', async () => {
    const path = join(await tempDir(), 'lock')
    const children = Array.from({ length: 4 }, () => taker(path, 'wait'))

    expect(await Promise.all(children.map(said))).toEqual(children.map(() => 'ready'))

    for (let round = 0; round < 10; round++) {
      const answers = children.map(said)
      const at = Date.now() + 10

      children.forEach(child => child.stdin?.write(`${round} ${at}\n`))
      expect((await Promise.all(answers)).sort()).toEqual([...Array<string>(3).fill('AlreadyRunningError'), 'taken'])
    }
  })

  it('needs no other file', async () => {
    const dir = await tempDir()
    const lock = takeLock(join(dir, 'lock'), dir)

    expect(await readdir(dir)).toEqual(['lock'])
    lock.release()
  })

  it('says so if the folder is not there', async () => {
    const dir = await tempDir()

    expect(() => takeLock(join(dir, 'none', 'lock'), dir)).toThrow(/cannot lock/)
  })
})
