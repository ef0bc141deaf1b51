import { createSoul, formatSoul } from '@nara-stash/crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { connect } from '../../src/client/api-client.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { DaemonEvent, StartedEvent } from '../../src/api/types.ts'
import type { Leave } from '@nara-stash/node'

function events (stdout: Buffer): DaemonEvent[] {
  return stdout.toString().trim().split('\n').map(line => JSON.parse(line) as DaemonEvent)
}

async function afterTurns (turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise(resolve => { setImmediate(resolve) })
  }
}

describe('a daemon', () => {
  it('says first that it is up, answers on its socket, and stops in good order', async () => {
    const { dir, io, nara, stop } = await runningDaemon()
    const [started] = events(io.stdout) as StartedEvent[]
    const socket = join(dir, 'run', 'api.sock')

    expect(started).toMatchObject({
      event: 'started', peerId: nara.peerId, name: nara.name, addresses: nara.addresses, dir, socket, pid: process.pid, newSoul: true
    })
    expect((await stat(socket)).mode & 0o777).toBe(0o600)
    expect((await (await connect(dir)).status()).peerId).toBe(nara.peerId)
    expect(await stop()).toBe(0)
    expect(nara.stopped).toBe(true)
    expect(events(io.stdout).map(({ event }) => event)).toEqual(['started', 'stopping', 'stopped'])
    expect(await readdir(join(dir, 'run'))).toEqual(['lock'])
    await expect(connect(dir)).rejects.toThrow('no daemon runs')
  })

  it('makes a soul at its first start only, and tells the nara that it is fresh', async () => {
    const first = await runningDaemon({ flags: { name: 'kiosk' } })

    await first.stop()

    const second = await runningDaemon({ dir: first.dir })

    expect(first.nara.options).toMatchObject({ fresh: true, start: false })
    expect(second.nara.options.fresh).toBe(false)
    expect(second.nara.options.soul).toEqual(first.nara.options.soul)
    expect(second.nara.name).toBe('kiosk')
  })

  it('hands its settings on', async () => {
    const flags = { target: '2', minCopies: '1', maxStash: '2MiB', repairDelay: '1s', mdns: false, memory: 'low', network: 'lab', maxHeldBytes: '5k', surrogates: 'none', leaveTimeout: '3s' }
    const { nara } = await runningDaemon({ flags })

    expect(nara.options).toMatchObject({
      target: 2, minCopies: 1, maxStash: 2 * 1024 * 1024, repairDelay: 1_000, mdns: false, memory: 'low', network: 'lab', maxHeldBytes: 5_000, surrogates: 'none', leaveTimeout: 3_000,
      bootstrap: []
    })
  })

  it('is alone in its folder', async () => {
    const { dir, nara } = await runningDaemon()

    await expect(runningDaemon({ dir })).rejects.toThrow(expect.objectContaining({ name: 'AlreadyRunningError' }))
    expect((await (await connect(dir)).status()).peerId).toBe(nara.peerId)
  })

  it('clears what a killed one left, here and where its socket was', async () => {
    const dir = await tempDir()
    const elsewhere = join(await tempDir(), 's.sock')

    await mkdir(join(dir, 'run'))
    await deadSocket(elsewhere)
    await deadSocket(join(dir, 'run', 'api.sock'))
    await writeFile(join(dir, 'run', 'daemon.json'), JSON.stringify({ pid: process.pid, socket: elsewhere, version: '0' }))
    await expect((await connect(dir)).status()).rejects.toThrow('no daemon runs')
    await runningDaemon({ dir })
    await expect(stat(elsewhere)).rejects.toThrow('ENOENT')
    expect((await (await connect(dir)).status()).pid).toBe(process.pid)
  })

  it('never removes a file that is no socket', async () => {
    const dir = await tempDir()
    const precious = join(dir, 'precious')

    await mkdir(join(dir, 'run'))
    await writeFile(precious, 'bytes')
    await writeFile(join(dir, 'run', 'daemon.json'), JSON.stringify({ pid: 1, socket: precious, version: '0' }))
    await runningDaemon({ dir })
    expect(await readFile(precious, 'utf8')).toBe('bytes')
  })

  it('is found behind a path that is too long for a socket', async () => {
    const dir = join(await tempDir(), 'long'.repeat(30))
    const { nara, stop } = await runningDaemon({ dir, env: { XDG_RUNTIME_DIR: await tempDir() } })

    expect((await (await connect(dir)).status()).peerId).toBe(nara.peerId)
    expect(await stop()).toBe(0)
  })

  it('ends at once on a second signal', async () => {
    const never = Promise.withResolvers<void>()
    const { io, ended } = await runningDaemon({ prepare: nara => { nara.stopping = never.promise } })

    io.signal('SIGINT')
    await io.line(/"stopping"/)
    expect(io.exits).toEqual([])
    io.signal('SIGINT')
    expect(io.exits).toEqual([130])
    never.resolve()
    await ended
  })

  it('is not cut short by a terminal that closes and says so twice', async () => {
    const leaving = Promise.withResolvers<void>()
    const { io, ended } = await runningDaemon({ prepare: nara => { nara.stopping = leaving.promise } })

    io.signal('SIGHUP')
    await io.line(/"stopping".*"why":"SIGHUP"/)
    io.signal('SIGHUP')
    expect(io.exits).toEqual([])
    leaving.resolve()
    expect(await ended).toBe(0)
  })

  it('ends with 3 if a stash may be lost with it, or a write of its own, and says whose and which', async () => {
    const owner = '12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB'
    const own = { outcome: 'kept', seq: '2', bytes: 7, copies: 2, away: 0, minimum: 2, acknowledged: true } as const
    const leaving = async (more: Partial<Leave>): Promise<{ code: number, told: DaemonEvent[] }> => {
      const { io, nara, stop } = await runningDaemon()

      nara.asNara().stop = async () => { nara.fake.emit('leave', { kept: 0, handedOn: 1, withOwner: 1, left: [], own: null, deletion: null, waiting: 0, setAside: 0, ...more }) }

      return { code: await stop(), told: events(io.stdout).slice(1) }
    }

    expect(await leaving({ own })).toMatchObject({ code: 0, told: [{ event: 'stopping' }, { event: 'leave', handedOn: 1 }, { event: 'stopped' }] })
    expect(await leaving({ own: { ...own, outcome: 'degraded', copies: 1 } })).toMatchObject({ code: 3, told: [{}, { event: 'leave', own: { copies: 1 } }, {}] })
    expect(await leaving({ own: { ...own, outcome: 'unstored', copies: 0, acknowledged: false } })).toMatchObject({ code: 3 })
    expect(await leaving({ waiting: 1 })).toMatchObject({ code: 3, told: [{}, { event: 'leave', waiting: 1 }, {}] })
    expect(await leaving({ setAside: 1 })).toMatchObject({ code: 3, told: [{}, { event: 'leave', setAside: 1 }, {}] })
    expect(await leaving({ deletion: { seq: '3', told: 0 } })).toMatchObject({ code: 3, told: [{}, { event: 'leave', deletion: { told: 0 } }, {}] })
    expect(await leaving({ left: [owner] })).toMatchObject({ code: 3, told: [{ event: 'stopping' }, { event: 'leave', left: [owner] }, { event: 'stopped' }] })
  })

  it('ends on the first signal while its start is stuck, and leaves no soul that nobody was told of', async () => {
    const never = Promise.withResolvers<void>()
    const { dir, io, nara, ended } = await runningDaemon({
      prepare: (nara, io) => {
        nara.starting = never.promise
        nara.asNara().start = async () => {
          io.signal('SIGTERM')
          await never.promise
        }
      }
    })

    expect(await ended).toBe(143)
    expect(io.stderr).toBe('nara-stash: stopped before it was up\n')
    expect(io.stdout.toString()).toBe('')
    expect(nara.stopped).toBe(true)
    expect(await readdir(dir)).toEqual(['run'])

    // what was under way goes no further
    never.resolve()
    await nara.starting
    expect(await readdir(join(dir, 'run'))).toEqual(['lock'])
  })

  it('that is stopped at any moment of its start has either been up, or leaves no soul, no socket and no word', async () => {
    const codes = new Set<number>()

    // later each time, from before the port is written until after it was told that it is up
    for (let turns = 0; !codes.has(0); turns = Math.ceil(turns * 1.2) + 1) {
      const { dir, io, nara, ended } = await runningDaemon({
        prepare: (nara, io) => {
          nara.asNara().start = async () => { void afterTurns(turns).then(() => { io.signal('SIGTERM') }) }
        }
      })
      const code = await ended
      const told = io.stdout.length === 0 ? [] : events(io.stdout).map(({ event }) => event)

      codes.add(code)
      expect(nara.stopped).toBe(true)
      expect(await readdir(join(dir, 'run'))).toEqual(['lock'])
      expect([code, told, (await readdir(dir)).includes('soul')]).toEqual(code === 0
        ? [0, ['started', 'stopping', 'stopped'], true]
        : [143, [], false])
    }

    expect([...codes]).toEqual([143, 0])
  })

  it('says so and fails if leaving takes too long', async () => {
    const never = Promise.withResolvers<void>()
    const { io, ended } = await runningDaemon({
      prepare: nara => { nara.stopping = never.promise }
    })

    // the bound passes at once
    io.clock = { ...io.clock, wait: async () => {} }
    io.signal('SIGTERM')
    expect(await ended).toBe(1)
    expect(io.stderr).toMatch(/leaving took longer/)
    never.resolve()
  })

  it('ends although nobody reads its output', async () => {
    const { io, stop } = await runningDaemon()
    let abandoned = false

    io.out.flush = async () => { await new Promise(() => {}) }
    io.out.abandon = () => { abandoned = true }
    // the bound passes at once
    io.clock = { ...io.clock, wait: async delay => { await (delay === 1_000 ? undefined : new Promise(() => {})) } }
    expect(await stop()).toBe(0)
    expect(abandoned).toBe(true)
  })

  it('ends with the process that holds its standard input, if asked to', async () => {
    const stdin = new PassThrough()
    const { io, ended } = await runningDaemon({ stdin, daemon: { exitWithParent: true } })

    stdin.end()
    expect(await ended).toBe(0)
    expect(events(io.stdout).find(({ event }) => event === 'stopping')).toMatchObject({ why: 'standard input ended' })
  })

  it('says in words that the port is taken, and leaves nothing behind', async () => {
    const dir = await tempDir()
    const taken = Object.assign(new Error('listen EADDRINUSE: address already in use'), { code: 'EADDRINUSE' })
    const attempt = runningDaemon({ dir, flags: { listen: ['/ip4/0.0.0.0/tcp/0'] }, prepare: nara => { nara.startFailure = new AggregateError([taken], 'failed') } })

    await expect(attempt).rejects.toThrow('cannot listen on /ip4/0.0.0.0/tcp/0: the port is taken')
    expect(await readdir(join(dir, 'run'))).toEqual(['lock'])
    // libp2p knows the code, or repeats the message
    for (const code of ['EADDRNOTAVAIL', 'EINVAL']) {
      for (const failure of [Object.assign(new Error('listen'), { code, address: 'fe80::1' }), new Error(`listen ${code}: fe80::1`)]) {
        await expect(runningDaemon({ dir, prepare: nara => { nara.startFailure = new AggregateError([failure], 'failed') } })).rejects.toThrow(
          expect.objectContaining({ name: 'ListenError', message: expect.stringMatching(/^cannot listen: (this machine has no|fe80::1 may be|it may be)/) as string })
        )
      }
    }

    // not even the soul, of which nobody was told: the next one is known to be new, as this one was
    expect(await readdir(dir)).not.toContain('soul')
    const { nara } = await runningDaemon({ dir })
    expect(nara.options).toMatchObject({ fresh: true })
  })

  it('does not take what is in the way of its socket for a port that is taken', async () => {
    const dir = await tempDir()

    await mkdir(join(dir, 'run', 'api.sock'), { recursive: true })
    await expect(runningDaemon({ dir })).rejects.toThrow(expect.objectContaining({ name: 'FileError', message: expect.stringMatching(/^cannot listen on .*api\.sock: something else is there$/) as string }))
  })

  it('keeps the soul out of all that it prints and answers', async () => {
    const soul = createSoul({ name: 'kiosk' })
    const text = formatSoul(soul)
    const { dir, io, nara, stop } = await runningDaemon({ env: { NARA_SOUL: text }, flags: { name: 'kiosk' } })
    const daemon = await connect(dir)
    const answers = JSON.stringify([await daemon.status(), await daemon.peers(), await daemon.confidants()])

    nara.fake.failure = new RangeError('out of range')
    await daemon.recover().catch(() => {})
    await stop()

    for (const secret of [text, Buffer.from(soul.seed).toString('hex'), Buffer.from(soul.seed).toString('base64')]) {
      expect(answers + io.stdout.toString() + io.stderr).not.toContain(secret)
    }

    // a soul that came from elsewhere is not written down
    expect(await readdir(dir)).toEqual(['port', 'run'])
  })

  it('tells people first that it is up, and then what happened a moment before', async () => {
    const { io } = await runningDaemon({
      daemon: { json: false },
      prepare: nara => {
        nara.asNara().start = async () => { nara.fake.emit('peer:connect', { peer: 'abc', name: 'bo' }) }
      }
    })

    await io.line(/met bo/)
    expect(io.stdout.toString()).toMatch(/ is up as [^]* met bo/)
    expect(io.stdout.toString()).not.toMatch(/met bo[^]* is up as /)
  })

  it('prints for people without what a terminal would obey', async () => {
    const { io, nara } = await runningDaemon({ daemon: { json: false } })

    nara.fake.emit('presence', { peer: '12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB', name: 'evil\u001b]0;owned\u0007\nname', kind: 'hey-there', boot: 'b' })
    await io.line(/hey-there/)
    expect(io.stdout.toString()).toContain('evil\\u{1b}]0;owned\\u{7}\\u{a}name (…')
  })
})

/** A socket file without anybody behind it, as a kill -9 leaves it. */
async function deadSocket (path: string): Promise<void> {
  const server = createServer().listen(path)

  await once(server, 'listening')
  // closing would remove it
  await rename(path, path + '.kept')
  server.close()
  await once(server, 'close')
  await rename(path + '.kept', path)
}
