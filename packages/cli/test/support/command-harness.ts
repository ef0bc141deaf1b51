import { run } from '../../src/cli/program.ts'
import { fakeIo } from './fake-io.ts'
import { runningDaemon } from './running-daemon.ts'
import type { FakeIo, FakeIoInit } from './fake-io.ts'
import type { Running, RunningInit } from './running-daemon.ts'

export type Done = FakeIo & { code: number }

export interface Harness extends Running {
  command: (args: string[], init?: FakeIoInit) => Promise<Done>
}

/** A daemon in this process, and commands against it. */
export async function commandHarness (init?: RunningInit): Promise<Harness> {
  const running = await runningDaemon(init)

  return {
    ...running,
    command: async (args, more) => {
      const io = fakeIo({ cwd: running.dir, ...more, env: { NARA_DIR: running.dir } })

      return Object.assign(io, { code: await run(args, io) })
    }
  }
}
