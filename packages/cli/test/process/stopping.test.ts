import { expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
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
