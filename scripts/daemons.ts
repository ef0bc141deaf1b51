import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NaraDaemon, runNara } from '../packages/cli/test/support/nara-process.ts'

export interface StartInit {
  nodeArgs?: readonly string[]
  /** Where it listens. @default any that is free */
  port?: number
}

/** Daemons on loopback with a private key of their own, in folders below one; all of it is gone when this process ends. */
export class Daemons {
  readonly folder: string
  private readonly psk: string
  private readonly running = new Set<NaraDaemon>()

  /** @param name - of the folder, for who looks what is there */
  constructor (name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `nara-stash-${name}-`))
    this.psk = join(this.folder, 'psk')
    writeFileSync(this.psk, `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })

    process.on('exit', () => {
      this.running.forEach(daemon => daemon.run.child.kill('SIGKILL'))
      rmSync(this.folder, { recursive: true, force: true })
    })

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => { process.exit(130) })
    }
  }

  /** Starts one in the folder of this name. */
  start (name: string, args: readonly string[], { nodeArgs = [], port = 0 }: StartInit = {}): NaraDaemon {
    const dir = join(this.folder, name)
    const common = ['start', '--json', '--dir', dir, '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--no-mdns', '--psk-file', this.psk]
    const daemon = new NaraDaemon(dir, runNara([...common, ...args], { nodeArgs, stdio: ['ignore', 'pipe', 'inherit'] }))

    this.running.add(daemon)
    void daemon.run.done.then(() => { this.running.delete(daemon) })

    return daemon
  }
}
