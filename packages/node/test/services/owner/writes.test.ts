import { describe, expect, it } from 'vitest'
import { Desk, kept, unstored } from './writing-desk.ts'

const after = async (desk: Desk, ms: number): Promise<void> => { await new Promise<void>(resolve => { desk.clock.setTimer(resolve, ms) }) }

describe('writes', () => {
  it('go through at once when they may', async () => {
    const desk = new Desk()

    await expect(desk.add('one', {}, 'bob')).resolves.toStrictEqual({ ...kept, seq: '1' })
    expect(desk.committed).toStrictEqual([{ text: 'one', preferred: 'bob', waited: false, at: 0 }])
    expect(desk.writes.latest).toBeUndefined()
  })

  it('go one at a time, in their order, whatever becomes of one', async () => {
    const desk = new Desk({ merges: true, ready: false })
    let atOnce = 0
    desk.commit = async ({ data }) => {
      expect(++atOnce).toBe(1)
      await after(desk, 100)
      atOnce--

      if (new TextDecoder().decode(data) === 'two') {
        throw new RangeError('not this one')
      }

      return true
    }
    const all = Promise.allSettled([desk.add('one'), desk.add('two'), desk.add('three')])
    desk.open()
    await desk.clock.advance(1_000)

    expect(desk.committed.map(({ text, at }) => [text, at])).toStrictEqual([['one', 0], ['two', 100], ['three', 200]])
    expect((await all).map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('that a merge function is to see wait until it is known what the stash is, all of them, in their order', async () => {
    const desk = new Desk({ ready: false, merges: true })
    const all = Promise.all([desk.add('one'), desk.add('two')])
    await desk.clock.advance(24 * 60 * 60_000)
    expect(desk.committed).toStrictEqual([])
    expect(desk.writes.waiting).toBe(2)

    desk.open()
    await expect(all).resolves.toStrictEqual([{ ...kept, seq: '1' }, { ...kept, seq: '2' }])
    expect(desk.texts).toStrictEqual(['one', 'two'])
  })

  it('stop going through when they may no longer', async () => {
    const desk = new Desk()
    desk.commit = async () => {
      desk.ready = false

      return true
    }
    const one = desk.add('one')
    const two = desk.add('two')
    await one
    await desk.clock.advance(1_000)
    expect(desk.texts).toStrictEqual(['one'])

    desk.open()
    await two
    expect(desk.texts).toStrictEqual(['one', 'two'])
  })

  it('go back to wait if something came up, before those that came after', async () => {
    const desk = new Desk()
    desk.commit = async () => {
      desk.ready = false

      return false
    }
    const all = Promise.all([desk.add('one'), desk.add('two')])
    await desk.clock.settle()
    expect(desk.texts).toStrictEqual(['one'])

    desk.commit = async () => true
    desk.open()
    await expect(all).resolves.toMatchObject([{ seq: '2' }, { seq: '3' }])
    expect(desk.texts).toStrictEqual(['one', 'one', 'two'])
  })

  it('are answered in time, or at once when their signal aborts, though their turn does not come', async () => {
    const desk = new Desk()
    const abort = new AbortController()
    const turns: Array<() => void> = []
    desk.commit = async write => {
      await new Promise<void>(resolve => { turns.push(resolve) })

      return !write.isTakenBack
    }
    const one = desk.add('one', { timeout: 1_000 })
    await desk.clock.advance(1_000)
    await expect(one).resolves.toStrictEqual(unstored)

    turns.shift()?.()
    const two = desk.add('two', { signal: abort.signal })
    await desk.clock.advance(1)
    abort.abort(new RangeError('enough'))
    await expect(two).rejects.toThrow(RangeError)

    turns.shift()?.()
    await desk.clock.advance(1)
    // it is taken back, and does not have another turn
    expect([desk.texts, turns, desk.clock.pending]).toStrictEqual([['one', 'two'], [], 0])
  })

  it('know whether a stash was recovered that they did not know of', async () => {
    const desk = new Desk({ ready: false })
    const before = desk.add('before')
    desk.writes.recovered()
    const afterwards = desk.add('after')
    desk.open()
    await Promise.all([before, afterwards])

    // told "empty", then found, and not read since: the next write does not know, the one after it does
    desk.writes.unread = true
    await desk.add('unread')
    await desk.add('known')

    expect(desk.committed.map(({ text, waited }) => [text, waited])).toStrictEqual([['before', true], ['after', false], ['unread', true], ['known', false]])
  })
})

describe('a stop', () => {
  it('answers those who wait: unstored', async () => {
    const desk = new Desk({ ready: false, merges: true })
    const all = [desk.add('one'), desk.add('two', { timeout: 60_000 })]
    desk.writes.stop()

    await expect(Promise.all(all)).resolves.toStrictEqual([unstored, unstored])
    desk.open()
    await desk.clock.advance(60_000)
    expect(desk.committed).toStrictEqual([])
  })

  it('answers those who come later, until the next start', async () => {
    const desk = new Desk()
    desk.writes.stop()
    await expect(desk.add('late')).resolves.toStrictEqual(unstored)
    expect(desk.committed).toStrictEqual([])

    desk.writes.start()
    await expect(desk.add('again')).resolves.toStrictEqual({ ...kept, seq: '1' })
    expect(desk.texts).toStrictEqual(['again'])
  })
})
