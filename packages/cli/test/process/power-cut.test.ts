import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import { HOLDS_NOTHING, comeBack } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 120_000
const NAMES = ['bo', 'cleo', 'dev']

/** An owner and three confidants with datastores; one more, through which they meet, holds nothing. */
async function house (): Promise<{ network: NaraNetwork, owner: NaraDaemon, cut: () => Promise<void>, restore: () => NaraDaemon }> {
  const network = await NaraNetwork.open()
  const argsOf = (name: string): string[] => ['--name', name, '--datastore', join(network.root, `held-${name}`)]

  await network.startAll(['witness'], { args: HOLDS_NOTHING })
  const holders = NAMES.map(name => network.start(name, { args: argsOf(name) }))
  await Promise.all(holders.map(async holder => await holder.started()))
  const [owner] = await network.startAll(['owner']) as [NaraDaemon]
  const soul = join(network.root, 'owner.soul')
  await copyFile(join(owner.dir, 'soul'), soul)

  return {
    network,
    owner,
    cut: async () => { await Promise.all([owner, ...holders].map(async daemon => await daemon.kill())) },
    restore: () => {
      NAMES.forEach((name, i) => { network.start(name, { dir: holders[i]?.dir ?? '', args: argsOf(name) }) })

      return comeBack({ network, soul })
    }
  }
}

it('a power cut of everybody who has anything loses nothing that disks keep', async () => {
  const { owner, cut, restore } = await house()
  const data = randomBytes(300 * 1024)

  expect(await owner.command(['put', '--timeout', '30s'], data)).toMatchObject({ code: 0 })
  await owner.status('--wait', 'copies=3')
  await cut()

  const back = restore()

  expect(await back.status('--wait', 'settled', '--timeout', '60s')).toMatchObject({ state: 'settled', recovery: { confirmed: true } })
  expect((await back.command(['get'])).stdout.equals(data)).toBe(true)
}, TIMEOUT)

it('a power cut in the middle of a write leaves the version before or the new one, whole', async () => {
  const { owner, cut, restore } = await house()
  const [before, after] = [randomBytes(300 * 1024), randomBytes(500 * 1024)]

  expect(await owner.command(['put', '--timeout', '30s'], before)).toMatchObject({ code: 0 })
  await owner.status('--wait', 'copies=3')

  const put = owner.command(['put', '--timeout', '30s'], after)

  // the daemon has taken it and has begun to bring it to the others
  await owner.until('stash:copies', ({ seq }) => seq === '2')
  await cut()
  await put

  const back = restore()

  await back.status('--wait', 'settled', '--timeout', '60s')
  const { stdout } = await back.command(['get'])
  expect(stdout.equals(before) || stdout.equals(after)).toBe(true)
}, TIMEOUT)
