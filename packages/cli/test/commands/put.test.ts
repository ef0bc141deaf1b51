import { RecoveredFirstError } from '@nara-stash/node'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { connect } from '../../src/client/api-client.ts'
import { commandHarness as harness } from '../support/command-harness.ts'
import { ended, fakeIo, onTerminal } from '../support/fake-io.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import type { PutAnswer } from '../../src/api/types.ts'
import type { WriteResult } from '@nara-stash/node'

describe('put', () => {
  it('takes a file, standard input, and nothing at all if that is meant', async () => {
    const { command, dir, nara } = await harness()
    const kept = (): string => Buffer.from(nara.fake.data?.data ?? []).toString()

    await writeFile(join(dir, 'a file'), 'from a file')
    expect((await command(['put', 'a file'])).code).toBe(0)
    expect(kept()).toBe('from a file')
    expect((await command(['put'], { stdin: 'from input' })).code).toBe(0)
    expect(kept()).toBe('from input')
    expect((await command(['put', '-', '--allow-empty'])).stdout.toString()).toMatch(/^kept: version 3, 0 B, held by 3 of 3 confidants/)
    expect(kept()).toBe('')
  })

  it('says so if others wrote over it before it could be stored', async () => {
    const { command, nara } = await harness()

    nara.fake.outcome = { coalesced: true, seq: '7', copies: 3 } as Partial<WriteResult>
    expect((await command(['put'], { stdin: 'x' })).stdout.toString()).toBe('kept: 1 B, written over by version 7, held by 3 of 3 confidants\n')
  })

  it('refuses an empty pipe and an empty file, and leaves what there is', async () => {
    const { command, dir, nara } = await harness()

    await writeFile(join(dir, 'empty'), '')
    await command(['put'], { stdin: 'x' })
    expect(await command(['put'])).toMatchObject(ended(2, 'nara-stash: standard input is empty: nothing was put, and the stash is what it was\n' +
      '  perhaps what should have written it failed. To make the stash one of 0 bytes: nara-stash put --allow-empty'))
    expect(await command(['put', 'empty'])).toMatchObject(ended(2, 'nara-stash: empty is empty: nothing was put'))
    expect((await command(['put', '--json'])).json()).toMatchObject({ error: { name: 'EmptyInputError' } })
    expect(await command(['put', '/dev/null'])).toMatchObject({ code: 2 })
    expect(nara.fake).toMatchObject({ seq: 1, data: { data: Buffer.from('x') } })
    expect(await command(['put', 'empty', '--allow-empty'])).toMatchObject({ code: 0, stderr: '' })
    expect(nara.fake).toMatchObject({ seq: 2, data: { data: Buffer.alloc(0) } })
  })

  it('waits for the end of its input, however late that is, and needs no daemon meanwhile', async () => {
    const first = await runningDaemon()
    const stdin = new PassThrough()
    const asked = Promise.withResolvers<void>()
    const io = fakeIo({ env: { NARA_DIR: first.dir }, stdin })
    const status = first.nara.fake.status.bind(first.nara.fake)

    first.nara.fake.status = () => {
      asked.resolve()

      return status()
    }

    const done = run(['put', '--timeout', '50ms'], io)

    await asked.promise
    stdin.write('a')
    await first.stop()

    const { nara } = await runningDaemon({ dir: first.dir })

    stdin.end('b')
    expect(await done).toBe(0)
    expect(nara.fake).toMatchObject({ timeouts: [50], data: { data: Buffer.from('ab') } })
  })

  it('says on a terminal what it waits for', async () => {
    const { command } = await harness()

    expect(await command(['put'], { stdin: onTerminal('x') })).toMatchObject({ code: 0, stderr: 'nara-stash: reads what is to be kept from the terminal; end with Ctrl-D on a line of its own\n' })
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

    stdin.end('whole')
    await listening.promise
    io.signal('SIGINT')
    expect([io.exits, io.stderr]).toEqual([[130], ''])
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

    nara.fake.outcome = { outcome: 'degraded', copies: 1, failures: [{ peer: 'abc', why: 'too large' }, { peer: 'def', why: 'not accepting' }] }

    const degraded = await command(['put', '--timeout', '50ms'], { stdin: 'x' })

    expect(degraded.code).toBe(3)
    expect(degraded.stdout.toString()).toBe('degraded: version 1, 1 B, held by 1 of 3 confidants; 2 make it safe. The daemon goes on trying.\n' +
      '  abc: too large, above the limit of that peer (its --max-stash)\n' +
      '  def: not accepting, it says that it has no room\n')
    expect(nara.fake.timeouts).toEqual([50])
  })

  it('says which copies count as one', async () => {
    const { command, nara } = await harness()

    nara.fake.outcome = { outcome: 'kept', copies: 2, sameAddress: [{ address: '192.168.1.7', peers: ['a', 'b'] }] }
    expect((await command(['put'], { stdin: 'x' })).stdout.toString()).toBe('kept: version 1, 1 B, 2 of 3 copies\n' +
      '  3 confidants have it, 2 of them behind 192.168.1.7: they count as one copy. To count each: nara-stash start --count-each\n')
    expect((await command(['put', '--json'], { stdin: 'x' })).json()).toMatchObject({ copies: 2, sameAddress: [{ address: '192.168.1.7', peers: ['a', 'b'] }] })
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

  it.runIf(process.platform === 'linux')('says which file it cannot read to its end', async () => {
    const { command } = await harness()

    expect(await command(['put', '/proc/self/mem'])).toMatchObject(ended(1, /^nara-stash: cannot read \/proc\/self\/mem: EIO/))
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
