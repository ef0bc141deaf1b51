import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFailed, onTestFinished } from 'vitest'
import { formatNetworkKey } from '../../src/daemon/network-key.ts'
import { NaraDaemon, runNara } from '../support/nara-process.ts'
import type { Run, RunInit } from '../support/nara-process.ts'

/** Runs `nara-stash` as a process of its own; killed, by its id, at the test's end if it still runs. */
export function nara (args: readonly string[], init?: RunInit): Run {
  const run = runNara(args, init)

  onTestFinished(async () => {
    run.child.kill('SIGKILL')
    await run.done
  })

  return run
}

export interface NaraInit extends Pick<RunInit, 'env' | 'wrapper'> {
  args?: readonly string[]
  /** Its folder. @default an empty one */
  dir?: string
}

/** Naras on loopback with a private key of this network's own; all of it is gone at the test's end. */
export class NaraNetwork {
  private count = 0
  private bootstrap: string[] = []

  private constructor (readonly root: string, readonly pskFile: string) {}

  static async open (): Promise<NaraNetwork> {
    const root = await mkdtemp(join(tmpdir(), 'nara-net-'))
    const pskFile = join(root, 'psk')

    await writeFile(pskFile, formatNetworkKey(randomBytes(32)), { mode: 0o600 })
    // hooks run last in, first out: the processes, registered later, are gone by then
    onTestFinished(async () => { await rm(root, { recursive: true, force: true }) })

    return new NaraNetwork(root, pskFile)
  }

  /** Starts a nara that meets the others through their meeting point; does not wait for it. */
  start (name: string, { args = [], env = {}, dir = join(this.root, `${name}-${this.count++}`) }: NaraInit = {}): NaraDaemon {
    const common = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--psk-file', this.pskFile]

    return startDaemon(dir, [...common, ...this.bootstrap, ...args], { env })
  }

  /** Starts several, each with the name it is given, and waits until all are up. The first one of all is the others' meeting point. */
  async startAll (names: readonly string[], init: NaraInit = {}): Promise<NaraDaemon[]> {
    const daemons: NaraDaemon[] = []

    for (const name of names) {
      const daemon = this.start(name, { ...init, args: ['--name', name, ...init.args ?? []] })

      daemons.push(daemon)

      if (this.bootstrap.length === 0) {
        await this.meetThrough(daemon)
      }
    }

    await Promise.all(daemons.map(async daemon => await daemon.started()))

    return daemons
  }

  /** Whoever starts from here on meets the others through `daemon`, once that is up. */
  async meetThrough (daemon: NaraDaemon): Promise<void> {
    this.bootstrap = ['--bootstrap', (await daemon.started()).addresses[0] ?? '']
  }
}

/** A daemon in `dir`, gone at the test's end. */
export function startDaemon (dir: string, args: readonly string[], init: RunInit = {}): NaraDaemon {
  const { wrapper = [] } = init
  const daemon = new NaraDaemon(dir, nara(['start', '--json', '--dir', dir, ...args], init), (args, more) => nara(args, { ...more, wrapper }))

  // what it went through, for who has to find out why a test failed
  onTestFailed(() => { process.stderr.write(`${dir}:\n${daemon.events.map(event => `  ${JSON.stringify(event)}\n`).join('')}`) })

  return daemon
}
