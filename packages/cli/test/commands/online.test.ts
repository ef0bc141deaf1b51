import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { commandHarness as harness } from '../support/command-harness.ts'
import { ended, fakeIo } from '../support/fake-io.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { DaemonStatus } from '../../src/api/types.ts'

describe('get', () => {
  it('prints the bytes, and nothing else', async () => {
    const { command, nara } = await harness()
    const data = Uint8Array.from({ length: 256 }, (_, i) => i)

    await nara.fake.setStashData(data)
    expect((await command(['get'])).stdout.equals(data)).toBe(true)
    expect((await command(['get', '--json'])).json()).toMatchObject({ bytes: 256, seq: '1', data: Buffer.from(data).toString('base64') })
  })

  it('writes a private file, whole or not at all', async () => {
    const { command, dir, nara } = await harness()

    await writeFile(join(dir, 'out'), 'older and longer', { mode: 0o644 })
    await nara.fake.setStashData(Buffer.from('new'))
    expect((await command(['get', '-o', 'out'])).code).toBe(0)
    expect(await readFile(join(dir, 'out'), 'utf8')).toBe('new')
    expect((await stat(join(dir, 'out'))).mode & 0o777).toBe(0o600)
    expect((await command(['get', '-o', 'out', '--json'])).json()).toMatchObject({ file: join(dir, 'out'), bytes: 3 })

    expect(await command(['get', '-o', 'nodir/x'])).toMatchObject(ended(1, `cannot write ${dir}/nodir/x: there is no folder ${dir}/nodir\n`))
    expect(await command(['get', '-o', 'a'.repeat(256)])).toMatchObject(ended(1, /: a name in its path is too long\n/))
    expect((await readdir(dir)).sort()).toEqual(['out', 'port', 'run', 'soul'])
  })

  it('writes to a pipe as it is', async () => {
    const { command, dir, nara } = await harness()
    const pipe = join(dir, 'pipe')

    execFileSync('mkfifo', [pipe])
    await nara.fake.setStashData(Buffer.from('through'))

    const [{ code }, read] = await Promise.all([command(['get', '-o', 'pipe']), readFile(pipe, 'utf8')])

    expect([code, read]).toEqual([0, 'through'])
    expect((await stat(pipe)).isFIFO()).toBe(true)
  })

  it('ends with 4 if there is nothing, and leaves the file alone', async () => {
    const { command, dir } = await harness()

    await writeFile(join(dir, 'out'), 'kept')
    expect((await command(['get', '-o', 'out'])).code).toBe(4)
    expect(await readFile(join(dir, 'out'), 'utf8')).toBe('kept')
    expect((await command(['get', '--json'])).json()).toMatchObject({ error: { name: 'NotFoundError' } })
  })

  it('ends with 6 if it is doubtful, and gives it only if asked for in spite of that', async () => {
    const { command, nara } = await harness()

    await nara.fake.setStashData(Buffer.from('old?'))
    nara.fake.become('doubtful')

    const refused = await command(['get'])
    const given = await command(['get', '--doubtful'])

    expect([refused.code, refused.stdout.length]).toEqual([6, 0])
    expect([given.code, given.stdout.toString()]).toEqual([6, 'old?'])
  })
})

describe('what was set aside', () => {
  it('is listed, and read by its number', async () => {
    const { command, nara } = await harness()

    nara.fake.aside = [
      { id: 'ab'.repeat(32), seq: '2', data: Buffer.from('latest'), timestamp: 2_000 }, { id: 'cd'.repeat(32), data: Buffer.from('first'), timestamp: 1_000 }
    ]
    expect((await command(['status', '--json'])).json()).toMatchObject({
      setAside: [{ id: 'ab'.repeat(32), seq: '2', bytes: 6, updatedAt: '1970-01-01T00:00:02.000Z' }, { id: 'cd'.repeat(32), bytes: 5, updatedAt: '1970-01-01T00:00:01.000Z' }]
    })
    expect((await command(['status'])).stdout.toString()).toMatch(/set aside +\(cdcdcdcdcdcd\), 5 B, of 1970.*: nara-stash get --set-aside 2\n/)
    expect((await command(['get', '--set-aside', '2'])).stdout.toString()).toBe('first')
    expect((await command(['get', '--set-aside', '1', '--json'])).json()).toMatchObject({ bytes: 6, data: Buffer.from('latest').toString('base64') })
    expect(await command(['get', '--set-aside', '3'])).toMatchObject(ended(4, /2 versions set aside/))
    expect(await command(['get', '--set-aside', '0'])).toMatchObject({ code: 2 })
  })
})

