import { dirname, join } from 'node:path'
import { run } from '../../src/cli/program.ts'
import { fakeIo } from './fake-io.ts'
import { runningDaemon } from './running-daemon.ts'
import { tempDir } from './temp-dir.ts'
import type { FakeIo, FakeIoInit } from './fake-io.ts'
import type { Running, RunningInit } from './running-daemon.ts'

export type Done = FakeIo & { code: number }

export interface Harness extends Running {
  command: (args: string[], init?: FakeIoInit) => Promise<Done>
}

/** A daemon in this process, whose folder is the default one of the commands against it. */
export async function commandHarness (init: RunningInit = {}): Promise<Harness> {
  const running = await runningDaemon({ ...init, dir: join(await tempDir(), 'nara-stash') })

  return {
    ...running,
    command: async (args, more) => {
      const io = fakeIo({ cwd: running.dir, ...more, env: { XDG_STATE_HOME: dirname(running.dir) } })

      return Object.assign(io, { code: await run(args, io) })
    }
  }
}
