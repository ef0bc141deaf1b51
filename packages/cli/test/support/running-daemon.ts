import { onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { runDaemon } from '../../src/daemon/run-daemon.ts'
import { fakeIo } from './fake-io.ts'
import { FakeNara } from './fake-nara.ts'
import { tempDir } from './temp-dir.ts'
import type { FakeIo, FakeIoInit } from './fake-io.ts'
import type { SettingKey } from '../../src/config/settings.ts'
import type { DaemonInit } from '../../src/daemon/run-daemon.ts'
import type { NaraOptions } from '@nara-stash/node'

export interface Running {
  dir: string
  io: FakeIo
  nara: FakeNara
  /** Its exit code. */
  ended: Promise<number>
  stop (): Promise<number>
}

export interface RunningInit extends FakeIoInit {
  dir?: string
  flags?: Partial<Record<SettingKey, unknown>>
  prepare?: (nara: FakeNara, io: FakeIo) => void
  daemon?: Partial<DaemonInit>
}

/** The daemon in this process: real folder, lock, socket and HTTP; the nara is a fake. Stopped at the test's end. */
export async function runningDaemon ({ dir, flags = {}, prepare, daemon = {}, ...init }: RunningInit = {}): Promise<Running> {
  const folder = dir ?? await tempDir()
  const io = fakeIo(init)
  const config = await loadConfig({ dir: folder, flags, io })
  let nara: FakeNara | undefined
  const createNara = async (options: NaraOptions): Promise<ReturnType<FakeNara['asNara']>> => {
    nara = new FakeNara(options)
    prepare?.(nara, io)

    return nara.asNara()
  }
  const ended = runDaemon({ config, io, json: true, exitWithParent: false, createNara, ...daemon })
  const stop = async (): Promise<number> => {
    io.signal('SIGTERM')

    return await ended
  }

  onTestFinished(async () => { await stop().catch(() => {}) })
  await Promise.race([io.line(/"event":"started"| is up as /), ended])

  if (nara == null) {
    throw new Error('the daemon made no nara')
  }

  return { dir: folder, io, nara, ended, stop }
}
