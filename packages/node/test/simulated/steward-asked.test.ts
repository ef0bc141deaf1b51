import { describe, expect, it } from 'vitest'
import { ownerAway } from './absent-owner.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { HeldStash, StashResponse } from '@nara-stash/protocol'

const second = 1_000

const heldBy = (nara: Nara, owner: Nara): HeldStash => nara.process.parts.held.get(owner.id) as HeldStash

/** 60 times in a minute. */
async function showing (world: World, from: Nara, to: Nara, { record, placement, direct }: HeldStash): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await world.of(from.process.port.ask(to.id, { type: 'offer', record, placement, direct, liveHolders: [], leaseRemaining: 600_000, body: new Uint8Array(record.bodyLength) }))
    await world.run(second)
  }
}

describe('a holder that shows its copy again and again', () => {
  it.each<[string, StashResponse | undefined]>([
    ['puts off who asks for a proof', { type: 'busy', retryAfter: second }],
    ['refuses to give one', { type: 'refused', reason: 'rate limited', retryAfter: second }],
    ['gives false ones', { type: 'proof', proof: new Uint8Array(32).fill(7), leaving: false }]
  ])('and %s is challenged once in a while all the same', async (_, answer) => {
    const { world, owner, holders: [liar, b] } = await ownerAway()
    let challenges = 0
    // it is a stranger's word that it has it, until the first proof
    world.net.intercept((from, to, request, next) => {
      const isAsked = request.type === 'challenge' && to === liar.id && from === b.id
      challenges += Number(isAsked)

      return isAsked ? answer : next()
    })
    world.net.disconnect(liar.id, b.id)
    world.net.connect(liar.id, b.id)
    await world.run(5 * second)
    challenges = 0
    await showing(world, liar, b, heldBy(liar, owner))

    // 60 times otherwise
    expect(challenges).toBeLessThanOrEqual(1)
  })

  it('and that is an older one is challenged once in a while all the same', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const others = await world.confidants(6)
    world.net.connectAll()
    await kept(world, owner, 'one')
    const [liar, b] = holdersAmong(others, owner) as [Nara, Nara]
    const older = heldBy(liar, owner)
    await kept(world, owner, 'two')
    owner.kill()
    let challenges = 0
    world.net.intercept((from, to, request, next) => {
      const isAsked = request.type === 'challenge' && to === liar.id && from === b.id
      challenges += Number(isAsked)

      return isAsked ? { type: 'busy', retryAfter: second } : next()
    })
    world.net.disconnect(liar.id, b.id)
    world.net.connect(liar.id, b.id)
    await world.run(5 * second)
    expect(heldBy(b, owner).record.id).not.toBe(older.record.id)
    challenges = 0
    await showing(world, liar, b, older)

    expect(challenges).toBeLessThanOrEqual(1)
  })
})
