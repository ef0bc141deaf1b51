import { beforeAll, describe, expect, it } from 'vitest'
import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '../../src/index.ts'
import { pair, wanting } from './pair.ts'
import { named } from './world.ts'
import type { FetchRequest, Found, OfferRequest, StashResponse, StoreRequest } from '@nara-stash/protocol'

const FETCH: FetchRequest = { type: 'fetch', whole: true }
const owner = testKey(0).id

let smallStore: StoreRequest
let largeStore: StoreRequest
let offer: OfferRequest
let found: Found

beforeAll(async () => {
  const placement = await sealedPlacement()
  const small = await sealedRecord()
  const large = await sealedRecord({ body: new Uint8Array(64 * 1024).fill(7) })

  smallStore = storeRequest(small, placement, { liveHolders: [testKey(1).id] })
  largeStore = storeRequest(large, placement)
  offer = offerRequest(small, placement)
  found = { type: 'found', ...small, placement, liveHolders: [], leaseRemaining: 5, direct: true }
})

describe('ask', () => {
  it('brings the answer back after the latency of both ways, and says who asked', async () => {
    const { clock, net, a, b } = pair()
    b.serve(async (caller, request) => {
      expect([caller, request, clock.now()]).toEqual([{ peer: 'a', connection: 'connection-1', address: a.address }, FETCH, 10])

      return { type: 'not-found' }
    })

    expect(await clock.outcome(a.ask('b', FETCH))).toEqual({ type: 'not-found' })
    expect(clock.now()).toBe(20)
    expect(clock.pending).toBe(0)
    expect(net.stats.sent()).toMatchObject({ messages: 2 })
  })

  it('a small store carries its body along; the handler sees the head first', async () => {
    const { clock, a, b } = pair()
    const log: string[] = []
    b.serve(async (caller, request) => {
      expect('body' in request).toBe(false)
      expect(request).toMatchObject({ record: smallStore.record, placement: smallStore.placement })

      return await wanting(log)()
    })

    expect(await clock.outcome(a.ask('b', smallStore))).toEqual({ type: 'stored' })
    expect([log, clock.now()]).toEqual([['received 64'], 20])
  })

  it('a large store, and every offer, sends its body when it is wanted, at the speed of the link', async () => {
    const { clock, a, b } = pair({ bandwidth: 64 * 1024 })
    const log: string[] = []
    b.serve(wanting(log))

    await clock.outcome(a.ask('b', largeStore))
    expect(log).toEqual(['received 65536'])
    expect(clock.now()).toBeGreaterThan(40 + 1_000)
    expect(clock.now()).toBeLessThan(40 + 1_050)

    const start = clock.now()
    await clock.outcome(a.ask('b', offer))
    expect(log).toEqual(['received 65536', 'received 64'])
    expect(clock.now() - start).toBeGreaterThan(40)
  })

  it('shares no memory that can change', async () => {
    const { clock, a, b } = pair({}, owner)
    const mine = { ...smallStore, body: smallStore.body.slice() }
    const kept = found.body?.slice() as Uint8Array
    let received: Uint8Array | undefined

    b.serve(async (caller, request) => {
      if (request.type !== 'store') {
        return { ...found, body: kept }
      }

      request.liveHolders.push('somebody')

      return {
        type: 'send',
        receive: async (body) => {
          received = body

          return { type: 'stored' }
        },
        abandon: () => {}
      }
    })

    await clock.outcome(a.ask('b', mine))
    mine.body.fill(0)
    expect(received).toEqual(smallStore.body)
    expect(mine.liveHolders).toEqual([testKey(1).id])

    const large = { ...largeStore, body: largeStore.body.slice() }
    await clock.outcome(a.ask('b', large))
    large.body.fill(0)
    expect(received).toEqual(largeStore.body)

    const answer = await clock.outcome(a.ask('b', FETCH)) as Found
    kept.fill(0)
    expect(answer.body).toEqual(found.body)
    expect(answer.record).toBe(found.record)
  })

  it('goes over the newest connection', async () => {
    const { clock, net, a, b } = pair()
    b.serve(async () => ({ type: 'not-found' }))
    net.kill('b')
    net.restart('b').serve(async () => ({ type: 'refused', reason: 'draining', retryAfter: 1 }))
    net.connect('a', 'b')

    expect(await clock.outcome(a.ask('b', FETCH))).toMatchObject({ type: 'refused' })
  })
})

