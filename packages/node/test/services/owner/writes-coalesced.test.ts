import { describe, expect, it } from 'vitest'
import { MAX_SET_ASIDE } from '../../../src/constants.ts'
import { bytes, Desk, kept, unstored } from './writing-desk.ts'
import type { WriteResult } from '../../../src/api.ts'

/** A desk whose first version is on its way until that is ended. */
async function onItsWay (init?: ConstructorParameters<typeof Desk>[0]): Promise<{ desk: Desk, first: Promise<WriteResult>, end: () => void }> {
  const desk = new Desk(init)
  const { promise, resolve } = Promise.withResolvers<void>()
  desk.way = async () => { await promise }
  const first = desk.add('first')
  await desk.clock.settle()

  return { desk, first, end: resolve }
}

describe('while a version is on its way', () => {
  it('what is written becomes one next version, and each caller has its outcome', async () => {
    const { desk, first, end } = await onItsWay()
    const others = Promise.all([desk.add('two'), desk.add('three'), desk.add('four')])
    await expect(first).resolves.toStrictEqual({ ...kept, seq: '1' })
    expect(desk.texts).toStrictEqual(['first'])
    expect(desk.writes.waiting).toBe(1)

    desk.outcome = async () => ({ ...kept, outcome: 'degraded' })
    end()
    await expect(others).resolves.toStrictEqual([
      { ...kept, outcome: 'degraded', seq: '2', coalesced: true }, { ...kept, outcome: 'degraded', seq: '2', coalesced: true }, { ...kept, outcome: 'degraded', seq: '2' }
    ])
    expect(desk.texts).toStrictEqual(['first', 'four'])
  })

  it('only the latest data waits, however much is written', async () => {
    const { desk, end } = await onItsWay()
    // 20 bytes may wait
    const all = Promise.all(Array.from({ length: 10_000 }, async (_, i) => await desk.add(`${i} and so on`)))
    expect(desk.writes.latest?.data).toStrictEqual(bytes('9999 and so on'))
    expect(desk.writes.waiting).toBe(1)
    end()
    expect(new Set((await all).map(({ seq }) => seq))).toStrictEqual(new Set(['2']))
    expect(desk.texts).toStrictEqual(['first', '9999 and so on'])
  })

  it('a data of the version that is sealed is of the time at which it was written', async () => {
    const { desk, end } = await onItsWay()
    const times: number[] = []
    desk.commit = async ({ writtenAt }) => times.push(writtenAt) > 0
    const two = desk.add('two')
    await desk.clock.advance(100)
    const three = desk.add('three')
    const now = desk.clock.wallTime()
    await desk.clock.advance(100)
    end()
    await Promise.all([two, three])
    expect(times).toStrictEqual([now])
  })

  it('who gives up does not take along what others wrote', async () => {
    const { desk, end } = await onItsWay()
    const abort = new AbortController()
    const two = desk.add('two')
    const three = desk.add('three', { signal: abort.signal })
    const short = desk.add('four', { timeout: 1_000 })
    await expect(desk.clock.outcome(short)).resolves.toStrictEqual(unstored)
    abort.abort(new RangeError('enough'))
    await expect(three).rejects.toThrow(RangeError)
    end()
    await expect(two).resolves.toStrictEqual({ ...kept, seq: '2', coalesced: true })
    expect(desk.texts).toStrictEqual(['first', 'four'])
    expect(desk.clock.pending).toBe(0)
  })

  it('what took the place of others stays, though who wrote it gave up: theirs is not kept any longer', async () => {
    const { desk, end } = await onItsWay()
    const abort = new AbortController()
    const two = desk.add('two')
    const three = desk.add('three', { signal: abort.signal })
    abort.abort(new RangeError('enough'))
    await expect(three).rejects.toThrow(RangeError)
    end()
    await expect(two).resolves.toMatchObject({ seq: '2', coalesced: true })
    expect(desk.texts).toStrictEqual(['first', 'three'])
  })

  it('what all who wrote it gave up is not stored', async () => {
    const { desk, end } = await onItsWay()
    const abort = new AbortController()
    const both = Promise.allSettled([desk.add('two', { signal: abort.signal }), desk.add('three', { signal: abort.signal })])
    abort.abort(new RangeError('enough'))
    expect((await both).map(({ status }) => status)).toStrictEqual(['rejected', 'rejected'])
    expect(desk.writes.waiting).toBe(0)
    end()
    await desk.clock.settle()
    expect(desk.texts).toStrictEqual(['first'])
  })

  it('each waits for what it asked for: copies, whoever is here, or one peer', async () => {
    const { desk, end } = await onItsWay()
    const asked: unknown[] = []
    desk.outcome = async (...args: unknown[]) => {
      asked.push(args[0])

      return kept
    }
    const all = Promise.all([desk.add('two'), desk.add('three', { timeout: 1_000 }), desk.add('four', {}, 'bob'), desk.add('five'), desk.add('six', { timeout: 9_000 })])
    end()
    await expect(all).resolves.toHaveLength(5)
    expect(asked).toMatchObject([{ isPatient: false }, { isPatient: true }, { until: { peer: 'bob' } }])
    expect(desk.committed.at(-1)).toMatchObject({ text: 'six', preferred: 'bob' })
  })

  it('two that are to be with different peers are two versions', async () => {
    const { desk, end } = await onItsWay()
    const all = Promise.all([desk.add('two', {}, 'bob'), desk.add('three', {}, 'carol'), desk.add('four')])
    end()
    await all
    expect(desk.committed.slice(1).map(({ text, preferred }) => [text, preferred])).toStrictEqual([['two', 'bob'], ['four', 'carol']])
  })

  it('whatever is wrong with it, all hear of it, and what comes after goes on', async () => {
    const { desk, end } = await onItsWay()
    desk.commit = async () => { throw new RangeError('not this one') }
    const both = Promise.allSettled([desk.add('two'), desk.add('three')])
    end()
    expect((await both).map(({ status }) => status)).toStrictEqual(['rejected', 'rejected'])
    desk.commit = async () => true
    await expect(desk.add('four')).resolves.toMatchObject({ outcome: 'kept' })
  })
})

