import { rmSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { formatNetworkKey } from '../daemon/network-key.ts'
import { soulPath } from '../soul/find-soul.ts'
import { DemoError } from './demo-error.ts'
import { NaraProcess } from './nara-process.ts'
import type { Io } from '../cli/io.ts'

/** How long processes that are asked to leave may take, in milliseconds, before they are killed. */
const LEAVE_TIMEOUT = 3_000

/** Everything the demo makes: a folder, and processes. `clear` leaves none of it. */
export interface Stage {
  /** Starts a nara in an empty folder. */
  enter (name: string, args?: readonly string[]): NaraProcess
  /** Takes the soul out of a nara's folder and removes the folder. @returns the soul's file */
  keepOnlySoul (nara: NaraProcess): Promise<string>
  /** Ends every process and removes every file. Nobody enters after that. */
  clear (): Promise<void>
}

/** Opens a stage that is cleared in any case when this process exits. */
export async function openStage (io: Pick<Io, 'env' | 'clock'>): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), 'nara-stash-demo-'))
  const processes: NaraProcess[] = []
  let cleared = false
  const clearNow = (): void => {
    cleared = true
    processes.forEach(nara => { nara.killNow() })
    rmSync(root, { recursive: true, force: true })
  }
  const pskFile = join(root, 'network.key')
  const network = `demo-${randomBytes(4).toString('hex')}`

  process.once('exit', clearNow)
  await writeFile(pskFile, formatNetworkKey(randomBytes(32)), { mode: 0o600 })

  return {
    enter: (name, args = []) => {
      if (cleared) {
        throw new DemoError('the demo is over')
      }

      const nara = new NaraProcess({
        name,
        dir: join(root, `${name}-${processes.length}`),
        args: [
          '--name', name, '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--psk-file', pskFile, '--network', network,
          // who holds on a disk is waited for, longer than a demo lasts
          '--held', 'memory', ...args
        ],
        env: withoutSettings(io.env)
      })

      processes.push(nara)

      return nara
    },
    keepOnlySoul: async ({ name, dir }) => {
      const file = join(root, `${name}.soul`)

      await copyFile(soulPath(dir), file)
      await rm(dir, { recursive: true })

      return file
    },
    clear: async () => {
      const patience = new AbortController()
      const left = Promise.all(processes.map(async nara => { await nara.stop() }))

      cleared = true
      await Promise.race([left, io.clock.wait(LEAVE_TIMEOUT, patience.signal).catch(() => {})])
      patience.abort()
      clearNow()
      await left
      process.off('exit', clearNow)
    }
  }
}

/** The environment without settings of a nara, which would change what the demo shows. */
function withoutSettings (env: Io['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('NARA_')))
}
