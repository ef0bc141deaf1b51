import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import { HOLDS_NOTHING, comeBack } from './scene.ts'
import type { Done, NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 120_000
const NAMES = ['bo', 'cleo', 'dev']

interface House {
  owner: NaraDaemon
  /** Kills all there are, at once. */
  cut: () => Promise<void>
  /** Starts them again, each in its folder, but the owner in an empty one; resolves with the owner. */
  restore: () => Promise<NaraDaemon>
}

/** An owner and three confidants with datastores; one more, through which they meet, holds nothing. */
async function house (): Promise<House> {
  const network = await NaraNetwork.open()
  const argsOf = (name: string): string[] => ['--name', name, '--held', join(network.root, `held-${name}`)]

  const [witness] = await network.startAll(['witness'], { args: HOLDS_NOTHING }) as [NaraDaemon]
  const holders = NAMES.map(name => network.start(name, { args: argsOf(name) }))
  await Promise.all(holders.map(async holder => await holder.started()))
  const [owner] = await network.startAll(['owner']) as [NaraDaemon]
  const soul = join(network.root, 'owner.soul')
  await copyFile(join(owner.dir, 'soul'), soul)

  return {
    owner,
    cut: async () => { await Promise.all([witness, owner, ...holders].map(async daemon => await daemon.kill())) },
    restore: async () => {
      // nobody listens where it did before: the others are told where they meet
      await network.meetThrough(network.start('witness', { dir: witness.dir, args: HOLDS_NOTHING }))
      NAMES.forEach((name, i) => { network.start(name, { dir: holders[i]?.dir ?? '', args: argsOf(name) }) })

      return comeBack({ network, soul })
    }
  }
}

it('a power cut of all loses nothing that disks keep', async () => {
  const { owner, cut, restore } = await house()
  const data = randomBytes(300 * 1024)

  expect(await owner.command(['put', '--timeout', '30s'], data)).toMatchObject({ code: 0 })
  await owner.status('--wait', 'copies=3')
  await cut()

  const back = await restore()

  expect(await back.status('--wait', 'settled', '--timeout', '60s')).toMatchObject({ state: 'settled', recovery: { confirmed: true } })
  expect((await back.command(['get'])).stdout.equals(data)).toBe(true)
}, TIMEOUT)

const moments: Array<[string, (owner: NaraDaemon, put: Promise<Done>) => Promise<unknown>]> = [
  // the daemon has taken it and begins to bring it to the others
  ['begun', async owner => await owner.until('stash:copies', ({ seq }) => seq === '2')],
  ['on one disk', async owner => await owner.until('stash:copies', ({ seq, have }) => seq === '2' && have > 0)],
  ['acknowledged', async (_, put) => { expect(await put).toMatchObject({ code: 0 }) }]
]

it.each(moments)('a power cut of all when a write is %s leaves the version before or the new one, whole: the new one if it was acknowledged', async (_, moment) => {
  const { owner, cut, restore } = await house()
  const [before, after] = [randomBytes(300 * 1024), randomBytes(500 * 1024)]

  expect(await owner.command(['put', '--timeout', '30s'], before)).toMatchObject({ code: 0 })
  await owner.status('--wait', 'copies=3')

  const put = owner.command(['put', '--timeout', '30s'], after)

  await moment(owner, put)
  await cut()

  const { code } = await put
  const back = await restore()

  await back.status('--wait', 'settled', '--timeout', '60s')

  const { stdout } = await back.command(['get'])

  expect(stdout.equals(after) || (code !== 0 && stdout.equals(before))).toBe(true)
}, TIMEOUT)
