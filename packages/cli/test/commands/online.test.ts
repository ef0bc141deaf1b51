import { RecoveredFirstError } from '@nara-stash/node'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { connect } from '../../src/client/api-client.ts'
import { commandHarness as harness } from '../support/command-harness.ts'
import { ended, fakeIo } from '../support/fake-io.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { DaemonStatus, PutAnswer } from '../../src/api/types.ts'
import type { WriteResult } from '@nara-stash/node'

describe('put', () => {
  it('takes a file, standard input, and nothing at all', async () => {
    const { command, dir, nara } = await harness()
    const kept = (): string => Buffer.from(nara.fake.data?.data ?? []).toString()

    await writeFile(join(dir, 'a file'), 'from a file')
    expect((await command(['put', 'a file'])).code).toBe(0)
    expect(kept()).toBe('from a file')
    expect((await command(['put'], { stdin: 'from input' })).code).toBe(0)
    expect(kept()).toBe('from input')
    expect((await command(['put', '-'])).stdout.toString()).toMatch(/^kept: version 3, 0 B, held by 3 of 3 confidants/)
    expect(kept()).toBe('')
  })

  it('says so if there was nothing in it', async () => {
    const { command, nara } = await harness()

    expect(await command(['put'])).toMatchObject({ code: 0, stderr: 'nara-stash: the input was empty: the stash is 0 B now\n' })
    expect(await command(['put'], { stdin: 'x' })).toMatchObject({ code: 0, stderr: '' })
    expect(await command(['put', '--json'])).toMatchObject({ code: 0, stderr: 'nara-stash: the input was empty: the stash is 0 B now; the version before is gone\n' })
    nara.fake.outcome = { outcome: 'unstored', seq: undefined } as Partial<WriteResult>
    expect(await command(['put'])).toMatchObject({ code: 3, stderr: 'nara-stash: the input was empty: a stash of 0 B waits\n' })
  })

  it('says that a write that waits may be set aside', async () => {
    const { command, nara } = await harness()

    nara.fake.outcome = { outcome: 'unstored', seq: undefined } as Partial<WriteResult>
    expect((await command(['put'], { stdin: 'x' })).stdout.toString()).toMatch(/^unstored: 1 B waits .*keep the daemon running\. If there is another version by then, this one is set aside, not taken: nara-stash status tells\.\n/)
  })

  it('that is broken off says so if the daemon has all of it, and only then', async () => {
    const { dir, nara } = await harness()
    const { promise, resolve } = Promise.withResolvers<WriteResult>()
    const stdin = new PassThrough()
    const io = fakeIo({ env: { NARA_DIR: dir }, stdin })
    const asked = Promise.withResolvers<void>()
    const listening = Promise.withResolvers<void>()
    const { onStopSignal } = io

    io.onStopSignal = handler => {
      listening.resolve()

      return onStopSignal(handler)
    }
    nara.fake.setStashData = async () => {
      asked.resolve()

      return await promise
    }

    const done = run(['put'], io)

    stdin.write('a part')
    await listening.promise
    io.signal('SIGINT')
    expect([io.exits, io.stderr]).toEqual([[130], ''])
    stdin.end()
    await asked.promise
    // the answer that it is there is on its way: a round trip on the same socket's server
    await (await connect(dir)).status()
    io.signal('SIGINT')
    expect([io.exits, io.stderr]).toEqual([[130, 130], 'nara-stash: the daemon has it and goes on\n'])
    resolve({ outcome: 'kept', seq: '1', copies: 3, minimum: 2, target: 3, failures: [] })
    expect(await done).toBe(0)
  })

  it('ends with 3 if fewer than enough have it, and says who refused', async () => {
    const { command, nara } = await harness()

    nara.fake.outcome = { outcome: 'degraded', copies: 1, failures: [{ peer: 'abc', why: 'too large' }] }

    const degraded = await command(['put', '--timeout', '50ms'], { stdin: 'x' })

    expect(degraded.code).toBe(3)
    expect(degraded.stdout.toString()).toBe('degraded: version 1, 1 B, held by 1 of 3 confidants; 2 make it safe. The daemon goes on trying.\n' +
      '  abc: too large, above the limit of that peer (its --max-stash)\n')
    expect(nara.fake.timeouts).toEqual([50])
  })

  it('says that only this process holds it if there is no peer', async () => {
    const { command, nara } = await harness()

    nara.fake.outcome = { outcome: 'unstored' }
    expect(await command(['put'], { stdin: 'x' })).toMatchObject({ code: 3 })
    expect((await command(['put'], { stdin: 'x' })).stdout.toString()).toMatch(/No peer is connected: only this process holds it/)
  })

  it('gives JSON', async () => {
    const { command } = await harness()
    const answer = (await command(['put', '--json'], { stdin: 'hello' })).json() as PutAnswer

    expect(answer).toEqual({
      outcome: 'kept', seq: '1', copies: 3, minimum: 2, target: 3, failures: [], bytes: 5, peers: 0,
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
    })
  })

  it('refuses a folder, a file that is not there, and more than the limit', async () => {
    const { command, dir, nara } = await harness({ flags: { maxStash: '10' } })

    await mkdir(join(dir, 'folder'))
    await writeFile(join(dir, 'large'), 'x'.repeat(11))
    await writeFile(join(dir, 'full'), 'x'.repeat(10))
    expect(await command(['put', 'folder'])).toMatchObject(ended(1, /folder is a folder, not a file/))
    expect(await command(['put', 'none'])).toMatchObject(ended(1, /cannot read .*none: it does not exist/))
    expect(await command(['put', 'large']))
      .toMatchObject(ended(1, /large is larger than the limit of 10 bytes.*: 11 bytes\n.*--max-stash/))
    expect(await command(['put'], { stdin: 'x'.repeat(11) })).toMatchObject(ended(1, /limit of 10 bytes/))
    expect(nara.fake.data).toBeUndefined()
    expect(await command(['put', 'full'])).toMatchObject({ code: 0 })
  })

  it('moves what is as large as can be', async () => {
    const { command, nara } = await harness({ flags: { maxStash: '64MiB' } })
    const block = Buffer.alloc(1024 * 1024, 7)

    expect((await command(['put'], { stdin: Readable.from(Array.from({ length: 64 }, () => block)) })).code).toBe(0)
    expect(nara.fake.data?.data).toHaveLength(64 * 1024 * 1024)

    const back = await command(['get'])

    expect(back.stdout.equals(nara.fake.data?.data ?? new Uint8Array())).toBe(true)
    // the input's end must not be waited for once it is too long
    expect((await command(['put'], { stdin: Readable.from((function * () { for (;;) { yield block } })()) })).code).toBe(1)
  })

  it('ends with the error of its source', async () => {
    const { command, nara } = await harness()
    const broken = Readable.from((async function * () { yield Buffer.from('abc'); throw new Error('disk fault') })())

    expect(await command(['put'], { stdin: broken })).toMatchObject(ended(1, /disk fault/))
    expect(nara.fake.data).toBeUndefined()
  })

  it('tells that a stash was recovered first', async () => {
    const { command, nara } = await harness()

    nara.fake.failure = new RecoveredFirstError('version 4 was recovered')
    expect(await command(['put'], { stdin: 'x' })).toMatchObject(ended(1, /version 4 was recovered\n {2}nothing was overwritten/))
  })
})

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
    expect((await readdir(dir)).sort()).toEqual(['out', 'run', 'soul'])
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
