import { describe, expect, it } from 'vitest'
import { stashed } from './stashed.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Stashed } from './stashed.ts'
import type { Nara } from './world.ts'
import type { ForgetResult, Leave } from '../../src/api.ts'

const second = 1_000
const minute = 60 * second

/** Holders that hear no presence, and are connected with their owner alone: from nobody else they hear of a tombstone. */
async function apart (others = 3): Promise<Stashed> {
  const given = await stashed(others, { gossip: false })
  const { world, confidants } = given
  confidants.forEach(nara => { confidants.filter(other => other !== nara).forEach(other => { world.net.disconnect(nara.id, other.id) }) })

  return given
}

async function forget (world: World, owner: Nara): Promise<ForgetResult> {
  return await world.of(owner.stash.forgetStash())
}

function tombstoneAt (nara: Nara, owner: Nara): string | undefined {
  return nara.process.parts.held.tombstone(owner.id)?.record.id
}

function isAcknowledged (owner: Nara): boolean | undefined {
  return owner.process.parts.owning?.replication.acknowledged
}

/** The owner deletes while it is connected with one of three holders, and is gone. */
async function toldToOne (): Promise<Stashed> {
  const given = await apart()
  const { world, owner, holders: [, b, c] } = given
  ;[b, c].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
  expect(await forget(world, owner)).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
  owner.kill()

  return given
}

describe('a deletion that is found after a restart', () => {
  it('is to reach those whom it names as holders, be it repeated or not', async () => {
    const { world, owner, holders: [a, b, c] } = await toldToOne()
    await owner.restart()
    world.net.connect(owner.id, a.id)
    expect(await world.settled(owner)).toBe('empty')
    await world.run(minute)
    expect(isAcknowledged(owner)).toBe(false)
    expect(owner.events('stash:watermark')).toEqual([])

    const result = await forget(world, owner)
    expect(result).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
    expect(new Set(result.failures)).toEqual(new Set([b, c].map(({ id }) => ({ peer: id, why: 'unreachable' }))))
    world.net.connect(owner.id, b.id)
    await world.until(() => isAcknowledged(owner) === true)
    expect(b.holds(owner)).toBeUndefined()
    expect(await forget(world, owner)).toMatchObject({ outcome: 'forgotten', acknowledged: 2, of: 3 })
  })

  it('is said to be cut short when its owner stops', async () => {
    const { world, owner, holders: [a] } = await toldToOne()
    await owner.restart()
    world.net.connect(owner.id, a.id)
    await world.settled(owner)
    await world.run(second)
    await world.of(owner.stop())

    expect(owner.events('leave').map(({ detail }) => (detail as Leave).deletion)).toEqual([{ seq: '2', told: 1 }])
  })

  it('is acknowledged if it was so to the process that left its header', async () => {
    const { world, owner, holders: [a, b, c] } = await apart()
    world.net.disconnect(owner.id, c.id)
    expect(await forget(world, owner)).toMatchObject({ outcome: 'forgotten', acknowledged: 2, of: 3 })
    const { watermark: lastKnown } = owner
    owner.kill()
    b.kill()
    await owner.restart({ lastKnown })
    world.net.connect(owner.id, a.id)
    expect(await world.settled(owner)).toBe('empty')
    await world.run(second)

    expect(isAcknowledged(owner)).toBe(true)
  })

  it('is to reach its holders, though another version was recovered first, with others', async () => {
    const { world, owner, confidants } = await apart(4)
    const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    const d = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    world.net.disconnect(owner.id, c.id)
    owner.stash.setConfidants([a, b, d].map(({ id }) => id))
    await kept(world, owner, 'two')
    ;[b, d].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
    await forget(world, owner)
    owner.kill()
    world.net.intercept((_from, _to, request, next) => request.type === 'witness' ? { type: 'not-found' } : next())
    await owner.restart()
    world.net.connect(owner.id, c.id)
    expect(await world.settled(owner)).toBe('settled')
    world.net.connect(owner.id, a.id)
    await world.until(() => owner.state === 'empty' && c.holds(owner) == null)
    await world.run(minute)

    // those have the version that was deleted
    expect([b, d].map(nara => nara.holds(owner) != null)).toEqual([true, true])
    expect(isAcknowledged(owner)).toBe(false)
    world.net.connect(owner.id, d.id)
    await world.until(() => isAcknowledged(owner) === true)
  })

  it('has reached who has another one that does not know of it', async () => {
    const { world, owner, holders: [a, b, c] } = await toldToOne()
    await owner.restart()
    ;[b, c].forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(await world.settled(owner)).toBe('settled')
    expect(await forget(world, owner)).toMatchObject({ outcome: 'forgotten' })
    owner.kill()
    expect(tombstoneAt(b, owner)).not.toBe(tombstoneAt(a, owner))
    await owner.restart()
    ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(await world.settled(owner)).toBe('empty')
    await world.until(() => isAcknowledged(owner) === true, minute)
  })
})

