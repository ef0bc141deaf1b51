import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { MAX_WAITING_WRITES } from '../../../src/constants.ts'
import { optionsAt, Writes } from '../../../src/services/owner/writes.ts'
import type { WriteOptions, WriteResult } from '../../../src/api.ts'
import type { PendingWrite } from '../../../src/services/owner/writes.ts'

const kept: WriteResult = { outcome: 'kept', seq: '1', copies: 3, minimum: 2, target: 3, failures: [] }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes, and those whom they are committed to. */
class Desk {
  readonly clock = new VirtualClock()
  readonly committed: Array<{ text: string, preferred: string | undefined, waited: boolean, at: number }> = []
  ready = true
  commit: (write: PendingWrite) => Promise<WriteResult | undefined> = async () => kept
  /** What is committed is as good as kept at once. */
  result = async (): Promise<WriteResult> => kept
  readonly writes: Writes

  constructor (ready = true) {
    this.ready = ready
    this.writes = new Writes({
      clock: this.clock,
      maxWaiting: 20,
      isReady: () => this.ready,
      commit: async write => {
        this.committed.push({ text: new TextDecoder().decode(write.data), preferred: write.preferred, waited: write.waited, at: this.clock.now() })
        const done = await this.commit(write)

        return done == null ? undefined : { turn: Promise.resolve(), result: this.result() }
      },
      result: () => kept
    })
  }

  add (text: string, options: WriteOptions = {}, preferred?: string): Promise<WriteResult> {
    return this.writes.add(bytes(text), options, preferred)
  }

  open (): void {
    this.ready = true
    this.writes.flush()
  }

  get texts (): string[] {
    return this.committed.map(({ text }) => text)
  }
}

