import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { VerifyResult } from '../../src/api.ts'
import type { ChallengeResponse, StashRequest, StashResponse } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

const second = 1_000
const minute = 60 * second

async function stashed (): Promise<{ world: World, owner: Nara, holders: [Nara, Nara, Nara] }> {
  const world = new World()
  const { owner, confidants } = await world.owned(6)
  await kept(world, owner, 'one')
  // so that names are known
  await world.run(second)

  return { world, owner, holders: holdersAmong(confidants, owner) as [Nara, Nara, Nara] }
}

async function verified (world: World, { stash }: Nara, options?: AbortOptions): Promise<VerifyResult> {
  return await world.of(stash.verify(options))
}

function of ({ copies }: VerifyResult, nara: Nara): VerifyResult['copies'][number] | undefined {
  return copies.find(({ peer }) => peer === nara.id)
}

describe('verifying', () => {
  it('has every copy proved', async () => {
    const { world, owner, holders } = await stashed()
    const result = await verified(world, owner)

    expect(result).toMatchObject({ seq: '1', have: 3, minimum: 2, target: 3 })
    expect(result.copies.map(({ peer, verdict }) => [peer, verdict])).toEqual(owner.stash.confidants.map(id => [id, 'proved']))
    expect(of(result, holders[0])?.name).toBe(holders[0].soul.name)
    expect(result.copies.every(({ ms }) => ms > 0 && ms < second)).toBe(true)
  })

  it('finds at once what an audit would find within the hour, and has it replaced', async () => {
    const { world, owner, holders: [gone, altered, fine] } = await stashed()
    await gone.process.parts.held.drop(owner.id, gone.holds(owner) ?? '')
    world.net.intercept(async (_from, to, _request, next) => {
      const answer = await next()

      return to === altered.id && answer.type === 'proof' ? { ...answer, proof: new Uint8Array(32) } : answer
    })
    const result = await verified(world, owner)

    expect(result.have).toBe(1)
    expect([gone, altered, fine].map(nara => of(result, nara)?.verdict)).toEqual(['missing', 'altered', 'proved'])
    await world.until(() => owner.stash.status().copies.have === 3 && ![gone, altered].some(({ id }) => owner.stash.confidants.includes(id)))
  })

  it('says what each answered, and how long that took', async () => {
    const { world, owner, holders: [a, b, c] } = await stashed()
    const record = owner.process.parts.owning?.own.current?.record
    await kept(world, owner, 'two')
    const answers = new Map<string, ChallengeResponse | undefined>([
      [a.id, record == null ? undefined : { type: 'other', record, leaving: false }],
      [b.id, { type: 'busy', retryAfter: 5 }],
      [c.id, undefined]
    ])
    world.net.intercept((_from: string, to: string, request: StashRequest, next: () => Promise<StashResponse>) => request.type === 'challenge' ? answers.get(to) : next())
    const result = await verified(world, owner)

    expect([a, b, c].map(nara => of(result, nara)?.verdict)).toEqual(['older', 'busy', 'timeout'])
    expect(of(result, c)?.ms).toBeGreaterThanOrEqual(10 * second)
    expect(result.have).toBe(0)
  })

  it('says what is so, and does not hold it against a confidant that is being stored with', async () => {
    const { world, owner, holders: [slow] } = await stashed()
    const wait = async (ms: number): Promise<void> => { await new Promise<void>(resolve => { world.clock.setTimer(resolve, ms) }) }
    slow.kill()
    await slow.restart()
    world.net.intercept(async (_from, to, request, next) => {
      if (to !== slow.id || (request.type !== 'store' && request.type !== 'challenge')) {
        return await next()
      }

      // the store begins first and ends first, and in between the challenge finds nothing
      if (request.type === 'store') {
        await wait(second)
        return await next()
      }

      const answer = await next()
      await wait(2 * second)

      return answer
    })
    world.net.connectAll()
    await world.run(second / 2)
    const result = await verified(world, owner)
    expect(of(result, slow)?.verdict).toBe('missing')
    await world.run(second)

    expect(owner.stash.confidants).toContain(slow.id)
    expect(owner.stash.status().confidants.find(({ peerId }) => peerId === slow.id)?.state).toBe('trusted')
  })

  it('counts who is away, and asks them nothing', async () => {
    const { world, owner, holders: [away] } = await stashed()
    away.kill()
    await world.run(second)
    const result = await verified(world, owner)

    expect(of(result, away)).toMatchObject({ verdict: 'unreachable', ms: 0 })
    expect(result.have).toBe(2)
  })

  it('asks anew each time, and tells the age of a proof that is not given twice within a minute', async () => {
    const { world, owner, holders: [lost] } = await stashed()
    const ages = ({ copies }: VerifyResult): Array<[string, number | null]> => copies.map(({ verdict, provedAgo }) => [verdict, provedAgo])
    world.net.stats.reset()
    expect(ages(await verified(world, owner))).toEqual([['proved', 0], ['proved', 0], ['proved', 0]])
    await world.run(50 * second)

    const again = await verified(world, owner)
    expect(again.have).toBe(3)
    expect(again.copies.every(({ verdict, provedAgo }) => verdict === 'proved' && provedAgo != null && provedAgo >= 50 * second && provedAgo < 51 * second)).toBe(true)
    expect(world.net.stats.sent(owner.id, 'challenge').messages).toBe(6)

    // a loss is shown at any time
    await lost.process.parts.held.drop(owner.id, lost.holds(owner) ?? '')
    const found = await verified(world, owner)
    expect(of(found, lost)).toMatchObject({ verdict: 'missing' })
    expect(of(found, lost)?.provedAgo).toBeGreaterThanOrEqual(50 * second)
    expect(found.have).toBe(2)
    await world.run(minute)
    expect(ages(await verified(world, owner))).toEqual([['proved', 0], ['proved', 0], ['proved', 0]])
  })

  it('proves a copy that was brought again, right after it failed', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    await world.run(second)
    const [gone, altered] = holdersAmong(confidants, owner) as [Nara, Nara]
    let lies = true
    world.net.intercept(async (_from, to, request, next) => {
      const answer = await next()

      return lies && to === altered.id && request.type === 'challenge' && answer.type === 'proof' ? { ...answer, proof: new Uint8Array(32) } : answer
    })
    await gone.process.parts.held.drop(owner.id, gone.holds(owner) ?? '')
    const before = await verified(world, owner)
    expect([gone, altered].map(nara => of(before, nara))).toMatchObject([{ verdict: 'missing', provedAgo: null }, { verdict: 'altered', provedAgo: null }])
    lies = false
    await world.run(2 * second)
    expect(gone.holds(owner)).toBeDefined()

    const after = await verified(world, owner)
    expect(of(after, gone)).toMatchObject({ verdict: 'proved', provedAgo: 0 })
    // it did give a proof, so the next one is a minute away
    expect(of(after, altered)).toMatchObject({ verdict: 'busy', provedAgo: null })
    await world.run(minute)
    expect(await verified(world, owner)).toMatchObject({ have: 3 })
  })

  it('holds it against nobody that it is asked often', async () => {
    const { world, owner, holders: [refuses, puts, fine] } = await stashed()
    const answers = new Map<string, ChallengeResponse>([[refuses.id, { type: 'refused', reason: 'draining', retryAfter: 0 }], [puts.id, { type: 'busy', retryAfter: 0 }]])
    world.net.intercept((_from, to, request, next) => request.type === 'challenge' ? answers.get(to) ?? next() : next())

    for (let i = 0; i < 10; i++) {
      await verified(world, owner)
      await world.run(second)
    }

    const states = new Map(owner.stash.status().confidants.map(({ peerId, state }) => [peerId, state]))

    expect([refuses, puts, fine].map(({ id }) => states.get(id))).toEqual(['suspect', 'trusted', 'trusted'])
  })

  it('of nothing is an error, and ends by its signal', async () => {
    const { world, owner, holders: [silent] } = await stashed()
    await expect(verified(world, silent)).rejects.toMatchObject({ name: 'NotFoundError' })
    world.net.intercept((_from, to, request, next) => to === silent.id && request.type === 'challenge' ? undefined : next())
    const abort = new AbortController()
    world.clock.setTimer(() => { abort.abort(new RangeError('enough')) }, second)
    await expect(verified(world, owner, { signal: abort.signal })).rejects.toThrow(RangeError)
    await expect(verified(world, owner, { signal: abort.signal })).rejects.toThrow(RangeError)
  })
})