it('a deletion that is only heard of is not acknowledged before those who are here were asked, and have taken it', async () => {
  const { world, owner, holders: [a, b] } = await toldToOne()
  const stop = world.net.intercept((from, to, request, next) => {
    if (from === a.id && request.type === 'offer') {
      return undefined
    }

    return to === b.id && request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: minute } : to === a.id && request.type === 'fetch' ? { type: 'not-found' } : next()
  })
  await owner.restart()
  ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('empty')
  await world.run(second)
  expect(isAcknowledged(owner)).toBe(false)
  stop()
  await world.until(() => isAcknowledged(owner) === true, 2 * minute)
  expect(b.holds(owner)).toBeUndefined()
})

describe('a holder that will not say what it has', () => {
  it('goes on to be counted, and is asked again', async () => {
    const { world, owner, holders: [a, b, c] } = await apart()
    ;[b, c].forEach(({ id }) => { world.net.disconnect(owner.id, id) })
    await forget(world, owner)
    const stop = world.net.intercept((from, to, _request, next) => from === owner.id && to !== a.id ? { type: 'refused', reason: 'not trusted', retryAfter: minute } : next())
    ;[b, c].forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.run(second)
    expect(isAcknowledged(owner)).toBe(false)
    const result = await forget(world, owner)
    expect(result).toMatchObject({ outcome: 'degraded', acknowledged: 1, of: 3 })
    expect(new Set(result.failures)).toEqual(new Set([b, c].map(({ id }) => ({ peer: id, why: 'not trusted' }))))
    expect([b, c].map(nara => nara.holds(owner) != null)).toEqual([true, true])

    stop()
    await world.until(() => [b, c].every(nara => nara.holds(owner) == null), 2 * minute)
    expect(await forget(world, owner)).toMatchObject({ outcome: 'forgotten', acknowledged: 3, of: 3 })
  })
})

describe('who deletes without a timeout', () => {
  /** `peer` connects anew whenever it is asked, before it has answered, `times` times. Returns how often it was. */
  function restless ({ world, owner }: Stashed, peer: Nara, times: number): () => number {
    let asked = 0
    world.net.intercept(async (from, to, request, next) => {
      if (from === owner.id && to === peer.id && request.type === 'fetch' && asked++ < times) {
        world.net.connect(owner.id, peer.id)
      }

      return await next()
    })

    return () => asked
  }

  it('is answered, though somebody who has nothing opens ever more connections', async () => {
    const given = await apart(4)
    const { world, owner, spare: [other] } = given
    const asked = restless(given, other, 1_000)

    expect(await forget(world, owner)).toEqual({ outcome: 'forgotten', acknowledged: 3, of: 3, failures: [] })
    expect(asked()).toBeLessThan(10)
  })

  it('is so with a timeout, once enough have heard', async () => {
    const given = await apart(4)
    const { world, owner, spare: [other] } = given
    const asked = restless(given, other, 1_000)

    expect(await world.of(owner.stash.forgetStash({ timeout: minute }))).toMatchObject({ outcome: 'forgotten', acknowledged: 3 })
    expect(asked()).toBeLessThan(10)
  })
})
