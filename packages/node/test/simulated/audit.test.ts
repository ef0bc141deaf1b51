import { describe, expect, it } from 'vitest'
import { AUDIT_GAP, AUDIT_INTERVAL, AUDIT_JITTER, AUDIT_SOON, FAILED_AWAY } from '../../src/constants.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { ChallengeRequest, ChallengeResponse } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second
const longest = AUDIT_INTERVAL * (1 + AUDIT_JITTER)

interface Kept { world: World, owner: Nara, holders: Nara[], confidants: Nara[] }

/** An owner with a stash at three of six, and what the last challenge is to find. */
async function stashed (): Promise<Kept> {
  const world = new World()
  const { owner, confidants } = await world.owned(6)
  await kept(world, owner, 'one')

  return { world, owner, confidants, holders: holdersAmong(confidants, owner) }
}

type Lie = (request: ChallengeRequest, honest: () => Promise<ChallengeResponse>) => ChallengeResponse | undefined | Promise<ChallengeResponse>

/** What `liar` answers to the owner's challenges from here on. Returns when they came. */
function lies (world: World, liar: Nara, lie: Lie): number[] {
  const times: number[] = []

  world.net.intercept((from, to, request, next) => {
    if (request.type !== 'challenge' || to !== liar.id || from !== request.owner) {
      return next()
    }

    times.push(world.clock.now())

    return lie(request, async () => await next() as ChallengeResponse)
  })

  return times
}

/** Milliseconds until `peer` is no confidant any longer. */
async function replaced (world: World, owner: Nara, peer: Nara, within: number): Promise<number> {
  const started = world.clock.now()
  await world.until(() => !owner.stash.confidants.includes(peer.id), within)
  const took = world.clock.now() - started
  await world.until(() => owner.stash.status().copies.have === 3)

  return took
}

describe('holders that have what they promised', () => {
  it('are challenged about hourly, at times of their own, and stay', async () => {
    const { world, owner, holders } = await stashed()
    const before = owner.stash.confidants
    const times = holders.map(nara => lies(world, nara, async (_, honest) => await honest()))
    await world.run(24 * 60 * minute)

    for (const each of times) {
      const gaps = each.slice(1).map((time, i) => time - (each[i] ?? 0))

      expect(each.length).toBeGreaterThanOrEqual(19)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(AUDIT_INTERVAL * (1 - AUDIT_JITTER))
      expect(Math.max(...gaps)).toBeLessThanOrEqual(longest + second)
    }

    expect(new Set(times.flat()).size).toBe(times.flat().length)
    expect(owner.stash.confidants).toEqual(before)
    expect(owner.stash.status().confidants.map(({ state }) => state)).toEqual(['trusted', 'trusted', 'trusted'])
  })

  it('move no body for it', async () => {
    const { world } = await stashed()
    world.net.stats.reset()
    await world.run(3 * 60 * minute)

    expect(world.net.stats.sent(undefined, 'challenge').messages).toBeGreaterThanOrEqual(6)
    expect(world.net.stats.sent(undefined, 'store').messages).toBe(0)
  })

  it('are suspect while one is slow for a moment, and not replaced', async () => {
    const { world, owner, holders: [slow] } = await stashed() as Kept & { holders: [Nara] }
    let silent = 1
    const times = lies(world, slow, async (_, honest) => silent-- > 0 ? await new Promise<ChallengeResponse>(() => {}) : await honest())
    await world.until(() => owner.stash.status().confidants.some(({ peerId, state }) => peerId === slow.id && state === 'suspect'), longest + minute)
    expect(owner.stash.status().copies.have).toBe(3)
    await world.until(() => owner.stash.status().confidants.every(({ state }) => state === 'trusted'), 2 * minute)
    await world.run(longest)

    expect(owner.stash.confidants).toContain(slow.id)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(AUDIT_GAP)
  })

  it('may be busy for minutes', async () => {
    const { world, owner, holders: [busy] } = await stashed() as Kept & { holders: [Nara] }
    let times = 5
    lies(world, busy, async (_, honest) => times-- > 0 ? { type: 'busy', retryAfter: 0 } : await honest())
    await world.run(longest + 10 * minute)

    expect(times).toBeLessThan(0)
    expect(owner.stash.confidants).toContain(busy.id)
  })

  it('and lag are brought up to date', async () => {
    const { world, owner, holders: [lagging] } = await stashed() as Kept & { holders: [Nara] }
    const record = owner.process.parts.owning?.own.current?.record
    await kept(world, owner, 'two')
    let older = 1
    lies(world, lagging, async (_, honest) => older-- > 0 && record != null ? { type: 'other', record, leaving: false } : await honest())
    world.net.stats.reset()
    await world.until(() => older <= 0, longest)
    await world.run(5 * minute)

    expect(world.net.stats.sent(owner.id, 'store').messages).toBe(1)
    expect(owner.stash.confidants).toContain(lagging.id)
    expect(owner.stash.status().copies.have).toBe(3)
  })
})

