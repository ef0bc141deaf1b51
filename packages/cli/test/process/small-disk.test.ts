import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import { IN_MEMORY } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 120_000
const canMount = process.platform === 'linux' && process.getuid?.() === 0

if (!canMount) {
  process.stderr.write('small-disk.test.ts is skipped in part: only root on Linux can mount a small file system\n')
}

/** 3 MiB, that can be made larger. */
async function smallDisk (path: string): Promise<void> {
  await mkdir(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path])
  onTestFinished(() => { execFileSync('umount', ['-l', path]) })
}

describe('a daemon whose disk is small', () => {
  it.runIf(canMount)('tells the owner "over quota" while it is full, keeps what it had, and after a kill what it was brought since, and ends a copy although it is full', async () => {
    const network = await NaraNetwork.open()
    const disk = join(network.root, 'disk')
    await smallDisk(disk)
    const start = async (): Promise<{ holder: NaraDaemon, owner: NaraDaemon }> => {
      const holder = network.start('holder', { dir: join(network.root, 'holder'), args: ['--held', join(disk, 'held'), '--keep-free', '0'] })
      await network.meetThrough(holder)
      const owner = network.start('owner', { dir: join(network.root, 'owner'), args: ['--target', '1', ...IN_MEMORY] })
      await owner.until('peer:connect')

      return { holder, owner }
    }
    const fill = async (): Promise<void> => { await writeFile(join(disk, 'other'), new Uint8Array(2 ** 23)).catch(() => {}) }
    const [first, second] = [randomBytes(200_000), randomBytes(200_000)]
    let { holder, owner } = await start()

    expect(await owner.command(['put', '--timeout', '30s'], first)).toMatchObject({ code: 0 })
    await fill()
    const refused = await owner.command(['put', '--timeout', '5s'], second)
    expect([refused.code, refused.stdout.toString()]).toEqual([3, expect.stringContaining('over quota')])
    await Promise.all([holder, owner].map(async daemon => { await daemon.kill() }));

    ({ holder, owner } = await start())
    await owner.status('--wait', 'settled', '--timeout', '60s')
    expect((await owner.command(['get'])).stdout.equals(first)).toBe(true)
    execFileSync('mount', ['-o', 'remount,size=8m', disk])
    await rm(join(disk, 'other'))
    expect(await owner.command(['put', '--timeout', '30s'], second)).toMatchObject({ code: 0 })
    await Promise.all([holder, owner].map(async daemon => { await daemon.kill() }));

    ({ holder, owner } = await start())
    await owner.status('--wait', 'settled', '--timeout', '60s')
    expect((await owner.command(['get'])).stdout.equals(second)).toBe(true)
    await fill()
    expect(await owner.command(['forget', '--yes', '--timeout', '30s'])).toMatchObject({ code: 0 })
    expect((await holder.status()).held.count).toBe(0)
  }, TIMEOUT)

  it.runIf(canMount)('says from its start on that too little is free, and the owner hears why nobody took it', async () => {
    const network = await NaraNetwork.open()
    const disk = join(network.root, 'disk')
    await smallDisk(disk)
    // 5 % are to stay free
    await writeFile(join(disk, 'other'), new Uint8Array(2 ** 20 * 2.9))
    const holder = network.start('holder', { dir: join(network.root, 'holder'), args: ['--held', join(disk, 'held')] })
    await network.meetThrough(holder)
    expect(await holder.until('held:disk')).toMatchObject({ full: true })
    expect((await holder.status()).held).toMatchObject({ count: 0, accepting: false, diskFull: true })
    expect((await holder.command(['status'])).stdout.toString()).toContain("nobody else's is taken: the disk has too little room")

    const owner = network.start('owner', { dir: join(network.root, 'owner'), args: ['--target', '1', ...IN_MEMORY] })
    const { peerId } = await holder.status()
    await owner.until('presence', ({ peer }) => peer === peerId)
    const put = await owner.command(['put', '--timeout', '5s'], randomBytes(20_000))
    expect([put.code, put.stdout.toString()]).toEqual([3, expect.stringContaining(`${peerId}: not accepting, it says that it has no room`)])
  }, TIMEOUT)

  it.runIf(canMount)('starts although all of its folder is on a full disk, is found, and gives back what it holds; a new one says why it does not', async () => {
    const network = await NaraNetwork.open()
    const disk = join(network.root, 'disk')
    await smallDisk(disk)
    const start = async (): Promise<{ holder: NaraDaemon, owner: NaraDaemon }> => {
      const holder = network.start('holder', { dir: join(disk, 'holder'), args: ['--keep-free', '0'] })
      await network.meetThrough(holder)
      const owner = network.start('owner', { dir: join(network.root, 'owner'), args: ['--target', '1', ...IN_MEMORY] })
      await owner.until('peer:connect')

      return { holder, owner }
    }
    const before = await start()
    const kept = randomBytes(200_000)
    expect(await before.owner.command(['put', '--timeout', '30s'], kept)).toMatchObject({ code: 0 })
    await Promise.all([before.holder, before.owner].map(async daemon => { await daemon.kill() }))
    await writeFile(join(disk, 'other'), new Uint8Array(2 ** 23)).catch(() => {})

    const { holder, owner } = await start()
    await owner.status('--wait', 'settled', '--timeout', '60s')
    expect((await owner.command(['get'])).stdout.equals(kept)).toBe(true)
    expect((await holder.status()).held.count).toBe(1)
    holder.run.child.kill('SIGTERM')
    const { code, stderr } = await holder.run.done
    expect([code, stderr]).toEqual([0, expect.stringMatching(/cannot write .*run\/daemon\.json: no space left on the device/)])

    const fresh = await network.start('new', { dir: join(disk, 'new') }).run.done
    expect([fresh.code, fresh.stdout.toString()]).toEqual([1, expect.stringMatching(/cannot write .*new\/soul: no space left on the device/)])
  }, TIMEOUT)

  it('does not start in a folder that another one uses, or that a newer version keeps: it says the path, why, and what helps', async () => {
    const network = await NaraNetwork.open()
    const held = join(network.root, 'held')
    await network.startAll(['holder'], { args: ['--held', held] })
    const refusal = async (path: string): Promise<unknown> => {
      const { code, stdout } = await network.start('other', { args: ['--held', path] }).run.done

      return { code, ...JSON.parse(stdout.toString()) as object }
    }

    expect(await refusal(held)).toMatchObject({ code: 1, error: {
      name: 'HeldFolderError', message: `cannot keep what is held in ${held}: it is in use, by another daemon for one`, hint: expect.stringContaining('stop that one, or choose another folder') as string
    } })

    const newer = join(network.root, 'newer')
    await mkdir(newer)
    await writeFile(join(newer, 'format'), 'nara stash held 9\n')
    expect(await refusal(newer)).toMatchObject({ code: 1, error: { message: expect.stringContaining(`${newer}: a newer version keeps it`) as string } })
  }, TIMEOUT)
})
