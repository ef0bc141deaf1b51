import { describe, expect, it } from 'vitest'
import { comeBack, json, scene } from './scene.ts'
import type { Told } from './scene.ts'

/** A twin is looked for once a minute. */
const TIMEOUT = 240_000

describe('two naras with one soul', () => {
  it('both say so, and nothing is overwritten: both versions can be read, and one is adopted', async () => {
    const { network, owner, soul } = await scene(['bo', 'cleo'], 'before', { args: ['--min-copies', '1'] })
    const twin = comeBack({ network, soul }, ['--target', '2', '--min-copies', '1'])

    await twin.until('stash:recovered')
    expect(await twin.command(['put', '--timeout', '30s'], 'from the other')).toMatchObject({ code: 0 })
    await owner.command(['put', '--timeout', '5s'], 'from the one')

    const [one, other] = await Promise.all([owner.until('stash:twin'), twin.until('stash:twin')])

    expect(one.boot).not.toBe(other.boot)
    expect((await owner.status()).twin?.boot).toBe(one.boot)
    expect((await twin.status()).twin?.boot).toBe(other.boot)

    const inDoubt = await Promise.race([owner, twin].map(async daemon => await daemon.until('stash:doubt').then(() => daemon)))
    const { code, answer: { doubt, setAside } } = await json<Told>(inDoubt, 'recover')
    const ids = new Set([...doubt.records.filter(({ readable }) => readable), ...setAside].map(({ id }) => id))

    expect(code).toBe(6)

    // one of them only, as the message says
    await (inDoubt === owner ? twin : owner).kill()

    const read = new Set<string>()

    for (const id of ids) {
      expect(await inDoubt.command(['recover', '--adopt', id.slice(0, 12), '--timeout', '10s'])).toMatchObject({ code: 0 })
      read.add((await inDoubt.command(['get'])).stdout.toString())
    }

    // whichever is not adopted stays readable
    const aside = (await inDoubt.status()).setAside.map(async (_, i) => (await inDoubt.command(['get', '--set-aside', String(i + 1)])).stdout.toString())

    for (const text of await Promise.all(aside)) {
      read.add(text)
    }

    expect([...read].sort()).toEqual(['from the one', 'from the other'])
  }, TIMEOUT)

  it('notice each other before one of them writes', async () => {
    const { network, owner, soul } = await scene(['bo', 'cleo'], 'before')
    const twin = comeBack({ network, soul }, ['--target', '2'])
    const [one, other] = await Promise.all([owner.until('stash:twin'), twin.until('stash:twin')])

    expect([one.seq, other.seq]).toEqual(['0', '0'])
    expect(one.boot).not.toBe(other.boot)
    // they are told while the second one still searches, perhaps
    expect(await twin.status('--wait', 'settled')).toMatchObject({ state: 'settled' })
    expect(await owner.status()).toMatchObject({ state: 'settled' })
    expect((await owner.command(['status'])).stdout.toString()).toContain('another process with this soul runs')
  }, TIMEOUT)

  it('that wrote what nobody took, and ended, leaves the other as it was; its put says why', async () => {
    const { network, owner, soul } = await scene(['bo', 'cleo', 'dan'], 'before')
    const twin = comeBack({ network, soul }, ['--target', '3'])

    await twin.until('stash:recovered')
    await Promise.all([owner.until('stash:twin'), twin.until('stash:twin')])

    let round = 0
    let code: number | null
    let stderr = ''

    // a twin that has heard of the other's version by then is told to read it first, and writes against the next one
    do {
      round++
      expect(await owner.command(['put', '--timeout', '30s'], `from the one, ${round}`)).toMatchObject({ code: 0 })
      ;({ code, stderr } = await twin.command(['put', '--timeout', '5s'], 'from the other'))
    } while (code === 1 && stderr.includes('a stash was recovered before this write') && round < 10)

    expect([code, stderr]).toEqual([7, expect.stringContaining('another process uses this soul')])
    expect(stderr).toContain('decide: nara-stash recover')
    expect(stderr).toContain(`--dir ${twin.dir}`)
    // from then on it waits for a person, and says so
    const waiting = await twin.command(['put', '--timeout', '1s'], 'once more')
    expect([waiting.code, waiting.stderr]).toEqual([6, expect.stringContaining('decide: nara-stash recover')])
    await twin.kill()

    // it learns of what was refused by asking, once a minute, and seals what it has anew
    await owner.until('stash:copies', ({ seq, have }) => Number(seq) > 1 + round && have === 3)
    const status = await owner.status('--wait', 'copies=3')

    expect(status).toMatchObject({ state: 'settled', safe: true, recovery: { undecided: 0 } })
    expect(Number(status.stash?.seq)).toBeGreaterThan(1 + round)
    expect(owner.events.filter(({ event }) => event === 'stash:doubt')).toEqual([])
    expect((await owner.command(['get'])).stdout.toString()).toBe(`from the one, ${round}`)
    expect(await owner.command(['put', '--timeout', '30s'], 'after')).toMatchObject({ code: 0 })
  }, TIMEOUT)

  it('are not what a restart after a kill -9 is', async () => {
    const { network, owner, soul } = await scene(['bo', 'cleo'], 'before')

    await owner.kill()

    const back = comeBack({ network, soul }, ['--target', '2'])

    await back.until('stash:recovered')
    expect(await back.command(['put', '--timeout', '30s'], 'after')).toMatchObject({ code: 0 })
    expect(await back.status('--wait', 'copies=2')).toMatchObject({ twin: null, state: 'settled' })
    expect(back.events.filter(({ event }) => event === 'stash:twin')).toEqual([])
  }, TIMEOUT)
})
