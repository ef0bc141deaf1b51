import { RateLimiter, STORE_BURST, STORES_PER_SECOND } from '@nara-stash/protocol'
import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { WriteResult } from '../../src/api.ts'
import type { StashResponse } from '@nara-stash/protocol'
import type { Key } from 'interface-datastore'

const second = 1_000
const TEXT = 'thirty bytes, more or less, of '

/** So many writes, one every `ms`, none of which waits for the one before. */
async function paced (world: World, owner: Nara, count: number, ms: number): Promise<WriteResult[]> {
  const writes: Array<Promise<WriteResult>> = []

  for (let i = 0; i < count; i++) {
    writes.push(owner.put(`${TEXT}${i}`))

    if (ms > 0) {
      await world.run(ms)
    }
  }

  return await world.of(Promise.all(writes), 10 * 60 * second)
}

/** How many stores arrive at whom, and what is answered. */
function stores (world: World): { asked: number, refused: number } {
  const count = { asked: 0, refused: 0 }

  world.net.intercept(async (_from, _to, request, next) => {
    const answer = await next()

    if (request.type === 'store') {
      count.asked++
      count.refused += answer.type === 'refused' ? 1 : 0
    }

    return answer
  })

  return count
}

/** These peers admit only so many stores a second, whoever brings them. */
function admitting (world: World, perSecond: number, burst: number): void {
  const limiter = new RateLimiter({ clock: world.clock, perSecond, burst })

  world.net.intercept(async (_from, to, request, next): Promise<StashResponse> => {
    const turn = request.type === 'store' ? limiter.take(to) : { ok: true as const }

    return turn.ok ? await next() : { type: 'refused', reason: 'rate limited', retryAfter: turn.retryAfter }
  })
}

const outcomes = (results: WriteResult[]): string[] => [...new Set(results.map(({ outcome }) => outcome))]
const failures = (results: WriteResult[]): unknown[] => results.flatMap(({ failures }) => failures)

describe('writes are kept at whatever pace they are made', () => {
  it.each([
    ['200 at once', 200, 0, 3],
    ['10,000 at once', 10_000, 0, 3],
    ['200, one every 10 ms', 200, 10, 200]
  ])('%s', async (_, count, ms, versions) => {
    const world = new World({ latency: [5, 30] })
    const { owner, confidants } = await world.owned(3)
    const count_ = stores(world)
    const results = await paced(world, owner, count, ms)

    expect(outcomes(results)).toEqual(['kept'])
    expect(failures(results)).toEqual([])
    expect(new Set(results.map(({ seq }) => seq)).size).toBeLessThanOrEqual(versions)
    expect(results.at(-1)?.coalesced).toBeUndefined()
    expect(owner.text).toBe(`${TEXT}${count - 1}`)
    expect(count_.asked).toBeLessThanOrEqual(3 * versions)
    await world.until(() => confidants.every(peer => peer.holds(owner) === owner.process.parts.owning?.own.current?.record.id))
  })

  it('300, each awaited before the next', async () => {
    const world = new World({ latency: [1, 2] })
    const { owner } = await world.owned(3)

    for (let i = 0; i < 300; i++) {
      expect(await world.of(owner.put(`${TEXT}${i}`))).toMatchObject({ outcome: 'kept', failures: [] })
    }
  })

  it.each([['20 a second, as some peers do', 20, 5], ['one a second', 1, 1]])('by holders that admit %s', async (_, perSecond, burst) => {
    const world = new World({ latency: [5, 30] })
    const { owner } = await world.owned(3)
    admitting(world, perSecond, burst)
    const count = stores(world)
    const started = world.clock.now()
    const results = await paced(world, owner, 200, 10)
    const seconds = (world.clock.now() - started) / second

    expect(outcomes(results)).toEqual(['kept'])
    expect(failures(results)).toEqual([])
    // a refusal says when to ask again, and nobody is asked before
    expect(count.asked - count.refused).toBeLessThanOrEqual(3 * (burst + perSecond * (seconds + 1)))
    expect(count.refused).toBeLessThanOrEqual(count.asked - count.refused + 3 * 4)
  })

  it('by a holder on a slow disk, which refuses nothing for that', async () => {
    const world = new World({ latency: [1, 2] })

    class SlowDisk extends MemoryDatastore {
      override async put (key: Key, value: Uint8Array): Promise<Key> {
        await new Promise<void>(resolve => { world.clock.setTimer(resolve, 100) })

        return await super.put(key, value)
      }
    }

    const owner = await world.nara({ fresh: true, target: 1 })
    const holder = await world.of(world.nara({ fresh: true, datastore: new SlowDisk() }))
    world.net.connectAll()
    const results = [...await paced(world, owner, 200, 0), ...await paced(world, owner, 200, 10)]

    expect(outcomes(results)).toEqual(['kept'])
    expect(failures(results)).toEqual([])
    expect(holder.events('held:refused')).toEqual([])
  })

  it('from so far away that a version takes longer than its turn', async () => {
    const world = new World({ latency: [700, 900] })
    const { owner } = await world.owned(3)
    const writes: Array<Promise<WriteResult>> = []
    let told = 0

    for (let i = 0; i < 600; i++) {
      const write = owner.put(`${TEXT}${i}`)
      void write.then(({ outcome }) => { told += outcome === 'kept' ? 1 : 0 })
      writes.push(write)
      await world.run(100)
    }

    // not only once there is a pause
    expect(told).toBeGreaterThan(400)
    expect(outcomes(await world.of(Promise.all(writes)))).toEqual(['kept'])
  })
})

