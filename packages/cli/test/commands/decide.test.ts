import { DoubtfulError, NotFoundError } from '@nara-stash/node'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { commandHarness } from '../support/command-harness.ts'
import { ended } from '../support/fake-io.ts'
import type { Doubt } from '@nara-stash/node'

const newest = '1f2e3d4c'.repeat(8)
const older = 'a0b1c2d3'.repeat(8)
const aside = 'cafecafe'.repeat(8)
const rollback: Doubt = {
  reason: 'ROLLBACK_SUSPECTED',
  records: [
    { id: newest, seq: '8', readable: false, holders: [] },
    { id: older, seq: '7', readable: true, holders: ['bo\u001b', 'cleo'], createdAt: '2026-01-02T03:04:05.000Z', bytes: 2048 }
  ]
}

/** Somebody at a terminal who types this. */
function typed (text: string): Readable {
  return Object.assign(Readable.from([Buffer.from(text)]), { isTTY: true })
}

describe('recover, in doubt', () => {
  it('says what was seen and what can be done, and ends with 6', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.aside = [{ id: aside, seq: '5', data: Buffer.from('aside'), timestamp: 0 }]
    nara.fake.inDoubt(rollback)

    const { code, stdout, stderr } = await command(['recover'])

    expect(code).toBe(6)
    expect(stderr).toBe('')
    expect(stdout.toString()).toBe(`doubtful (ROLLBACK_SUSPECTED): a newer version was seen than anybody within reach holds

  version 8  1f2e3d4c1f2e  cannot be read  -      -                         held by nobody within reach
  version 7  a0b1c2d3a0b1  can be read     2 KiB  2026-01-02T03:04:05.000Z  held by bo\\u{1b}, cleo

Writes wait: one that waits is set aside if another version is taken, and is the stash if you begin with nothing. If who holds it comes back, the doubt ends by itself: bring them back first. Else decide:
  nara-stash get --doubtful -o FILE        look at version 7 first
  nara-stash recover --accept-older        go on from version 7, the best that can be read
  nara-stash recover --adopt a0b1c2d3a0b1  go on from version 7
  nara-stash recover --adopt cafecafecafe  go on from what was set aside, version 5, of 1970-01-01T00:00:00.000Z; look at it: nara-stash get --set-aside 1
  nara-stash recover --fresh               begin with nothing
`)
  })

  it('tells where what can be read is to be looked at, once, and what is a deletion', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.aside = [{ id: older, seq: '7', data: Buffer.from('older'), timestamp: 0 }]
    nara.fake.inDoubt({ reason: 'CONFLICT', records: [{ id: newest, seq: '8', readable: false, tombstone: true, holders: ['bo'] }, ...rollback.records.slice(1)] })

    const text = (await command(['recover'])).stdout.toString()

    expect(text).toMatch(/version 8 {2}1f2e3d4c1f2e {2}is a deletion {2}/)
    expect(text.match(/--adopt a0b1c2d3a0b1 .*/g)).toEqual(['--adopt a0b1c2d3a0b1  go on from version 7; look at it: nara-stash get --set-aside 1'])
    expect(text).toContain('\nWrites wait until you decide. One that waits is set aside if another version is taken, and is the stash if you begin with nothing:\n')
    expect((await command(['get', '--doubtful'])).stdout.toString()).toBe('older')
  })

  it('gives all of it as JSON', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.inDoubt({ ...rollback, error: 'merge failed' })

    const { code, json } = await command(['recover', '--json'])

    expect(code).toBe(6)
    expect(json()).toEqual({
      error: { name: 'DoubtfulError', message: expect.any(String) as string, hint: expect.any(String) as string }, doubt: { ...rollback, error: 'merge failed' }, setAside: []
    })
    expect((await command(['recover'])).stdout.toString()).toContain('the merge function could not decide: merge failed\n')
  })

  it('of a loss has nothing to look at', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.inDoubt({ reason: 'LOST', records: [{ id: newest, seq: '8', readable: false, holders: [] }] })
    // nobody holds anything, which is not as if there never was anything
    nara.fake.failure = new NotFoundError('nobody holds a stash of ours')

    const { code, stdout } = await command(['recover'])

    expect(code).toBe(6)
    expect(stdout.toString()).toMatch(/^doubtful \(LOST\): there was a stash, and nobody within reach holds anything of it\n\n {2}version 8 /)
    expect(stdout.toString()).not.toMatch(/--adopt|--accept-older/)
    expect(await command(['recover', '--adopt', newest])).toMatchObject(ended(4, /version 8 \(.*\) was seen, but nobody within reach can give it/))
  })

  it('--accept-older goes on from the best that can be read', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.inDoubt(rollback)

    const { code, stdout } = await command(['recover', '--accept-older', '--timeout', '300ms'])

    expect(code).toBe(0)
    expect(stdout.toString()).toBe('kept: what is of 1970-01-01T00:00:01.000Z, 13 B, is version 1, held by 3 of 3 confidants\n')
    expect(nara.fake.decisions).toEqual(['older'])
    expect(nara.fake.timeouts).toEqual([300])
    expect(await command(['recover', '--accept-older'])).toMatchObject(ended(1, /nothing is in doubt\n {2}there is nothing to decide/))
  })

  it('--adopt takes the first digits of an id, of a doubt or of what was set aside', async () => {
    const { command, nara } = await commandHarness()
    const alike = `${older.slice(0, 10)}ff${older.slice(12)}`

    nara.fake.aside = [{ id: aside, data: Buffer.from('aside'), timestamp: 0 }, { id: alike, data: Buffer.from('alike'), timestamp: 0 }]
    nara.fake.inDoubt(rollback)
    expect(await command(['recover', '--adopt', older.slice(0, 8)])).toMatchObject(ended(1, /several versions begin with a0b1c2d3/))
    expect(await command(['recover', '--adopt', '00000000'])).toMatchObject(ended(4, /there is no version 00000000 to choose/))
    expect(nara.fake.decisions).toEqual([])
    expect(await command(['recover', '--adopt', older.slice(0, 12).toUpperCase()])).toMatchObject({ code: 0 })
    expect(await command(['recover', '--adopt', 'cafecafe', '--json'])).toMatchObject({ code: 0 })
    expect(nara.fake.decisions).toEqual([older, aside])

    nara.fake.aside = []
    nara.fake.outcome = { outcome: 'degraded', copies: 1, failures: [{ peer: 'bo', why: 'timeout' }] }
    nara.fake.inDoubt(rollback)

    const degraded = await command(['recover', '--adopt', older])

    expect(degraded.code).toBe(3)
    expect(degraded.stdout.toString()).toMatch(/held by 1 of 3 confidants; 2 make it safe. The daemon goes on trying\n {2}bo: timeout\n$/)
  })

  it('--fresh asks first, or is told beforehand', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.inDoubt(rollback)
    expect(await command(['recover', '--fresh'])).toMatchObject(ended(2, /there is no terminal to ask on\n {2}say so beforehand: --yes/))
    expect(await command(['recover', '--fresh'], { stdin: typed('no\n') })).toMatchObject(ended(1, /^Begin with nothing\?.*\nType yes to go on: nara-stash: nothing was done/))
    expect(await command(['recover', '--fresh'], { stdin: typed('') })).toMatchObject({ code: 1 })
    expect(nara.fake.decisions).toEqual([])
    expect(await command(['recover', '--fresh'], { stdin: typed('yes\n') })).toMatchObject({ code: 0 })
    nara.fake.inDoubt(rollback)
    expect((await command(['recover', '--fresh', '--yes', '--json'])).json()).toEqual({ state: 'empty' })
    expect(nara.fake.decisions).toEqual(['fresh', 'fresh'])
  })

  it('--fresh asks nobody where there is nothing to decide', async () => {
    const { command, nara } = await commandHarness()

    await nara.fake.setStashData(Buffer.from('x'))
    expect(await command(['recover', '--fresh'])).toMatchObject(ended(1, /nothing is in doubt: the state is settled\n {2}there is nothing to decide/))
    expect((await command(['recover', '--fresh', '--yes', '--json'])).json()).toMatchObject({ error: { name: 'NotDoubtfulError' } })
    expect(nara.fake.decisions).toEqual([])
  })

  it('tells which writes were set aside, and how to get them', async () => {
    const { command, nara } = await commandHarness()
    const written = { id: aside, data: Buffer.from('waited'), timestamp: 5_000 }
    const told = 'a write of 6 B (cafecafecafe) is set aside: nara-stash get --set-aside 2, or nara-stash recover --adopt cafecafecafe\n'

    nara.fake.inDoubt(rollback)
    nara.fake.aside = [{ id: older, seq: '7', data: Buffer.from('older'), timestamp: 0 }, written]
    expect((await command(['recover', '--accept-older'])).stdout.toString()).toContain(`confidants\n${told}`)
    nara.fake.recovered = Buffer.from('back')
    expect((await command(['recover'])).stdout.toString().endsWith(told)).toBe(true)
    expect((await command(['recover', '--json'])).json()).toMatchObject({ setAside: [{ seq: '7' }, { id: aside, bytes: 6, updatedAt: '1970-01-01T00:00:05.000Z' }] })
  })

  it.each([[['--accept-older', '--fresh']], [['--adopt', '1f2e3d4c', '--accept-older']], [['--adopt', '1f2e3d4']], [['--adopt', 'newest!!']]])('%j is wrong usage', async args => {
    const { command, nara } = await commandHarness()

    nara.fake.inDoubt(rollback)
    expect(await command(['recover', ...args])).toMatchObject({ code: 2 })
    expect(nara.fake.decisions).toEqual([])
  })
})

