import { offerRequest, sealedPlacement, sealedRecord, testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { RecordHeader, StashRequest, StashResponse } from '@nara-stash/protocol'

type Lie = (request: StashRequest, honest: () => Promise<StashResponse>) => Promise<StashResponse | undefined> | StashResponse | undefined

/** Everything that `liar` is asked by `owner`, it answers so. Nothing is pushed. */
function lies (world: World, owner: Nara, liar: Nara, lie: Lie): void {
  world.net.intercept((from, to, request, next) => {
    if (request.type === 'offer') {
      return undefined
    }

    return from === owner.id && to === liar.id ? lie(request, next) : next()
  })
}

async function foreign (): Promise<Extract<StashResponse, { type: 'found' }>> {
  const sealed = await sealedRecord({ key: testKey(7), seq: 99 })
  const placement = await sealedPlacement(testKey(7))

  return { type: 'found', ...sealed, placement, direct: true, liveHolders: [], leaseRemaining: 1 }
}

const FETCH_LIES: Record<string, Lie> = {
  'somebody else\'s record': async request => {
    const { body, ...found } = await foreign()

    return request.type === 'fetch' && request.whole && body != null ? { ...found, body } : found
  },
  'our record with somebody else\'s placement': async (request, honest) => {
    const [answer, { placement }] = await Promise.all([honest(), foreign()])

    return answer.type === 'found' ? { ...answer, placement } : answer
  },
  'a flipped bit in the body': async (request, honest) => {
    const answer = await honest()

    return answer.type === 'found' && answer.body != null ? { ...answer, body: answer.body.map((byte, i) => i === 100 ? byte ^ 1 : byte) } : answer
  },
  'a body that is cut off': async (request, honest) => {
    const answer = await honest()

    return answer.type === 'found' && answer.body != null ? { ...answer, body: answer.body.subarray(1) } : answer
  },
  'an answer to another question': () => ({ type: 'relieved' }),
  'not found': () => ({ type: 'not-found' }),
  'a refusal': () => ({ type: 'refused', reason: 'rate limited', retryAfter: 0 }),
  'nothing': () => undefined,
  'a reset stream': () => { throw new Error('reset') }
}

describe('a confidant that lies to a recovering owner', () => {
  for (const [lie, answer] of Object.entries(FETCH_LIES)) {
    it(`with ${lie}: another holder is used`, async () => {
      const world = new World()
      const { owner, confidants } = await world.owned(3)
      await kept(world, owner, 'one')
      const [liar] = holdersAmong(confidants, owner) as [Nara]
      owner.kill()
      lies(world, owner, liar, answer)
      await owner.restart()
      world.net.connectAll()

      expect(await world.settled(owner)).toBe('settled')
      expect(owner.text).toBe('one')
      expect(owner.stash.setAside()).toEqual([])
    })

    it(`with ${lie}, being the only one: nothing is adopted, and an honest one that comes later is believed`, async () => {
      const world = new World()
      const { owner, confidants } = await world.owned(3)
      await kept(world, owner, 'one')
      const [liar, honest] = holdersAmong(confidants, owner) as [Nara, Nara]
      owner.kill()
      lies(world, owner, liar, answer)
      await owner.restart()
      world.net.connect(owner.id, liar.id)
      await world.run(120_000)

      expect(owner.text).toBeUndefined()
      expect(owner.state).not.toBe('settled')
      world.net.connect(owner.id, honest.id)
      await world.until(() => owner.state === 'settled')
      expect(owner.text).toBe('one')
    })
  }

  it('by offering what is not ours, or what its header does not promise', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [liar] = holdersAmong(confidants, owner) as [Nara]
    const { record } = await sealedRecord({ key: testKey(7), seq: 99 })
    const { stash, body } = await liar.process.parts.held.read(owner.id) ?? {}
    owner.kill()
    await owner.restart()
    // what the confidant would say by itself is not heard
    let forging = false
    world.net.intercept((_from, _to, _request, next) => forging ? next() : undefined)
    world.net.connect(owner.id, liar.id)
    await world.run(60_000)
    forging = true

    if (stash == null || body == null) {
      throw new Error('the liar holds nothing')
    }

    const port = liar.process.port
    const flipped = body.map((byte, i) => i === 50 ? byte ^ 1 : byte)
    const placement = await sealedPlacement(testKey(7))

    // a foreign record as if it were the owner's: its holder answers for that owner, not for itself
    await world.of(port.ask(owner.id, offerRequest({ record, body: new Uint8Array(64) }, placement)).catch(() => {}))
    expect(owner.state).not.toBe('settled')
    expect(await world.of(port.ask(owner.id, offerRequest({ record: stash.record, body }, placement)))).toMatchObject({ type: 'refused' })
    await expect(world.of(port.ask(owner.id, offerRequest({ record: stash.record, body: flipped }, stash.placement)))).rejects.toThrow()
    expect(owner.text).toBeUndefined()

    // who tells the truth after all is believed
    expect(await world.of(port.ask(owner.id, offerRequest({ record: stash.record, body }, stash.placement)))).toEqual({ type: 'stored' })
    expect(owner.text ?? await world.settled(owner)).toBeDefined()
  })
})

describe('a confidant that lies about a store', () => {
  /** Each is given the header of the version before. */
  const STORE_LIES: Record<string, (older: RecordHeader) => Lie> = {
    'STALE with an older header': older => () => ({ type: 'stale', record: older }),
    'CONFLICT with the very record': () => request => request.type === 'store' ? { type: 'conflict', record: request.record } : { type: 'not-found' },
    'STALE with somebody else\'s record': () => async () => ({ type: 'stale', record: (await foreign()).record }),
    'an answer to another question': () => () => ({ type: 'not-found' }),
    'endless refusal': () => () => ({ type: 'refused', reason: 'at capacity', retryAfter: 0 }),
    'a wish to be asked in a hundred years': () => () => ({ type: 'refused', reason: 'rate limited', retryAfter: 3e12 }),
    'a reset stream': () => () => { throw new Error('reset') }
  }

  for (const [lie, make] of Object.entries(STORE_LIES)) {
    it(`with ${lie}: nobody doubts, and another is chosen`, async () => {
      const world = new World()
      const { owner, confidants } = await world.owned(5)
      await kept(world, owner, 'one')
      const older = owner.process.parts.owning?.own.current?.record as RecordHeader
      const [liar] = holdersAmong(confidants, owner) as [Nara]
      const lying = make(older)
      lies(world, owner, liar, async (request, honest) => request.type === 'store' ? await lying(request, honest) : await honest())
      expect((await world.of(owner.put('two'))).outcome).toBe('kept')
      await world.until(() => owner.stash.status().copies.have === 3)

      expect(owner.state).toBe('settled')
      expect(owner.text).toBe('two')
      expect(owner.stash.confidants).not.toContain(liar.id)
      expect(owner.events('stash:doubt')).toEqual([])
      world.net.stats.reset()
      await world.run(600_000)
      expect(world.net.stats.sent(owner.id, 'store').messages).toBeLessThan(20)
    })
  }

  it('with HAVE, is believed until it is audited: the owner sees a copy that is not there', async () => {
    // a proof of possession comes with CHALLENGE; until then the other two copies are what the owner lives on
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    const [liar] = confidants as [Nara]
    lies(world, owner, liar, (request, honest) => request.type === 'store' ? { type: 'have' } : honest())
    await kept(world, owner, 'one')
    expect(owner.stash.status().copies.have).toBe(3)
    expect(liar.holds(owner)).toBeUndefined()
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.stash.status().recovery.confirmed).toBe(true)
  })
})
