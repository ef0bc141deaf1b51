import { createHash, randomBytes } from 'node:crypto'
import { copyFile, readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import type { NaraInit } from './nara-network.ts'
import type { NaraDaemon } from '../support/nara-process.ts'
import type { PutAnswer } from '../../src/api/types.ts'

const TIMEOUT = 60_000
const mebibyte = 1024 * 1024

function sha256 (data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

interface Kept {
  network: NaraNetwork
  owner: NaraDaemon
  confidants: NaraDaemon[]
  /** The owner's soul, outside of its folder. */
  soul: string
  data: Buffer
}

/** An owner whose stash all confidants hold. */
async function kept (confidantNames: readonly string[], { bytes = 200_000, ...init }: NaraInit & { bytes?: number } = {}): Promise<Kept> {
  const network = await NaraNetwork.open()
  const confidants = await network.startAll(confidantNames, init)
  const [owner] = await network.startAll(['owner'], init) as [NaraDaemon]
  const data = randomBytes(bytes)
  const soul = join(network.root, 'owner.soul')

  await copyFile(join(owner.dir, 'soul'), soul)
  expect(await owner.command(['put'], data)).toMatchObject({ code: 0 })

  return { network, owner, confidants, soul, data }
}

/** The owner in an empty folder, with nothing but its soul. */
function comeBack ({ network, soul }: Kept, { args = [], ...init }: NaraInit = {}): NaraDaemon {
  return network.start('owner', { ...init, args: ['--soul-file', soul, '--name', 'owner', ...args] })
}

async function peerId (daemon: NaraDaemon): Promise<string> {
  return (await daemon.started()).peerId
}

describe('after a kill -9', () => {
  it('of the owner, its stash is back from the soul alone, bit for bit', async () => {
    const scene = await kept(['bo', 'cleo', 'dev'])

    await scene.owner.status('--wait', 'copies=3')
    await scene.owner.kill()

    const back = comeBack(scene)

    expect(await back.until('stash:recovered')).toMatchObject({ bytes: scene.data.length, confirmed: true, seq: '1' })

    const { stdout, code } = await back.command(['get'])

    expect(code).toBe(0)
    expect(sha256(stdout)).toBe(sha256(scene.data))
    expect(await back.status('--wait', 'copies=3')).toMatchObject({ state: 'settled', stash: { sha256: sha256(scene.data), seq: '1' } })

    // what is written then is the next version
    const put = await back.command(['put', '--json'], 'the next')

    expect(JSON.parse(put.stdout.toString())).toMatchObject({ outcome: 'kept', seq: '2' })
  }, TIMEOUT)

  it('of the owner, it goes on in its own folder, where nothing had to be cleared', async () => {
    const scene = await kept(['bo', 'cleo'], { args: ['--target', '2'] })

    await scene.owner.kill()
    expect((await readdir(join(scene.owner.dir, 'run'))).sort()).toEqual(['api.sock', 'daemon.json', 'lock'])

    const back = scene.network.start('owner', { dir: scene.owner.dir, args: ['--target', '2'] })

    await back.until('stash:recovered')
    expect((await back.command(['get'])).stdout.equals(scene.data)).toBe(true)
  }, TIMEOUT)

  it('of a confidant, another takes its place', async () => {
    const args = ['--repair-delay', '500ms']
    const { owner, confidants } = await kept(['bo', 'cleo', 'dev', 'eli'], { args })
    const before = await owner.status('--wait', 'copies=3')
    const ids = await Promise.all(confidants.map(peerId))
    const victim = confidants.findIndex((_, i) => before.confidants.some(confidant => confidant.peerId === ids[i]))
    const spare = ids.find(id => before.confidants.every(confidant => confidant.peerId !== id)) ?? ''

    await confidants[victim]?.kill()
    await owner.until('confidant:add', ({ peer }) => peer === spare)
    await owner.until('confidant:remove', ({ peer }) => peer === ids[victim])

    const after = await owner.status('--wait', 'copies=3')

    expect(after.confidants.map(confidant => confidant.peerId).sort()).toEqual(ids.filter((_, i) => i !== victim).sort())
  }, TIMEOUT)

  it('of all confidants but one, and of the owner, the last one is enough', async () => {
    const scene = await kept(['bo', 'cleo', 'dev'])

    await scene.owner.status('--wait', 'copies=3')
    await Promise.all([scene.owner, ...scene.confidants.slice(1)].map(async daemon => { await daemon.kill() }))

    const back = comeBack(scene)

    expect(await back.until('stash:recovered')).toMatchObject({ confirmed: false, answered: 1 })
    expect((await back.command(['get'])).stdout.equals(scene.data)).toBe(true)
    expect(await back.status()).toMatchObject({ state: 'settled', copies: { have: 1 } })
  }, TIMEOUT)

  it('of every confidant, those with a datastore still hold it when they are back', async () => {
    const network = await NaraNetwork.open()
    const folders = ['bo', 'cleo'].map(name => join(network.root, name))
    const start = async (): Promise<{ confidants: NaraDaemon[], args: string[] }> => {
      const confidants = folders.map(dir => network.start('confidant', { dir }))
      const addresses = await Promise.all(confidants.map(async daemon => (await daemon.started()).addresses[0] ?? ''))

      return { confidants, args: ['--target', '2', '--bootstrap', ...addresses] }
    }
    const before = await start()
    const owner = network.start('owner', { args: before.args })

    await owner.started()
    expect(await owner.command(['put'], 'kept on disk')).toMatchObject({ code: 0 })
    await Promise.all([owner, ...before.confidants].map(async daemon => { await daemon.kill() }))

    const after = await start()

    expect(await Promise.all(after.confidants.map(async daemon => (await daemon.status()).held.count))).toEqual([1, 1])

    const back = network.start('owner', { dir: owner.dir, args: after.args })

    await back.until('stash:recovered')
    expect((await back.command(['get'])).stdout.toString()).toBe('kept on disk')
  }, TIMEOUT)
})

// only Linux tells how much a process has read
describe.runIf(process.platform === 'linux')('a kill -9 in the middle', () => {
  const large = 32 * mebibyte
  const args = ['--max-stash', '64MiB', '--target', '2', '--min-copies', '2']

  it('of a store, of the confidant: the others keep it, and a copy is made elsewhere', async () => {
    const { owner, confidants } = await kept(['bo', 'cleo', 'dev'], { args: [...args, '--repair-delay', '500ms'], bytes: 10 })
    const { confidants: chosen } = await owner.status('--wait', 'copies=2')
    const ids = await Promise.all(confidants.map(peerId))
    const victim = confidants[ids.findIndex(id => chosen.some(confidant => confidant.peerId === id))] as NaraDaemon
    const data = randomBytes(large)
    const readBefore = await readBytes(victim)
    const put = owner.begin(['put', '--timeout', '30s', '--json'], data)

    // a quarter of the body is with the victim
    while (await readBytes(victim) < readBefore + large / 4) {
      await setImmediate()
    }

    await victim.kill()

    const answer = JSON.parse((await put.done).stdout.toString()) as PutAnswer

    expect(answer).toMatchObject({ outcome: 'kept', copies: 2, sha256: sha256(data) })

    const after = await owner.status('--wait', 'copies=2')

    expect(after.confidants.map(confidant => confidant.peerId)).not.toContain(await peerId(victim))
    expect((await owner.command(['get'])).stdout.equals(data)).toBe(true)
  }, TIMEOUT)

  it('of a store, of the owner: it comes back with the old version or the new one, whole', async () => {
    const scene = await kept(['bo', 'cleo'], { args, bytes: 100_000 })
    const { owner, confidants, data: old } = scene
    const [first] = confidants as [NaraDaemon]
    const data = randomBytes(large)
    const readBefore = await readBytes(first)
    const put = owner.begin(['put', '--timeout', '30s'], data)

    while (await readBytes(first) < readBefore + large / 4) {
      await setImmediate()
    }

    await owner.kill()
    expect(await put.done).toMatchObject({ code: 1, stderr: expect.stringMatching(/the daemon ended/) as string })

    const back = comeBack(scene, { args })

    await back.until('stash:recovered')
    expect([sha256(old), sha256(data)]).toContain(sha256((await back.command(['get'])).stdout))

    // and it can write
    expect(await back.command(['put', '--timeout', '30s'], 'after all that')).toMatchObject({ code: 0 })
  }, TIMEOUT)

  it('of an upload: nothing changes, and the daemon goes on', async () => {
    const { owner, data } = await kept(['bo', 'cleo'], { args })
    const readBefore = await readBytes(owner)
    const upload = request({ socketPath: (await owner.started()).socket, method: 'PUT', path: '/v1/stash' })

    // it does not end, and a part of it is at the daemon already
    upload.on('error', () => {})
    upload.write(randomBytes(4 * mebibyte))

    while (await readBytes(owner) < readBefore + mebibyte) {
      await setImmediate()
    }

    upload.destroy()
    expect((await owner.status()).stash).toMatchObject({ seq: '1', sha256: sha256(data) })
    expect(await owner.command(['put'], 'next')).toMatchObject({ code: 0 })
    expect((await owner.status()).stash).toMatchObject({ seq: '2' })
  }, TIMEOUT)
})

/** Bytes that a process has read so far, from wherever: Linux tells (proc(5), /proc/pid/io). */
async function readBytes (daemon: NaraDaemon): Promise<number> {
  return Number(/^rchar: (\d+)/m.exec(await readFile(`/proc/${daemon.pid}/io`, 'utf8'))?.[1])
}