describe('status', () => {
  it('is JSON with all that is promised', async () => {
    const { command, nara } = await harness()

    nara.fake.confidants = ['abc']

    const status = (await command(['status', '--json'])).json() as DaemonStatus

    expect(status).toMatchObject({
      peerId: nara.peerId, state: 'empty', stash: null, copies: { have: 1, minimum: 2, target: 3 }, pid: process.pid,
      addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${nara.peerId}`], confidants: [{ peerId: 'abc', state: 'trusted' }]
    })
  })

  it('escapes control codes in a name, for people and in JSON', async () => {
    const { command, nara } = await harness()

    nara.fake.confidants = ['abc']
    nara.fake.peersMet = [{ peerId: 'abc', name: 'evil\u001b[2J\u009b\u202e', connected: true, address: '127.0.0.1', confidant: true, held: false }]

    for (const args of [['status'], ['status', '--json'], ['peers'], ['peers', '--json'], ['confidants'], ['confidants', '--json']]) {
      const { code, stdout } = await command(args)

      expect(code).toBe(0)
      expect(stdout.toString()).toMatch(/\[2J/)
      // eslint-disable-next-line no-control-regex
      expect(stdout.toString()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    }
  })

  it('peers says why one that is not connected could not be dialled', async () => {
    const { command, nara } = await harness()

    nara.fake.peersMet = [{ peerId: 'abc', name: '', connected: false, lastError: 'connection refused\u0007', confidant: false, held: false }]

    expect((await command(['peers'])).stdout.toString()).toMatch(/^abc .* no: connection refused\\u\{7\} /m)
    expect((await command(['peers', '--json'])).json()).toMatchObject({ peers: [{ lastError: 'connection refused\u0007' }] })
    expect((await command(['status', '--json'])).json()).toMatchObject({ peers: 0 })
  })

  it('--wait ends when it is so, at once or later', async () => {
    const { command, nara } = await harness()

    expect((await command(['status', '--wait', 'empty'])).code).toBe(0)

    const waiting = command(['status', '--wait', 'settled', '--json'])

    nara.fake.become('recovering')
    nara.fake.become('settled')
    expect(((await waiting).json() as DaemonStatus).state).toBe('settled')
  })

  it('--wait counts copies', async () => {
    const { command, nara } = await harness()
    const waiting = command(['status', '--wait', 'copies=2'])

    nara.fake.confidants = ['a', 'b']
    nara.fake.emit('stash:copies', { seq: '1', have: 2, minimum: 2, target: 3 })
    expect((await waiting).code).toBe(0)
  })

  it('--wait ends with 1, or with 6 if it is doubtful, when the time is over', async () => {
    const { command, nara } = await harness()

    expect(await command(['status', '--wait', 'settled', '--timeout', '1s'])).toMatchObject({
      code: 1, stderr: expect.stringMatching(/waited 1 s for settled: the stash is empty, with 0 of 3 copies/) as string
    })
    nara.fake.become('doubtful')
    expect((await command(['status', '--wait', 'settled', '--timeout', '1s'])).code).toBe(6)
  })

  it('--wait waits for a daemon that is still to start', async () => {
    const dir = join(await tempDir(), 'later')
    const io = fakeIo({ env: { NARA_DIR: dir } })
    const waiting = run(['status', '--wait', 'empty'], io)

    await runningDaemon({ dir })
    expect(await waiting).toBe(0)
  })
})

describe('recover', () => {
  it('tells what came back, or ends with 4', async () => {
    const { command, nara } = await harness()

    expect((await command(['recover'])).code).toBe(4)
    nara.fake.recovered = Buffer.from('back')
    expect((await command(['recover'])).stdout.toString()).toMatch(/^recovered version 0, 4 B, of 1970/)
  })

  it('and get say where it is not sure that it is the newest', async () => {
    const { command, nara } = await harness()
    const told = async (): Promise<unknown[]> => {
      const done = [await command(['recover']), await command(['get'])]
      const answers = [await command(['recover', '--json']), await command(['get', '--json'])].map(({ json }) => (json() as { confirmed: boolean }).confirmed)

      return [...done.map(({ code, stderr }) => [code, stderr.slice(0, 23)]), answers]
    }

    nara.fake.recovered = Buffer.from('back')
    nara.fake.recovery = { via: 'push', from: 'bo', confirmed: false }
    expect(await told()).toEqual([[0, 'nara-stash: unconfirmed'], [0, 'nara-stash: unconfirmed'], [false, false]])
    // what was written since is one's own
    nara.fake.recovery = { via: 'push', from: 'bo', confirmed: false, written: true }
    expect(await told()).toEqual([[0, ''], [0, ''], [true, true]])
    nara.fake.recovery = { via: 'push', from: 'bo', confirmed: true }
    expect(await told()).toEqual([[0, ''], [0, ''], [true, true]])
  })
})

describe('a daemon that ends', () => {
  it('before it answered is told apart from one that was never there', async () => {
    const dir = await tempDir()
    const socket = join(dir, 'run', 'api.sock')

    await mkdir(join(dir, 'run'))

    // takes the request, and is gone
    const server = createServer(connection => { connection.once('data', () => { connection.destroy() }) }).listen(socket)

    await writeFile(join(dir, 'run', 'daemon.json'), JSON.stringify({ pid: 1, socket, version: '0' }))

    const io = fakeIo({ env: { NARA_DIR: dir } })

    expect(await run(['peers'], io)).toBe(1)
    expect(io.stderr).toBe('nara-stash: the daemon ended before it answered\n')
    server.close()
  })
})
