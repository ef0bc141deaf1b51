import { describe, expect, it } from 'vitest'
import { putInVain, recoveredTwin } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { FetchResponse } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second

function tombstoneAt (nara: Nara, owner: Nara): string | undefined {
  return nara.process.parts.held.tombstone(owner.id)?.record.id
}

/** An owner with a stash at three holders, which neither hear presence nor bring anything. */
async function stashed (others = 3, init: NaraInit = {}): Promise<{ world: World, owner: Nara, holders: [Nara, Nara, Nara] }> {
  const world = new World()
  const owner = await world.nara({ fresh: true, gossip: false, ...init })
  const confidants = await world.confidants(others, { gossip: false, ...init })
  world.net.connectAll()
  await kept(world, owner, 'one')
  world.net.intercept((_from, _to, request, next) => request.type === 'challenge' ? { type: 'busy', retryAfter: minute } : next())

  return { world, owner, holders: holdersAmong(confidants, owner) as [Nara, Nara, Nara] }
}

describe('who waits for a deletion', () => {
  it('is told what became of it when there is a stash again, not that nobody had anything', async () => {
    const { world, owner, holders: [, b, c] } = await stashed()
    ;[b, c].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
    const forgotten = owner.stash.forgetStash({ timeout: minute })
    await world.run(second)
    await world.of(owner.put('two'))

    expect(await world.of(forgotten)).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
  })

  it('is answered when what our stash is comes into doubt', async () => {
    const { world, owner, holders } = await stashed()
    const [, , c] = holders
    // another process wrote beside us, where we do not look
    const twin = await recoveredTwin(world, owner, holders)
    await world.of(twin.put('its'))
    world.net.crash(twin.process.port)
    // one that says nothing, while another one tells
    world.net.intercept((_from, to, request, next) => request.type === 'store' && to === c.id ? undefined : next())
    const result = await world.of(owner.stash.forgetStash())

    expect(owner.state).toBe('doubtful')
    expect(result.outcome).toBe('degraded')
  })
})

describe('who deletes', () => {
  it('tells those, too, to whom what is deleted is still on its way', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true, gossip: false })
    const confidants = await world.confidants(3, { gossip: false })
    world.net.connectAll()
    // a question is quicker than what was sent before it
    world.net.intercept(async (from, _to, request, next) => {
      if (from === owner.id && request.type === 'store' && request.record.kind === 'data') {
        await new Promise<void>(resolve => { world.clock.setTimer(resolve, second) })
      }

      return request.type === 'challenge' ? { type: 'busy', retryAfter: minute } : await next()
    })
    void owner.put('one')
    await world.run(100)
    const result = await world.of(owner.stash.forgetStash({ timeout: minute }))
    await world.run(minute)

    expect(result).toMatchObject({ outcome: 'forgotten', acknowledged: 3 })
    expect(confidants.map(nara => nara.holds(owner))).toEqual([undefined, undefined, undefined])
  })

  it('deletes nothing if it was aborted before its turn', async () => {
    const { world, owner } = await stashed()
    const abort = new AbortController()
    const forgotten = owner.stash.forgetStash({ signal: abort.signal })
    abort.abort(new RangeError('enough'))

    await expect(world.of(forgotten)).rejects.toThrow(RangeError)
    expect(owner.text).toBe('one')
    await expect(world.of(owner.stash.forgetStash({ signal: abort.signal }))).rejects.toThrow(RangeError)
    expect(owner.text).toBe('one')
  })

  it('is told if all was cleared away while the tombstone was sealed', async () => {
    const { world, owner } = await stashed()
    const forgotten = owner.stash.forgetStash()
    // it has its turn, and signs
    await Promise.resolve()
    await Promise.resolve()
    owner.stash.clearMyStash()

    await expect(world.of(forgotten)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
  })
})

describe('two deletions that do not know of each other', () => {
  async function twice (): Promise<{ world: World, owner: Nara, holders: [Nara, Nara, Nara] }> {
    const { world, owner, holders } = await stashed()
    const [a, b, c] = holders
    ;[b, c].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
    ;[b, c].forEach(({ id }) => { world.net.disconnect(a.id, id) })
    await world.of(owner.stash.forgetStash())
    owner.kill()
    await owner.restart()
    ;[b, c].forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(await world.settled(owner)).toBe('settled')
    await world.of(owner.stash.forgetStash())
    expect(tombstoneAt(a, owner)).not.toBe(tombstoneAt(b, owner))

    return { world, owner, holders }
  }

  it('are one: nothing is in doubt', async () => {
    const { world, owner, holders } = await twice()
    world.net.connect(owner.id, holders[0].id)
    await world.run(2 * minute)

    expect(owner.state).toBe('empty')
    expect(owner.events('stash:doubt')).toEqual([])
    expect(new Set(holders.map(nara => tombstoneAt(nara, owner))).size).toBe(1)
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept' })
    expect(owner.state).toBe('settled')
  })

  it('are no loss to a later process, and what it writes builds on both', async () => {
    const { world, owner, holders } = await twice()
    owner.kill()
    await owner.restart()
    holders.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    await world.run(minute)

    expect(owner.state).toBe('empty')
    expect(owner.events('stash:doubt')).toEqual([])
    await kept(world, owner, 'two')
    expect(owner.state).toBe('settled')
    expect(owner.events('stash:doubt')).toEqual([])
  })
})

describe('who started fresh', () => {
  it('can have what it did not want deleted everywhere', async () => {
    const { world, owner, holders } = await stashed()
    const twin = await recoveredTwin(world, owner, holders)
    await world.of(twin.put('its'))
    world.net.crash(twin.process.port)
    await putInVain(world, owner, 'mine', { timeout: second })
    await world.until(() => owner.state === 'doubtful', 2 * minute)
    await world.of(owner.stash.startFresh())
    expect(owner.state).toBe('empty')

    expect(await world.of(owner.stash.forgetStash())).toMatchObject({ outcome: 'forgotten', acknowledged: 3, of: 3 })
    expect(holders.map(nara => nara.holds(owner))).toEqual([undefined, undefined, undefined])
    await world.run(10 * minute)
    expect(owner.state).toBe('empty')
  })
})

it('who offers a copy of what is deleted hears so, though the deletion has not come far, and it had nothing before', async () => {
  const { world, owner, holders: [a, b, c] } = await stashed(4)
  const spare = world.naras.find(nara => nara !== owner && ![a, b, c].includes(nara)) as Nara
  const whole = await b.process.parts.held.read(owner.id)
  const stop = world.net.intercept((_from, to, request, next) => request.type === 'store' && to === spare.id ? { type: 'refused', reason: 'at capacity', retryAfter: minute } : next())
  ;[b, c].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
  ;[b, c, spare].forEach(({ id }) => { world.net.disconnect(id, a.id) })
  ;[b, c].forEach(({ id }) => { world.net.disconnect(id, spare.id) })
  expect(await world.of(owner.stash.forgetStash())).toMatchObject({ outcome: 'degraded' })
  const found: FetchResponse['type'] = (await world.of(owner.process.port.ask(spare.id, { type: 'fetch', whole: false }))).type
  expect(found).toBe('not-found')
  stop()
  world.net.connect(b.id, spare.id)

  if (whole != null) {
    await world.of(b.process.port.ask(spare.id, { ...whole.stash, type: 'store', liveHolders: [], body: whole.body }))
  }

  expect(spare.holds(owner)).toBeDefined()
  await world.of(spare.stash.pushTo(owner.id))
  await world.run(5 * second)
  expect(spare.holds(owner)).toBeUndefined()
})
