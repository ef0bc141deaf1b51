import { describe, expect, it } from 'vitest'
import { ownerAway } from './absent-owner.ts'
import type { Nara } from './world.ts'

const minute = 60_000

describe('a copy that others bring to a peer whose owner is there', () => {
  it('is offered to an owner that has found nothing', async () => {
    const { world, owner, holders: [a], others } = await ownerAway({ peers: 4, gossip: false })
    const stranger = others.find(nara => nara.holds(owner) == null) as Nara
    await owner.restart()
    world.net.connect(owner.id, stranger.id)
    await world.until(() => owner.state === 'empty')
    a.kill()
    await world.until(() => stranger.holds(owner) != null, 5 * minute)
    await world.until(() => owner.state === 'settled')
    expect(owner.text).toBe('one')
  })

  it('is let go of again by an owner that does not need it', async () => {
    const { world, owner, holders: [a], others } = await ownerAway({ peers: 4, gossip: false })
    const stranger = others.find(nara => nara.holds(owner) == null) as Nara
    await owner.restart()
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('settled')
    await world.run(minute)

    // what was on its way when the owner came back
    const { stash: { record, placement, leaseRemaining }, body } = await a.process.parts.held.read(owner.id) ?? await Promise.reject<never>(new Error('it holds nothing'))
    const answer = await world.of(a.process.port.ask(stranger.id, { type: 'store', record, placement, leaseRemaining, liveHolders: [], body }))
    expect(answer.type).toBe('stored')
    await world.run(1_000)
    expect(stranger.holds(owner)).toBeUndefined()
  })
})
