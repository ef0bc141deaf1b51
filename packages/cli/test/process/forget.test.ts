import { describe, expect, it } from 'vitest'
import { comeBack, json, met, peerId, scene } from './scene.ts'
import type { ForgetAnswer } from '../../src/api/types.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 120_000

describe('forget', () => {
  it('deletes everywhere, also with one that did not hear of it for a while', async () => {
    const { network, owner, holders, soul } = await scene(['bo', 'cleo', 'dev'], 'to be forgotten')
    const dev = holders[2] as NaraDaemon
    const id = await peerId(owner)

    // it is there, but neither hears nor says anything
    dev.run.child.kill('SIGSTOP')

    const { code, answer } = await json<ForgetAnswer>(owner, 'forget', '--yes', '--timeout', '5s')

    expect(code).toBe(0)
    expect(answer).toMatchObject({ outcome: 'forgotten', acknowledged: 2, of: 3, state: 'empty' })
    expect(await owner.status()).toMatchObject({ state: 'empty', stash: null })
    expect(await Promise.all(holders.slice(0, 2).map(async holder => (await holder.status()).held.count))).toEqual([0, 0])
    dev.run.child.kill('SIGCONT')
    await dev.until('held:dropped', ({ owner }) => owner === id)
    expect((await dev.status()).held.count).toBe(0)

    // nobody brings it back, and a new one begins
    await owner.kill()

    const back = comeBack({ network, soul })

    await back.status('--wait', 'empty', '--timeout', '60s')
    expect(await back.command(['put', '--timeout', '30s'], 'a new one')).toMatchObject({ code: 0 })
    expect(await back.status()).toMatchObject({ state: 'settled', stash: { bytes: 9 } })
  }, TIMEOUT)

  it('is learnt from co-holders by one that was away, although the owner is gone', async () => {
    const { network, owner, holders, soul } = await scene(['bo', 'cleo', 'dev'], 'to be forgotten')
    const id = await peerId(owner)

    await holders[2]?.kill()
    expect(await owner.command(['forget', '--yes', '--timeout', '5s'])).toMatchObject({ code: 0 })
    await owner.kill()

    const again = network.start('dev', { dir: (holders[2] as NaraDaemon).dir })

    await met(again, holders[0] as NaraDaemon)
    await again.until('held:dropped', ({ owner }) => owner === id)
    expect((await again.status()).held.count).toBe(0)
    await Promise.all(holders.slice(0, 2).map(async holder => { await holder.kill() }))

    // it is the only one that ever had a copy and is still there
    const back = comeBack({ network, soul })

    expect(await back.status('--wait', 'empty', '--timeout', '60s')).toMatchObject({ stash: null })
  }, TIMEOUT)
})
