import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import { IN_MEMORY } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

it('a daemon that alone has its newest version says so as it stops, to its log and to those who wait, and ends with 3', async () => {
  const network = await NaraNetwork.open()
  const [daemon] = await network.startAll(['bo']) as [NaraDaemon]
  const first = daemon.begin(['put', '--timeout', '60s'], 'one')

  await daemon.status('--wait', 'settled')
  first.child.kill('SIGINT')
  expect(await first.done).toMatchObject({ signal: 'SIGINT', stderr: 'nara-stash: the daemon has it and goes on\n' })

  const second = daemon.begin(['put', '--timeout', '60s'], 'the second')

  while ((await daemon.status()).stash?.seq !== '2') {
    // a status is a process of its own
  }

  daemon.run.child.kill('SIGTERM')
  expect(await second.done).toMatchObject({ code: 5, stderr: 'nara-stash: this nara stops: nobody took version 2, and it is lost\n' })
  expect(await daemon.run.done).toMatchObject({ code: 3 })
  expect(await daemon.until('leave')).toMatchObject({ own: { outcome: 'unstored', seq: '2', bytes: 10, copies: 0 }, waiting: 0 })
}, 60_000)

it.skipIf(process.platform === 'win32')('a daemon whose disk hangs ends all the same, and says that it could not in good order', async () => {
  const network = await NaraNetwork.open()
  await network.startAll(['holder'], { args: IN_MEMORY })
  const [owner] = await network.startAll(['owner'], { args: ['--target', '1', '--leave-timeout', '0s', ...IN_MEMORY] }) as [NaraDaemon]

  // whoever writes to a pipe that nobody reads hangs as on a disk that does not answer
  execFileSync('mkfifo', [join(owner.dir, 'watermark')])
  expect(await owner.command(['put'], 'one')).toMatchObject({ code: 0 })
  await owner.until('stash:watermark')
  owner.run.child.kill('SIGTERM')
  expect(await owner.run.done).toMatchObject({ code: null, signal: 'SIGTERM', stderr: expect.stringContaining('writing DIR/watermark took longer than 5000 ms; ends as it is') as string })
  expect(owner.events.at(-1)?.event).toBe('stopped')
}, 60_000)
