import { describe, expect, it } from 'vitest'
import { MAX_WAITING_CALLERS, MAX_WAITING_WRITES } from '../../../src/constants.ts'
import { bytes, Desk, kept, unstored } from './writing-desk.ts'
import type { WriteResult } from '../../../src/api.ts'

describe('a write that waits', () => {
  it('for its copies does not make the next one wait', async () => {
    const desk = new Desk()
    let have: (result: WriteResult) => void = () => {}
    desk.outcome = async () => await new Promise(resolve => { have = resolve })
    const one = desk.add('one')
    await desk.clock.settle()
    desk.outcome = async () => kept
    await expect(desk.add('two')).resolves.toMatchObject({ outcome: 'kept', seq: '2' })

    have({ ...kept, outcome: 'degraded' })
    await expect(one).resolves.toMatchObject({ outcome: 'degraded', seq: '1' })
  })

  it('counts against a bound of bytes, and is told apart from those that could be taken', async () => {
    const desk = new Desk({ ready: false, merges: true })
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

  it('counts against a bound of versions as well, however short they are', async () => {
    const desk = new Desk({ ready: false, merges: true })
    const all = Promise.all(Array.from({ length: MAX_WAITING_WRITES }, async () => await desk.add('')))
    await expect(desk.add('')).rejects.toMatchObject({ name: 'TooManyWritesError' })
    desk.open()
    await expect(all).resolves.toHaveLength(MAX_WAITING_WRITES)
    await expect(desk.add('')).resolves.toMatchObject(kept)
  })

  it('counts against a bound of callers, though all became one version', async () => {
    const desk = new Desk({ ready: false })
    const controller = new AbortController()
    const all = Promise.allSettled(Array.from({ length: MAX_WAITING_CALLERS }, async (_, i) => await desk.add('', i === 0 ? { signal: controller.signal } : {})))
    expect(desk.writes.waiting).toBe(1)
    await expect(desk.add('x')).rejects.toThrow(/65536 writes already wait.*await those, or give each a timeout/)

    // one that gives up makes room for one
    controller.abort(new Error('enough'))
    await desk.clock.settle()
    const late = desk.add('late')
    await expect(desk.add('x')).rejects.toMatchObject({ name: 'TooManyWritesError' })
    desk.open()
    await expect(late).resolves.toMatchObject({ outcome: 'kept' })
    await all
    expect(desk.texts).toEqual(['late'])
    await expect(desk.add('')).resolves.toMatchObject(kept)
  })

  it('is shown, for recovery as well as for its turn', async () => {
    const desk = new Desk()
    desk.commit = async () => await new Promise<boolean>(resolve => { desk.clock.setTimer(() => { resolve(true) }, 100) })
    const all = Promise.all([desk.add('one'), desk.add('two')])
    expect(desk.writes.latest?.data).toStrictEqual(bytes('two'))
    await desk.clock.advance(1_000)
    await all
    expect(desk.writes.latest).toBeUndefined()
  })

  it('is answered when its time is over, and goes through all the same', async () => {
    const desk = new Desk({ ready: false })
    const write = desk.add('one', { timeout: 1_000 })

    await expect(desk.clock.outcome(write)).resolves.toStrictEqual(unstored)
    expect(desk.clock.now()).toBe(1_000)

    desk.open()
    await desk.clock.settle()
    expect(desk.texts).toStrictEqual(['one'])
  })

  it('has its time in all, from the call to the answer', async () => {
    const desk = new Desk({ ready: false })
    desk.outcome = async () => await new Promise(() => {})
    const write = desk.add('one', { timeout: 1_000 })
    await desk.clock.advance(400)
    desk.open()

    // what there is by then
    await expect(desk.clock.outcome(write)).resolves.toStrictEqual({ ...kept, seq: '1' })
    expect(desk.clock.now()).toBe(1_000)
  })

  it('is taken back by its signal, and no other is', async () => {
    const desk = new Desk({ ready: false, merges: true })
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
