import { describe, expect, it } from 'vitest'
import { ADDRESSES_EVERY, HEY_THERE_GAP, HEY_THERE_PER_PEER, HEY_THERE_STEPS, YOUNG } from '../../../src/constants.ts'
import { LonePresence, message, news } from './fake-presence.ts'

const repeats = HEY_THERE_STEPS.map((_, i) => HEY_THERE_STEPS.slice(0, i + 1).reduce((sum, step) => sum + step, 0))
const minute = 60_000

describe('what a nara says', () => {
  it('is hey-there at its start, with its record, repeated ever more rarely while somebody comes, and then no more', async () => {
    const { clock, hear, service, said, times } = new LonePresence()
    await service.start()

    for (let i = 0; i < 700; i++) {
      // heard by way of others: it is no subscriber of ours
      hear(`nara ${i}`, message())
      await clock.advance(100)
    }

    await clock.advance(60 * minute)

    expect(times('hey-there')).toStrictEqual([0, ...repeats])
    expect(said.filter(({ kind, peerRecord }) => kind === 'hey-there' && peerRecord == null)).toStrictEqual([])
  })

  it('is hey-there once more after a minute if all have heard it, for what was lost', async () => {
    const { clock, hear, service, subscribe, times } = new LonePresence()
    await service.start()
    hear('bob', message({ kind: 'hey-there' }))
    await clock.advance(2_000)
    subscribe()

    for (let n = 2; n < 20; n++) {
      await clock.advance(4_000)
      hear('bob', message({ kind: 'hey-there', n }))
    }

    expect(times('hey-there')).toStrictEqual([0, 1_000, 2_000 + HEY_THERE_GAP, repeats.at(-1)])
  })

  it('is repeated to one that begins anew', async () => {
    const { clock, hear, service, times } = new LonePresence()
    await service.start()
    hear('bob', message())
    await clock.advance(10_000)
    hear('bob', message({ boot: 'bb'.repeat(8) }))
    await clock.advance(50_000)

    expect(times('hey-there')).toStrictEqual([0, 1_000, 15_000])
  })

  it('is with every tenth here where it can be dialled, for those who came too late', async () => {
    const { clock, service, said } = new LonePresence(news())
    await service.start()
    await clock.advance(60 * minute)
    await service.stop()
    const heres = said.filter(({ kind }) => kind === 'here')

    expect(heres.length).toBeGreaterThan(2 * ADDRESSES_EVERY)
    expect(heres.map(({ peerRecord }) => peerRecord != null)).toStrictEqual(heres.map((_, i) => (i + 1) % ADDRESSES_EVERY === 0))
    expect(said.at(-1)).toMatchObject({ kind: 'chau' })
    expect(said.at(-1)?.peerRecord).toBeUndefined()
  })

  it('is hey-there to new subscribers while it is young, once for all who come in the gap', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)

    const before = times('hey-there').length
    subscribe()
    await clock.advance(100)
    subscribe()
    subscribe()
    await clock.advance(50)
    subscribe()
    await clock.advance(10 * 1_000)
    // the others came too shortly before the first of them
    expect(times('hey-there').slice(before)).toStrictEqual([63_000 + HEY_THERE_GAP, 63_000 + 2 * HEY_THERE_GAP])
  })

  it('is hey-there to a new subscriber only when that listens', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)

    const before = times('hey-there').length
    subscribe()
    await clock.advance(HEY_THERE_GAP - 1)
    expect(times('hey-there')).toHaveLength(before)
    await clock.advance(1)
    expect(times('hey-there')).toHaveLength(before + 1)
  })

  it('is hey-there again and again to subscribers that never stop coming', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)
    const before = times('hey-there').length

    for (let i = 0; i < 100; i++) {
      subscribe()
      await clock.advance(100)
    }

    expect(times('hey-there').length - before).toBeGreaterThan(10_000 / HEY_THERE_GAP / 2)
    expect(times('hey-there').length - before).toBeLessThanOrEqual(10_000 / HEY_THERE_GAP)
  })

  it('is not hey-there to subscribers when it is old, has stopped, or has not started', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    subscribe()
    await clock.settle()
    expect(times('hey-there')).toStrictEqual([])

    await service.start()
    await clock.advance(YOUNG + 1)
    const before = times('hey-there').length
    subscribe()
    await clock.advance(minute)
    expect(times('hey-there')).toHaveLength(before)

    await service.stop()
    subscribe()
    await clock.advance(minute)
    expect(times('hey-there')).toHaveLength(before)
  })

  it('repeats hey-there in its time, however many come and however many are known', async () => {
    const { clock, directory, service, subscribe, times } = new LonePresence()
    await service.start()

    for (let i = 0; i < 1_000; i++) {
      directory.located(`peer ${i}`, [])
    }

    expect(HEY_THERE_PER_PEER * directory.size).toBeGreaterThan(repeats.at(-1) ?? 0)

    for (let i = 0; i < 610; i++) {
      await clock.advance(100)
      subscribe()
    }

    expect(times('hey-there')).toStrictEqual([0, ...repeats])
  })

  it('is told after a repetition to those who came right before it, once', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(1_000)
    await clock.advance(1_900)
    subscribe()
    await clock.advance(50)
    subscribe()
    await clock.advance(1_000)

    // repeated at 3 s, when neither need have listened yet
    expect(times('hey-there')).toStrictEqual([0, 3_000, 3_000 + HEY_THERE_GAP])
  })

  it('is heard in a repetition by those who came a while before it', async () => {
    const { clock, hear, service, subscribe, directory, times } = new LonePresence()
    await service.start()
    hear('bob', message())

    for (let i = 0; i < 20; i++) {
      directory.located(`peer ${i}`, [])
    }

    await clock.advance(1_000)
    await clock.advance(1_700)
    subscribe()
    await clock.advance(3_000)

    expect(times('hey-there')).toStrictEqual([0, 1_000, 3_000])
  })
})
