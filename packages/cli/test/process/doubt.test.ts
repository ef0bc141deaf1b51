import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comeBack, HOLDS_NOTHING, json, peerId, scene, written } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'
import type { Told } from './scene.ts'

/** A doubt is raised after half a minute. */
const TIMEOUT = 150_000

describe('a rollback', () => {
  it('is suspected where a peer has heard of a newer version than is left, and can be accepted', async () => {
    const { network, owner, holders: [bo, cleo], soul } = await scene(['bo', 'cleo'], 'version 1', { args: ['--min-copies', '1'] })

    await cleo?.kill()
    expect(await owner.command(['put', '--timeout', '30s'], 'version 2')).toMatchObject({ code: 0 })
    await owner.until('stash:watermark', ({ seq }) => seq === '2')

    // who comes is greeted, and so hears how new the newest is
    const [fay] = await network.startAll(['fay'], { args: HOLDS_NOTHING }) as [NaraDaemon]
    const id = await peerId(owner)

    await fay.until('presence', ({ peer, kind }) => peer === id && kind === 'hey-there')
    await Promise.all([owner.kill(), bo?.kill()])

    const again = network.start('cleo', { dir: (cleo as NaraDaemon).dir })

    expect((await again.started()).peerId).toBe(await peerId(cleo as NaraDaemon))

    const back = comeBack({ network, soul }, ['--target', '2', '--min-copies', '1'])

    expect(await back.until('stash:doubt')).toMatchObject({ reason: 'ROLLBACK_SUSPECTED' })

    const { code, answer } = await json<Told>(back, 'recover')

    expect(code).toBe(6)
    expect(answer).toMatchObject({ error: { name: 'DoubtfulError' }, doubt: { reason: 'ROLLBACK_SUSPECTED', records: [{ seq: '2', readable: false }, { seq: '1', readable: true, bytes: 9 }] } })
    expect(await back.command(['get'])).toMatchObject({ code: 6, stdout: Buffer.alloc(0) })
    expect(await back.command(['get', '--doubtful'])).toMatchObject({ code: 6, stdout: Buffer.from('version 1') })
    expect((await back.command(['status'])).stdout.toString()).toMatch(/^doubt +ROLLBACK_SUSPECTED: a newer version was seen/m)
    expect(await back.command(['recover', '--accept-older'])).toMatchObject({ code: 0 })
    expect(await back.command(['get'])).toMatchObject({ code: 0, stdout: Buffer.from('version 1') })
    expect(Number((await back.status()).stash?.seq)).toBeGreaterThan(2)
  }, TIMEOUT)
})

describe('a loss', () => {
  it('is told by the header that was left in the folder, and without it is only empty', async () => {
    const { network, witness, owner, holders: [bo], soul } = await scene(['bo'], 'gone for good')

    await written(join(owner.dir, 'watermark'))
    await Promise.all([witness.kill(), owner.kill(), bo?.kill()])

    // the only one that is here has never heard of it
    await network.meetThrough(network.start('stranger'))

    const newborn = comeBack({ network, soul }, ['--target', '1'])

    expect(await newborn.status('--wait', 'empty')).toMatchObject({ state: 'empty', stash: null, recovery: { answered: 1, of: 1, doubt: null } })
    await newborn.kill()

    const back = network.start('owner', { dir: owner.dir, args: ['--target', '1'] })

    expect(await back.until('stash:doubt')).toMatchObject({ reason: 'LOST', records: [{ seq: '1', readable: false }] })
    expect((await back.status()).recovery).toMatchObject({ answered: 1, of: 1 })
    expect((await json<Told>(back, 'recover')).code).toBe(6)
    expect((await back.command(['status'])).stdout.toString()).toMatch(/^doubt +LOST: there was a stash, and nobody within reach holds anything of it/m)
    expect(await back.command(['recover', '--fresh'])).toMatchObject({ code: 2 })
    expect(await back.command(['recover', '--fresh', '--yes'])).toMatchObject({ code: 0 })
    expect(await back.status('--wait', 'empty')).toMatchObject({ stash: null, recovery: { doubt: null } })
  }, TIMEOUT)
})