describe('before it is known what the stash is, where nobody merges', () => {
  it('the writes that wait are one, and what is given up gives its place back', async () => {
    const desk = new Desk({ ready: false })
    const abort = new AbortController()
    let earlier: string[] = []
    desk.commit = async write => {
      earlier = write.earlier.map(({ data }) => new TextDecoder().decode(data))

      return true
    }
    const all = [desk.add('one'), desk.add('two'), desk.add('three')]
    const last = desk.add('four', { signal: abort.signal })
    abort.abort(new RangeError('enough'))
    await expect(last).rejects.toThrow(RangeError)
    desk.open()
    await expect(Promise.all(all)).resolves.toMatchObject([{ coalesced: true }, { coalesced: true }, { seq: '1' }])
    // should a stash have come back, they would be set aside
    expect([desk.texts, earlier]).toStrictEqual([['three'], ['one', 'two']])
  })

  it('no more of them stay readable than may be set aside, nor more bytes than may wait', async () => {
    const desk = new Desk({ ready: false })
    let earlier = -1
    desk.commit = async write => {
      earlier = write.earlier.length

      return true
    }
    const short = Promise.all(Array.from({ length: 100 }, async (_, i) => await desk.add(`${i}`)))
    desk.open()
    await short
    expect(earlier).toBe(MAX_SET_ASIDE - 1)

    desk.ready = false
    // 20 bytes
    const long = Promise.all(Array.from({ length: 100 }, async () => await desk.add('seven..')))
    desk.open()
    await long
    expect(earlier).toBe(1)
  })
})

describe('no version has what was written on both sides', () => {
  it('of a decision', async () => {
    const { desk, end } = await onItsWay()
    const two = desk.add('two')
    desk.writes.close()
    const three = desk.add('three')
    end()
    await expect(Promise.all([two, three])).resolves.toStrictEqual([{ ...kept, seq: '2' }, { ...kept, seq: '3' }])
    expect(desk.texts).toStrictEqual(['first', 'two', 'three'])
  })

  it('of a deletion, which takes along what was written before', async () => {
    const { desk, end } = await onItsWay()
    const before = Promise.all([desk.add('two'), desk.add('three')])
    const takeBack = desk.writes.mark()
    const later = desk.add('four')
    takeBack()
    await expect(before).resolves.toStrictEqual([{ ...unstored, coalesced: true }, unstored])
    end()
    await expect(later).resolves.toStrictEqual({ ...kept, seq: '2' })
    expect(desk.texts).toStrictEqual(['first', 'four'])
  })

  it('of a recovery', async () => {
    const desk = new Desk({ ready: false })
    const before = Promise.all([desk.add('one'), desk.add('two')])
    desk.writes.recovered()
    const later = desk.add('three')
    desk.open()
    await Promise.all([before, later])
    expect(desk.committed.map(({ text, waited }) => [text, waited])).toStrictEqual([['two', true], ['three', false]])
  })
})