describe('writes', () => {
  it('go through at once when they may', async () => {
    const desk = new Desk()

    await expect(desk.add('one', {}, 'bob')).resolves.toStrictEqual(kept)
    expect(desk.committed).toStrictEqual([{ text: 'one', preferred: 'bob', waited: false, at: 0 }])
    expect(desk.writes.latest).toBeUndefined()
  })

  it('go one at a time, in their order, whatever becomes of one', async () => {
    const desk = new Desk()
    let atOnce = 0
    desk.commit = async ({ data }) => {
      expect(++atOnce).toBe(1)
      await new Promise<void>(resolve => { desk.clock.setTimer(resolve, 100) })
      atOnce--

      if (new TextDecoder().decode(data) === 'two') {
        throw new RangeError('not this one')
      }

      return kept
    }
    const all = Promise.allSettled([desk.add('one'), desk.add('two'), desk.add('three')])
    await desk.clock.advance(1_000)

    expect(desk.committed.map(({ text, at }) => [text, at])).toStrictEqual([['one', 0], ['two', 100], ['three', 200]])
    expect((await all).map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('wait until it is known what the stash is, all of them, in their order', async () => {
    const desk = new Desk(false)
    const all = Promise.all([desk.add('one'), desk.add('two')])
    await desk.clock.advance(24 * 60 * 60_000)
    expect(desk.committed).toStrictEqual([])
    expect(desk.writes.latest?.data).toStrictEqual(bytes('two'))

    desk.open()
    await expect(all).resolves.toStrictEqual([kept, kept])
    expect(desk.texts).toStrictEqual(['one', 'two'])
  })

  it('stop going through when they may no longer', async () => {
    const desk = new Desk()
    desk.commit = async () => {
      desk.ready = false

      return kept
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

      return undefined
    }
    const all = Promise.all([desk.add('one'), desk.add('two')])
    await desk.clock.settle()
    expect(desk.texts).toStrictEqual(['one'])

    desk.commit = async () => kept
    desk.open()
    await expect(all).resolves.toStrictEqual([kept, kept])
    expect(desk.texts).toStrictEqual(['one', 'one', 'two'])
  })

  it('have as much time for copies as waiting left them', async () => {
    const desk = new Desk(false)
    const timeouts: unknown[] = []
    desk.commit = async write => {
      // what its turn took is gone as well
      await new Promise<void>(resolve => { desk.clock.setTimer(resolve, 100) })
      timeouts.push(optionsAt(write, desk.clock.now()).timeout)

      return kept
    }
    const write = desk.add('one', { timeout: 1_000 })
    await desk.clock.advance(400)
    desk.open()
    await desk.clock.advance(100)
    await write

    expect(timeouts).toStrictEqual([500])
  })

  it('are answered in time, or at once when their signal aborts, though their turn does not come', async () => {
    const desk = new Desk()
    const abort = new AbortController()
    const turns: Array<() => void> = []
    desk.commit = async ({ options }) => {
      await new Promise<void>(resolve => { turns.push(resolve) })

      return options.signal?.aborted === true ? undefined : kept
    }
    const one = desk.add('one', { timeout: 1_000 })
    await desk.clock.advance(1_000)
    await expect(one).resolves.toMatchObject({ outcome: 'unstored' })

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
    const desk = new Desk(false)
    const before = desk.add('before')
    desk.writes.recovered()
    const after = desk.add('after')
    desk.open()
    await Promise.all([before, after])

    // told "empty", then found, and not read since: the next write does not know, the one after it does
    desk.writes.unread = true
    await desk.add('unread')
    await desk.add('known')

    expect(desk.committed.map(({ text, waited }) => [text, waited])).toStrictEqual([['before', true], ['after', false], ['unread', true], ['known', false]])
  })
})

describe('a write that waits', () => {
  it('for its copies does not make the next one wait', async () => {
    const desk = new Desk()
    let have: (result: WriteResult) => void = () => {}
    desk.result = async () => await new Promise(resolve => { have = resolve })
    const one = desk.add('one')
    await desk.clock.settle()
    desk.result = async () => kept
    await expect(desk.add('two')).resolves.toBe(kept)

    have({ ...kept, outcome: 'degraded' })
    await expect(one).resolves.toMatchObject({ outcome: 'degraded' })
  })

  it('counts against a bound of bytes, and is told apart from those that could be taken', async () => {
    const desk = new Desk(false)
    const large = desk.add('longer than twenty bytes')
    await expect(desk.add('x')).rejects.toMatchObject({ name: 'TooManyWritesError' })
    desk.open()
    await large
    desk.ready = false

    const all = Promise.all([desk.add('1234567890'), desk.add('0987654321')])
    await expect(desk.add('x')).rejects.toMatchObject({ name: 'TooManyWritesError' })
    desk.open()
    await expect(all).resolves.toHaveLength(2)
    expect(desk.texts).not.toContain('x')
  })

  it('counts against a bound of writes as well, however short they are', async () => {
    const desk = new Desk(false)
    const all = Promise.all(Array.from({ length: MAX_WAITING_WRITES }, async () => await desk.add('')))
    await expect(desk.add('')).rejects.toMatchObject({ name: 'TooManyWritesError' })
    desk.open()
    await expect(all).resolves.toHaveLength(MAX_WAITING_WRITES)
    await expect(desk.add('')).resolves.toStrictEqual(kept)
  })

  it('is shown, for recovery as well as for its turn', async () => {
    const desk = new Desk()
    desk.commit = async () => await new Promise<WriteResult>(resolve => { desk.clock.setTimer(() => { resolve(kept) }, 100) })
    const all = Promise.all([desk.add('one'), desk.add('two')])
    expect(desk.writes.latest?.data).toStrictEqual(bytes('two'))
    await desk.clock.advance(1_000)
    await all
    expect(desk.writes.latest).toBeUndefined()
  })

  it('is answered when its time is over, and goes through all the same', async () => {
    const desk = new Desk(false)
    const write = desk.add('one', { timeout: 1_000 })

    await expect(desk.clock.outcome(write)).resolves.toStrictEqual({ outcome: 'unstored', copies: 0, minimum: 2, target: 3, failures: [] })
    expect(desk.clock.now()).toBe(1_000)

    desk.open()
    await desk.clock.settle()
    expect(desk.texts).toStrictEqual(['one'])
  })

  it('is taken back by its signal, and no other is', async () => {
    const desk = new Desk(false)
    const abort = new AbortController()
    const one = desk.add('one')
    const two = desk.add('two', { signal: abort.signal, timeout: 60_000 })
    const three = desk.add('three')
    abort.abort(new RangeError('enough'))

    await expect(two).rejects.toThrow(RangeError)
    expect(desk.clock.pending).toBe(0)

    desk.open()
    await Promise.all([one, three])
    expect(desk.texts).toStrictEqual(['one', 'three'])
  })

  it('is not taken if its signal was aborted before', async () => {
    const desk = new Desk()

    await expect(desk.add('one', { signal: AbortSignal.abort(new RangeError('enough')) })).rejects.toThrow(RangeError)
    expect(desk.committed).toStrictEqual([])
  })

  it('leaves no timer and no listener behind when it went through', async () => {
    const desk = new Desk()
    const abort = new AbortController()
    await desk.add('one', { timeout: 60_000, signal: abort.signal })
    await desk.add('two')
    abort.abort()

    expect(desk.clock.pending).toBe(0)
    expect(desk.texts).toStrictEqual(['one', 'two'])
  })
})

describe('a stop', () => {
  it('answers those who wait: unstored', async () => {
    const desk = new Desk(false)
    const all = [desk.add('one'), desk.add('two', { timeout: 60_000 })]
    desk.writes.stop()

    await expect(Promise.all(all)).resolves.toStrictEqual([{ ...kept, outcome: 'unstored' }, { ...kept, outcome: 'unstored' }])
    desk.open()
    await desk.clock.advance(60_000)
    expect(desk.committed).toStrictEqual([])
  })

  it('answers those who come later, until the next start', async () => {
    const desk = new Desk()
    desk.writes.stop()
    await expect(desk.add('late')).resolves.toMatchObject({ outcome: 'unstored' })
    expect(desk.committed).toStrictEqual([])

    desk.writes.start()
    await expect(desk.add('again')).resolves.toStrictEqual(kept)
    expect(desk.texts).toStrictEqual(['again'])
  })
})