describe('a holder that is slower than the others', () => {
  /** Writes for `ms`, each awaited before the next, while one of three holders takes `delay` for a store. */
  async function hurried (delay: number, ms: number): Promise<{ owner: Nara, slow: Nara }> {
    const world = new World({ latency: [15, 30] })
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const [slow] = confidants.filter(({ id }) => owner.stash.confidants.includes(id)) as [Nara]
    const until = world.clock.now() + ms

    world.net.intercept(async (_from, to, request, next) => {
      if (to === slow.id && request.type === 'store') {
        await new Promise<void>(resolve => { world.clock.setTimer(resolve, delay) })
      }

      return await next()
    })

    for (let i = 0; world.clock.now() < until; i++) {
      expect(await world.of(owner.put(`${TEXT}${i}`), 5 * second)).toMatchObject({ outcome: 'kept' })
    }

    return { owner, slow }
  }

  it('is not cut short by each new version: what it has is not old, though the writes go on', async () => {
    const { owner, slow } = await hurried(500, 10 * second)
    const seq = owner.process.parts.owning?.own.current?.record.seq ?? 0

    expect(seq).toBeGreaterThan(100)
    expect(seq - (slow.process.parts.held.get(owner.id)?.record.seq ?? 0)).toBeLessThan(seq / 5)
  })

  it('and never answers is found out and replaced, though the writes go on', async () => {
    const { owner, slow } = await hurried(Infinity, 40 * second)

    expect(owner.stash.confidants).not.toContain(slow.id)
    expect(owner.stash.confidants).toHaveLength(3)
  })
})

describe('a holder that puts off a store', () => {
  async function putOff (retryAfter: number, forMs: number): Promise<{ world: World, owner: Nara, told: () => WriteResult | undefined, write: Promise<WriteResult> }> {
    const world = new World({ latency: [5, 30] })
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    const until = world.clock.now() + forMs
    let told: WriteResult | undefined

    world.net.intercept((_from, _to, request, next) => {
      return request.type === 'store' && world.clock.now() < until ? { type: 'refused', reason: 'rate limited', retryAfter } : next()
    })

    const write = owner.put('two')
    void write.then(result => { told = result })

    return { world, owner, told: () => told, write }
  }

  it('is waited for, and that is no failure', async () => {
    const { world, told, write } = await putOff(20 * second, 35 * second)
    await world.run(35 * second)
    expect(told()).toBeUndefined()
    expect(await world.of(write)).toMatchObject({ outcome: 'kept', failures: [] })
  })

  it('for more than a minute refuses, and that is said', async () => {
    const { world, write } = await putOff(20 * second, 60 * 60 * second)
    const result = await world.of(write)

    expect(result).toMatchObject({ outcome: 'unstored', copies: 0 })
    expect(new Set(result.failures.map(({ why }) => why))).toEqual(new Set(['rate limited']))
  })

  it('is waited for by who stores with that very peer', async () => {
    const world = new World({ latency: [5, 30] })
    const { owner, confidants: [peer] } = await world.owned(3)
    let refusals = 0
    world.net.intercept((_from, to, request, next) => {
      return request.type === 'store' && to === peer?.id && ++refusals < 4 ? { type: 'refused', reason: 'rate limited', retryAfter: 5 * second } : next()
    })
    await world.of(owner.stash.storeWith(peer?.id ?? '', new TextEncoder().encode('one')))
    expect(peer?.holds(owner)).toBe(owner.process.parts.owning?.own.current?.record.id)
  })
})

it('a peer that stores as fast as it can has its share of a holder, and others have theirs', async () => {
  const world = new World({ latency: [1, 2] })
  const { owner, confidants: [holder] } = await world.owned(1, { target: 1 })
  const hostile = testKey(77)
  const port = world.net.join(hostile.id)
  const request = storeRequest(await sealedRecord({ key: hostile }), await sealedPlacement(hostile))
  const seconds = 2
  const count = { asked: 0, admitted: 0 }
  world.net.connect(port, (holder as Nara).id)
  await world.run(100)

  const until = world.clock.now() + seconds * second
  const flooding = Array.from({ length: 8 }, async () => {
    while (world.clock.now() < until) {
      count.asked++
      const { type } = await port.ask((holder as Nara).id, request)

      count.admitted += type === 'refused' ? 0 : 1
    }
  })
  const results = await paced(world, owner, 100 * seconds, 10)
  await world.of(Promise.all(flooding))

  expect(count.asked).toBeGreaterThan(3_000)
  expect(count.admitted).toBeGreaterThan(STORE_BURST)
  expect(count.admitted).toBeLessThanOrEqual(STORE_BURST + STORES_PER_SECOND * (seconds + 0.1))
  expect(outcomes(results)).toEqual(['kept'])
  expect(failures(results)).toEqual([])
  // each of them by itself, or nearly so
  expect(new Set(results.map(({ seq }) => seq)).size).toBeGreaterThan(90 * seconds)
})