describe('forget', () => {
  it.each([['doubtful', 6, /in doubt/], ['searching', 4, /not known yet/], ['recovering', 4, /not known yet/]] as const)('asks nobody while the state is %s', async (state, code, why) => {
    const { command, nara } = await commandHarness()

    nara.fake.become(state)
    expect(await command(['forget'])).toMatchObject(ended(code, why))
  })

  it('asks, deletes, and says how many know', async () => {
    const { command, nara } = await commandHarness()

    await nara.fake.setStashData(Buffer.from('x'))
    expect(await command(['forget'])).toMatchObject({ code: 2 })
    expect(await command(['forget'], { stdin: typed('n\n') })).toMatchObject(ended(1, /Delete the stash of nara-\w+ everywhere\? Nobody can bring it back\./))
    expect(nara.fake.hasData).toBe(true)

    const { code, stdout } = await command(['forget', '--timeout', '200ms'], { stdin: typed('y\n') })

    expect(code).toBe(0)
    expect(stdout.toString()).toBe('forgotten: 3 of 3 who have or may have a copy acknowledged the deletion\n')
    expect(nara.fake.hasData).toBe(false)
    expect(nara.fake.timeouts.at(-1)).toBe(200)
  })

  it('says that those who are away learn later, and ends with 3 if too few know', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.forgotten = { acknowledged: 2, failures: [{ peer: 'bo', why: 'unreachable' }] }
    expect((await command(['forget', '--yes'])).stdout.toString()).toMatch(/^forgotten: 2 of 3 .*\. Those who are away learn of it when they come back\n {2}bo: unreachable\n$/)
    nara.fake.forgotten = { outcome: 'degraded', acknowledged: 1 }

    const degraded = await command(['forget', '--yes'])

    expect(degraded.code).toBe(3)
    expect(degraded.stdout.toString()).toMatch(/^degraded: 1 of 3 .*\. The daemon goes on telling the others: keep it running\n/)
    expect((await command(['forget', '--yes', '--json'])).json()).toEqual({ outcome: 'degraded', acknowledged: 1, of: 3, failures: [], state: 'empty', peers: 0 })
  })

  it('ends with 3 if nobody is connected who could be told', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.forgotten = { acknowledged: 0, of: 0 }
    expect(await command(['forget', '--yes'])).toMatchObject({ code: 3 })
    expect((await command(['forget', '--yes'])).stdout.toString()).toBe(
      'deleted here, but nobody could be told: no peer is connected. The daemon tells those it meets: keep it running\n')
    nara.fake.peersMet = [{ peerId: 'abc', name: '', connected: true, confidant: false, held: false }]
    expect(await command(['forget', '--yes'])).toMatchObject({ code: 0 })
  })

  it('counts who is connected when it ends, not before it was asked', async () => {
    const { command, nara } = await commandHarness()
    const bo = { peerId: 'abc', name: '', connected: true, confidant: false, held: false }
    const forgetStash = nara.fake.forgetStash.bind(nara.fake)
    let after: Array<typeof bo> = []

    nara.fake.forgotten = { acknowledged: 0, of: 0 }
    nara.fake.forgetStash = async options => {
      nara.fake.peersMet = after

      return await forgetStash(options)
    }
    nara.fake.peersMet = [bo]
    expect(await command(['forget', '--yes'])).toMatchObject({ code: 3 })
    after = [bo]
    nara.fake.peersMet = []
    expect(await command(['forget', '--yes'])).toMatchObject({ code: 0 })
  })

  it.each([[new NotFoundError('nothing'), 4], [new DoubtfulError('decide first'), 6]])('%s ends with %i', async (failure, code) => {
    const { command, nara } = await commandHarness()

    nara.fake.failure = failure
    expect(await command(['forget', '--yes'])).toMatchObject({ code })
  })
})
