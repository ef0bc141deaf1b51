import { beforeAll, describe, expect, it } from 'vitest'
import { sealedPlacement, sealedRecord, storeRequest } from '../../src/index.ts'
import { pair, wanting } from './pair.ts'
import { named } from './world.ts'
import type { Pair } from './pair.ts'
import type { FetchRequest, StoreRequest } from '@nara-stash/protocol'

const FETCH: FetchRequest = { type: 'fetch', whole: true }

let largeStore: StoreRequest

beforeAll(async () => {
  largeStore = storeRequest(await sealedRecord({ body: new Uint8Array(64 * 1024).fill(7) }), await sealedPlacement())
})

describe('ask: the end in the middle of a body', () => {
  /** Asks `a` to store a second's worth of body with `b`, and stops half-way. */
  async function halfWay (): Promise<Pair & { log: string[], asked: Promise<string>, abort: (reason: Error) => void }> {
    const it = pair({ bandwidth: 64 * 1024 })
    const log: string[] = []
    const controller = new AbortController()
    it.b.serve(wanting(log))

    const asked = it.a.ask('b', largeStore, { signal: controller.signal }).then(({ type }) => type, (err: Error) => err.name)
    await it.clock.advance(500)

    return { ...it, log, asked, abort: (reason) => { controller.abort(reason) } }
  }

  it('disconnected: both sides know at once', async () => {
    const { clock, net, log, asked } = await halfWay()
    net.disconnect('a', 'b')

    expect([await clock.outcome(asked, { within: 0 }), log]).toEqual(['UnreachableError', ['abandoned']])
    await clock.advance(60_000)
    expect(log).toEqual(['abandoned'])
  })

  it('the sender crashed: the receiver knows at once, and nothing of the request is left', async () => {
    const { clock, net, log } = await halfWay()
    net.crash('a')
    expect(log).toEqual(['abandoned'])

    await clock.advance(1_000)
    expect(clock.pending).toBe(0)
  })

  it('the sender was killed: the receiver waits until the deadline, no longer', async () => {
    const { clock, net, log } = await halfWay()
    net.kill('a')

    await clock.advance(10_499)
    expect(log).toEqual([])
    await clock.advance(1)
    expect(log).toEqual(['abandoned'])
  })

  it('the receiver was killed: the sender waits until the deadline', async () => {
    const { clock, net, asked } = await halfWay()
    net.kill('b')

    expect(await clock.outcome(asked)).toBe('TimeoutError')
    expect(clock.now()).toBe(11_000)
  })

  it('the sender gave up: it rejects with the signal\'s reason, the receiver hears of it', async () => {
    const { clock, log, asked, abort } = await halfWay()
    abort(new RangeError('enough'))

    expect(await clock.outcome(asked, { within: 0 })).toBe('RangeError')
    expect(log).toEqual([])
    await clock.advance(10)
    expect(log).toEqual(['abandoned'])
  })

  it('who gives up before the body is wanted sends none', async () => {
    const { clock, net, a, b } = pair()
    const log: string[] = []
    const controller = new AbortController()
    b.serve(wanting(log))
    const asked = a.ask('b', largeStore, { signal: controller.signal }).catch((err: Error) => err.message)

    // the request takes 10 ms, and so does the word that its body is wanted
    await clock.advance(15)
    controller.abort(new Error('enough'))
    await clock.advance(100)

    expect([await asked, log]).toEqual(['enough', ['abandoned']])
    expect(net.stats.sent('a', 'body').messages).toBe(0)
  })

  it('a signal that was aborted before: nothing is sent', async () => {
    const { net, a } = pair()

    await expect(a.ask('b', FETCH, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
    expect(net.stats.sent().messages).toBe(0)
  })

  it('a handler that answers after everyone has gone abandons at once', async () => {
    const { clock, net, a, b } = pair()
    const log: string[] = []
    b.serve(async () => {
      await new Promise<void>((resolve) => { clock.setTimer(resolve, 1_000) })

      return await wanting(log)()
    })

    const asked = a.ask('b', largeStore).catch((err: Error) => err.name)
    await clock.advance(500)
    net.disconnect('a', 'b')
    await clock.advance(1_000)

    expect([await asked, log]).toEqual(['UnreachableError', ['abandoned']])
  })

  it('a receiver that fails on the body resets the stream', async () => {
    const { clock, a, b } = pair()
    const cause = new Error('the disk is full')
    b.serve(async () => ({ type: 'send', receive: async () => { throw cause }, abandon: () => {} }))

    await expect(clock.outcome(a.ask('b', largeStore))).rejects.toMatchObject({ ...named('UnreachableError'), cause })
  })
})
