import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bin } from '../support/nara-process.ts'
import { nara, NaraNetwork } from './nara-network.ts'
import type { NaraDaemon } from '../support/nara-process.ts'
import type { AddressInfo } from 'node:net'
import type { PeersAnswer, PutAnswer } from '../../src/api/types.ts'

const TIMEOUT = 60_000

/** A user without any rights. */
const NOBODY = 65_534
const UNLISTED = 54_321
const clock1970 = new URL('./clock-1970.mjs', import.meta.url).href
const stuckThread = new URL('./stuck-thread.mjs', import.meta.url).href
const loadLog = new URL('./load-log.mjs', import.meta.url).href

describe('a daemon', () => {
  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)('leaves in good order on %s, and is not found any more', async signal => {
    const network = await NaraNetwork.open()
    const [daemon] = await network.startAll(['bo']) as [NaraDaemon]

    expect(await daemon.status()).toMatchObject({ name: 'bo', state: 'empty', pid: daemon.pid })
    daemon.run.child.kill(signal)
    expect(await daemon.run.done).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(daemon.events.at(-1)?.event).toBe('stopped')
    expect(await daemon.command(['status'])).toMatchObject({ code: 5 })
  }, TIMEOUT)

  it('of two that start at once in one folder, exactly one runs', async () => {
    const network = await NaraNetwork.open()
    const dir = join(network.root, 'same')
    const daemons = [network.start('a', { dir }), network.start('b', { dir })]
    const loser = await Promise.race(daemons.map(async daemon => await daemon.run.done.then(() => daemon)))
    const winner = daemons.find(daemon => daemon !== loser)

    expect(await loser.run.done).toMatchObject({ code: 1 })
    expect((await loser.run.done).stdout.toString()).toMatch(/"AlreadyRunningError"/)
    expect((await winner?.status('--wait', 'empty'))?.pid).toBe(winner?.pid)
  }, TIMEOUT)

  it('goes on when the reader of its output goes away', async () => {
    const network = await NaraNetwork.open()
    const [daemon] = await network.startAll(['bo']) as [NaraDaemon]

    daemon.run.child.stdout?.destroy()

    // a newcomer makes it write
    await network.startAll(['cleo'])
    await daemon.command(['put', '--timeout', '5s'], 'x')
    expect(await daemon.status()).toMatchObject({ stash: { seq: '1' } })
    daemon.run.child.kill('SIGTERM')
    // one copy is not enough
    expect(await daemon.run.done).toMatchObject({ code: 3 })
  }, TIMEOUT)

  it('says that the port is taken', async () => {
    const network = await NaraNetwork.open()
    const server = createServer().listen(0, '127.0.0.1')

    await once(server, 'listening')
    onTestFinished(() => { server.close() })

    const address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
    const { code, stderr } = await nara(['start', '--dir', join(network.root, 'a'), '--no-mdns', '--listen', address]).done

    expect(code).toBe(1)
    expect(stderr).toBe(`nara-stash: cannot listen on ${address}: the port is taken\n  choose another --listen address; port 0 takes a free one\n`)
  }, TIMEOUT)

  it('meets all the others through one address that they have in common', async () => {
    const network = await NaraNetwork.open()
    const daemons = await network.startAll(['bo', 'cleo', 'dev', 'eli'])
    const ids = await Promise.all(daemons.map(async daemon => (await daemon.started()).peerId))

    await Promise.all(daemons.flatMap(daemon => ids.map(async (id, i) => {
      if (daemon !== daemons[i]) {
        await daemon.until('peer:connect', ({ peer }) => peer === id)
      }
    })))
  }, TIMEOUT)

  it('meets nobody with another network key', async () => {
    const network = await NaraNetwork.open()
    const [owner] = await network.startAll(['owner']) as [NaraDaemon]
    const strangers = await NaraNetwork.open()
    const bootstrap = ['--bootstrap', (await owner.started()).addresses[0] ?? '']
    const stranger = strangers.start('stranger', { args: bootstrap })

    await stranger.started()

    const { code, stdout } = await owner.command(['put', '--timeout', '1500ms'], 'private')

    expect(code).toBe(3)
    expect(stdout.toString()).toMatch(/only this process holds it/)

    const { peers } = JSON.parse((await stranger.command(['peers', '--json'])).stdout.toString()) as PeersAnswer

    expect(peers.filter(({ connected }) => connected)).toEqual([])
  }, TIMEOUT)

  it('tells which confidants refuse a stash above their limit', async () => {
    const network = await NaraNetwork.open()
    const [small] = await network.startAll(['small'], { args: ['--max-stash', '1k'] }) as [NaraDaemon]
    const [owner] = await network.startAll(['owner'], { args: ['--target', '1'] }) as [NaraDaemon]

    await owner.until('peer:connect')

    const { code, stdout } = await owner.command(['put', '--json', '--timeout', '1500ms'], Buffer.alloc(100_000))
    const answer = JSON.parse(stdout.toString()) as PutAnswer

    expect(code).toBe(3)
    expect(answer).toMatchObject({ outcome: 'unstored', failures: [{ peer: (await small.started()).peerId, why: 'too large' }] })
    expect(await owner.command(['put'], Buffer.alloc(500))).toMatchObject({ code: 0 })
  }, TIMEOUT)

  it('keeps a stash of no bytes, and one of 64 MiB', async () => {
    const network = await NaraNetwork.open()
    const args = ['--max-stash', '64MiB', '--target', '1', '--memory', 'high']
    const [owner] = (await network.startAll(['owner', 'bo'], { args })) as [NaraDaemon]
    const data = Buffer.alloc(64 * 1024 * 1024, 'nara')

    await owner.until('peer:connect')
    expect(await owner.command(['put', '--allow-empty'], '')).toMatchObject({ code: 0 })
    expect(await owner.status()).toMatchObject({ stash: { bytes: 0 }, safe: true, copies: { have: 1 } })
    expect(await owner.command(['put', '--timeout', '40s'], data)).toMatchObject({ code: 0 })
    expect((await owner.command(['get'])).stdout.equals(data)).toBe(true)
  }, TIMEOUT)

  it('recovers on a machine that believes it is 1970', async () => {
    const network = await NaraNetwork.open()
    const args = ['--target', '2']
    const env = { NODE_OPTIONS: `--import=${clock1970}` }

    await network.startAll(['bo', 'cleo'], { args })

    const [owner] = await network.startAll(['owner'], { args }) as [NaraDaemon]

    expect(await owner.command(['put'], 'from today')).toMatchObject({ code: 0 })
    await owner.kill()

    const back = network.start('owner', { dir: owner.dir, args, env })

    expect((await back.started()).time).toMatch(/^1970-01-01T/)
    await back.until('stash:recovered')
    expect((await back.command(['get'])).stdout.toString()).toBe('from today')
    expect(await back.command(['put'], 'from 1970')).toMatchObject({ code: 0 })
    expect(await back.status()).toMatchObject({ stash: { seq: '2', updatedAt: expect.stringMatching(/^1970-01-01T/) as string } })
    await back.kill()

    const again = network.start('owner', { dir: owner.dir, args })

    await again.until('stash:recovered')
    expect((await again.command(['get'])).stdout.toString()).toBe('from 1970')
  }, TIMEOUT)
})