describe('ask: what goes wrong', () => {
  it('nobody connected, and nobody who speaks the protocol: UnreachableError', async () => {
    const { clock, a } = pair()

    await expect(clock.outcome(a.ask('nobody', FETCH))).rejects.toMatchObject(named('UnreachableError'))
    expect(clock.now()).toBe(0)
    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named('UnreachableError'))
    expect(clock.now()).toBe(20)
  })

  it('a handler that throws resets the stream: UnreachableError with the cause', async () => {
    const { clock, a, b } = pair()
    const cause = new Error('a broken handler')
    b.serve(async () => { throw cause })

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject({ ...named('UnreachableError'), cause })
  })

  it('a killed peer: TimeoutError after 10 s, however long the body that it has not called for', async () => {
    const { clock, net, a } = pair()
    net.kill('b')

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named('TimeoutError'))
    expect(clock.now()).toBe(10_000)

    await expect(clock.outcome(a.ask('b', largeStore))).rejects.toMatchObject(named('TimeoutError'))
    expect(clock.now()).toBe(10_000 + 10_000)
  })

  it('a dead connection that closes before the deadline: UnreachableError', async () => {
    const { clock, net, a } = pair()
    net.kill('b', { lingerMs: 3_000 })

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named('UnreachableError'))
    expect(clock.now()).toBe(3_000)
  })

  it('everything lost: TimeoutError, on the way there and on the way back', async () => {
    const { clock, net, a, b } = pair()
    let handled = 0
    b.serve(async () => {
      handled++
      net.setLink('a', 'b', { loss: 1 })

      return { type: 'not-found' }
    })

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named('TimeoutError'))
    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named('TimeoutError'))
    expect(handled).toBe(1)
  })

  it('cut off by a partition: TimeoutError, and what was under way is lost', async () => {
    const { clock, net, a, b } = pair()
    let handled = 0
    b.serve(async () => {
      handled++

      return { type: 'not-found' }
    })

    const asked = a.ask('b', FETCH)
    asked.catch(() => {})
    await clock.advance(5)
    net.partition([['a'], ['b']])

    await expect(clock.outcome(asked)).rejects.toMatchObject(named('TimeoutError'))
    expect(handled).toBe(0)
  })

  it('a body slower than the deadline: TimeoutError, and the receiver abandons it', async () => {
    const { clock, a, b } = pair({ bandwidth: 4 * 1024 })
    const log: string[] = []
    b.serve(wanting(log))

    await expect(clock.outcome(a.ask('b', largeStore))).rejects.toMatchObject(named('TimeoutError'))
    await clock.advance(60_000)
    expect(log).toEqual(['abandoned'])
  })

  it('an answer with a long body gets the time that its body takes', async () => {
    const { clock, a, b } = pair({ bandwidth: 64 * 1024 }, owner)
    const { record } = largeStore
    const body = new Uint8Array(64 * 1024).fill(7)
    b.serve(async () => {
      // leaves a tenth of a second of the 10 s
      await new Promise<void>((resolve) => { clock.setTimer(resolve, 9_890) })

      return { ...found, record, body }
    })

    expect(await clock.outcome(a.ask('b', FETCH))).toMatchObject({ type: 'found', record })
    expect(clock.now()).toBeGreaterThan(10_800)
  })

  it.each<[string, StashResponse | (() => StashResponse), string]>([
    ['an answer to another question', { type: 'relieved' }, 'ProtocolViolationError'],
    ['a missing body', () => ({ ...found, body: undefined }), 'BodyMismatchError'],
    ['a body with another digest', () => ({ ...found, body: new Uint8Array(64) }), 'BodyMismatchError']
  ])('%s: an error', async (_, answer, name) => {
    const { clock, a, b } = pair({}, owner)
    b.serve(async () => typeof answer === 'function' ? answer() : answer)

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject(named(name))
  })

  it('the record of another owner: ProtocolViolationError', async () => {
    const { clock, a, b } = pair()
    b.serve(async () => found)

    await expect(clock.outcome(a.ask('b', FETCH))).rejects.toMatchObject({ ...named('ProtocolViolationError'), message: expect.stringContaining('another owner') as string })
  })

  it('a body that nobody asked for: ProtocolViolationError', async () => {
    const { clock, a, b } = pair({}, owner)
    b.serve(async () => found)

    await expect(clock.outcome(a.ask('b', { type: 'fetch', whole: false }))).rejects.toMatchObject(named('ProtocolViolationError'))
  })
})