describe('a holder is found, and replaced at once, that', () => {
  it('dropped its copy after it acknowledged it', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    await liar.process.parts.held.drop(owner.id, liar.holds(owner) ?? '')

    expect(await replaced(world, owner, liar, longest)).toBeGreaterThan(AUDIT_GAP)
    expect(owner.stash.confidants).not.toContain(liar.id)
  })

  it('drops every version, though there is one every minute', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    lies(world, liar, () => ({ type: 'not-found' }))
    const started = world.clock.now()

    while (owner.stash.confidants.includes(liar.id) && world.clock.now() - started < longest + 2 * minute) {
      await world.of(owner.put(`${world.clock.now()}`))
      await world.run(minute)
    }

    expect(owner.stash.confidants).not.toContain(liar.id)
  })

  it('drops them, though it comes anew before each audit', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    const times = lies(world, liar, () => ({ type: 'not-found' }))

    for (let i = 0; i < 8 && times.length === 0; i++) {
      await world.run(15 * minute)
      await liar.process.parts.held.drop(owner.id, liar.holds(owner) ?? '')
      world.net.disconnect(owner.id, liar.id)
      world.net.connect(owner.id, liar.id)
    }

    expect(times).not.toEqual([])
    await replaced(world, owner, liar, minute)
  })

  it('has other bytes', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    lies(world, liar, async (_, honest) => {
      const answer = await honest()

      return answer.type === 'proof' ? { ...answer, proof: answer.proof.map((byte, i) => i === 0 ? byte ^ 1 : byte) } : answer
    })
    await replaced(world, owner, liar, longest)
  })

  it('answers with the proof of another holder', async () => {
    const { world, owner, holders: [liar, honest] } = await stashed() as Kept & { holders: [Nara, Nara] }
    const stolen: ChallengeResponse[] = []
    lies(world, liar, async request => {
      const answer = await liar.process.port.ask(honest.id, request)
      stolen.push(answer)

      return answer
    })
    await replaced(world, owner, liar, longest)

    expect(stolen.at(-1)?.type).toBe('proof')
    expect(owner.stash.confidants).toContain(honest.id)
  })

  it('answers with the proof of an earlier challenge', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    let first: ChallengeResponse | undefined
    lies(world, liar, async (_, honest) => first ??= await honest())
    await world.until(() => first != null, longest)
    expect(owner.stash.confidants).toContain(liar.id)
    await replaced(world, owner, liar, longest)
  })

  it('merely says that it has the record when it comes back', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    world.net.intercept((_from, to, request, next) => to === liar.id && request.type === 'store' ? { type: 'have' } : next())
    liar.kill()
    await world.run(30 * second)
    await liar.restart()
    world.net.connectAll()
    await world.until(() => owner.stash.status().copies.have === 3)

    expect(await replaced(world, owner, liar, minute)).toBeLessThan(AUDIT_SOON + second)
  })

  it('shows an older version again and again', async () => {
    const { world, owner, holders: [liar] } = await stashed() as Kept & { holders: [Nara] }
    const record = owner.process.parts.owning?.own.current?.record
    await kept(world, owner, 'two')
    const times = lies(world, liar, (_, honest) => record == null ? honest() : { type: 'other', record, leaving: false })
    await replaced(world, owner, liar, longest + 2 * minute)

    expect(times).toHaveLength(2)
  })

  it('is silent twice', async () => {
    const { world, owner, holders: [silent] } = await stashed() as Kept & { holders: [Nara] }
    const times = lies(world, silent, () => undefined)
    await replaced(world, owner, silent, longest + 2 * minute)

    expect(times).toHaveLength(2)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(AUDIT_GAP)
  })

  it('is busy without end', async () => {
    const { world, owner, holders: [busy] } = await stashed() as Kept & { holders: [Nara] }
    const times = lies(world, busy, () => ({ type: 'busy', retryAfter: 2 ** 31 }))
    await replaced(world, owner, busy, longest + 2 * FAILED_AWAY)

    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(FAILED_AWAY)
  })
})

it('no peer is challenged for one record more than once a minute, whatever it answers', async () => {
  const { world, owner, holders } = await stashed()
  const answers: ChallengeResponse[] = [{ type: 'busy', retryAfter: 0 }, { type: 'refused', reason: 'rate limited', retryAfter: 0 }, { type: 'not-found' }]
  const times = holders.map((nara, i) => lies(world, nara, () => answers[i]))

  for (let i = 0; i < 60; i++) {
    await world.run(minute / 2)
    // who comes back says HAVE, and is challenged soon
    world.net.disconnect(owner.id, (holders[i % 3] as Nara).id)
    world.net.connect(owner.id, (holders[i % 3] as Nara).id)
  }

  const gaps = times.flatMap(each => each.slice(1).map((time, i) => time - (each[i] ?? 0)))
  expect(gaps.length).toBeGreaterThan(10)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(AUDIT_GAP)
})

it('a liar that nobody can replace is not counted, however often it says that it has the stash', async () => {
  const world = new World()
  const { owner, confidants: [liar, ...others] } = await world.owned(3) as { owner: Nara, confidants: [Nara, ...Nara[]] }
  await kept(world, owner, 'one')
  const times = lies(world, liar, () => ({ type: 'proof', proof: new Uint8Array(32), leaving: false }))
  await world.run(longest)
  await world.until(() => times.length > 1, 2 * minute)
  const counts: number[] = []

  for (let i = 0; i < 60; i++) {
    await world.run(second)
    counts.push(owner.stash.status().copies.have)
  }

  expect(new Set(counts)).toEqual(new Set([2]))
  expect(others.map(nara => nara.holds(owner) != null)).toEqual([true, true])
})

it('a liar keeps its place if nobody can take it, and is asked again to keep the stash', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const [liar] = confidants as [Nara]
  await liar.process.parts.held.drop(owner.id, liar.holds(owner) ?? '')
  await world.run(longest + minute)

  expect(owner.stash.confidants).toContain(liar.id)
  expect(liar.holds(owner)).toBeDefined()
  expect(owner.stash.status().confidants.map(({ state }) => state)).toEqual(['trusted', 'trusted', 'trusted'])
})