describe('the program', () => {
  it('ends by the signal when a waiting command is interrupted', async () => {
    const network = await NaraNetwork.open()
    const [owner] = await network.startAll(['owner']) as [NaraDaemon]
    const put = owner.begin(['put', '--timeout', '60s'], 'waits for peers')

    await owner.until('stash:state', ({ state }) => state === 'settled')
    put.child.kill('SIGINT')
    // it may end before it hears that the daemon has it
    expect(await put.done).toMatchObject({ signal: 'SIGINT', stderr: expect.stringMatching(/^(?:nara-stash: the daemon has it and goes on\n)?$/) as string })
    expect(await owner.status()).toMatchObject({ stash: { bytes: 15 } })
  }, TIMEOUT)

  it.skipIf(process.platform === 'win32')('ends by a signal although a thread of it is stuck', async () => {
    const { root } = await NaraNetwork.open()
    const pipe = join(root, 'pipe')

    execFileSync('mkfifo', [pipe])

    const show = nara(['id', 'show', '--soul-file', '-'], { env: { NODE_OPTIONS: `--import=${stuckThread}`, STUCK_PIPE: pipe }, stdio: ['pipe', 'pipe', 'pipe'] })

    if (show.child.stderr != null) {
      await once(show.child.stderr, 'data')
    }

    show.child.kill('SIGTERM')
    expect(await show.done).toMatchObject({ signal: 'SIGTERM' })
  }, TIMEOUT)

  it.runIf(existsSync('/dev/full'))('says in words that there is no room for its output', async () => {
    const full = openSync('/dev/full', 'w')

    onTestFinished(() => { closeSync(full) })
    expect(await nara(['version'], { stdio: ['ignore', full, 'pipe'] }).done)
      .toMatchObject({ code: 1, stderr: 'nara-stash: cannot write to standard output: no space left on the device\n' })
  }, TIMEOUT)

  // root may do everything, so there it is another user who asks
  it.skipIf(process.platform === 'win32')('does not take another user\'s daemon for none', async () => {
    const network = await NaraNetwork.open()
    const dir = join(network.root, 'theirs')

    await mkdir(join(dir, 'run'), { recursive: true, mode: 0o700 })
    await chmod(network.root, 0o755)

    if (process.getuid?.() !== 0) {
      await chmod(join(dir, 'run'), 0)
    }

    const { code, stderr } = await nara(['status', '--dir', dir], process.getuid?.() === 0 ? { uid: NOBODY } : {}).done

    expect(stderr).toMatch(/^nara-stash: permission denied: the daemon of .*, if one runs, is another user's\n {2}run the command as that user/)
    expect(code).toBe(1)
  }, TIMEOUT)

  // a user that no list of users names, as in many containers: only root can become one
  it.runIf(process.getuid?.() === 0)('says of a user without a home folder what to give instead', async () => {
    const { root } = await NaraNetwork.open()
    const asNobodyKnown = { uid: UNLISTED, env: { HOME: '', XDG_STATE_HOME: '' } }

    expect(await nara(['status'], asNobodyKnown).done).toMatchObject({
      code: 2, stderr: 'nara-stash: this user has no home folder: HOME is not set, and the system does not know the user\n  give a folder with --dir, or in NARA_DIR\n'
    })
    await chmod(root, 0o777)
    expect(await nara(['status', '--dir', join(root, 'none')], asNobodyKnown).done).toMatchObject({ code: 5 })
  }, TIMEOUT)

  it('loads libp2p for nothing but start', async () => {
    const { root } = await NaraNetwork.open()
    const log = join(root, 'loaded')
    const loaded = async (...args: string[]): Promise<string[]> => {
      await writeFile(log, '')
      await nara(args, { env: { NODE_OPTIONS: `--import=${loadLog}`, LOAD_LOG: log, NARA_DIR: join(root, 'none') } }).done

      return (await readFile(log, 'utf8')).split('\n')
    }

    for (const args of [['--help'], ['start', '--help'], ['status'], ['put'], ['get'], ['id', 'new'], ['version']]) {
      const files = await loaded(...args)

      expect(files.some(file => file.includes('/commander/'))).toBe(true)
      expect([args, files.filter(file => /node_modules\/(?:@chainsafe\/libp2p|@libp2p\/tcp|libp2p\/)|packages\/node\//.test(file))]).toEqual([args, []])
    }

    // the same check finds it where it is
    expect((await loaded('start', '--listen', '/ip4/192.0.2.1/tcp/1', '--no-mdns')).some(file => file.includes('node_modules/libp2p/'))).toBe(true)
  }, TIMEOUT)

  it('writes all of a large stash to a slow pipe, and ends quietly when its reader goes away', async () => {
    const network = await NaraNetwork.open()
    const [owner] = await network.startAll(['owner'], { args: ['--max-stash', '8MiB'] }) as [NaraDaemon]
    const data = Buffer.alloc(8 * 1024 * 1024, 'nara')

    await owner.command(['put', '--timeout', '10ms'], data)
    expect((await owner.command(['get'])).stdout.equals(data)).toBe(true)

    const get = owner.begin(['get'])

    get.child.stdout?.once('data', () => { get.child.stdout?.destroy() })
    expect(await get.done).toMatchObject({ code: 0, stderr: '' })
  }, TIMEOUT)

  it('is what the workspace\'s script runs, and prints nothing else on standard output', async () => {
    const root = fileURLToPath(new URL('../../../../', import.meta.url))
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

    // the build goes to standard error, and the arguments come last
    expect(scripts['nara-stash']).toMatch(/1>&2 && node packages\/cli\/bin\/nara-stash\.js$/)
    expect(bin.endsWith('packages/cli/bin/nara-stash.js')).toBe(true)

    const { stdout, code } = await nara(['version', '--json']).done

    expect(code).toBe(0)
    expect(JSON.parse(stdout.toString())).toHaveProperty('version')
  })
})
