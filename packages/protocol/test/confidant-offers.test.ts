import { sealedRecord, storeRequest, testBoot } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { RETRY_AFTER } from '../src/constants.ts'
import { friend, owner, ownerAt } from './keepers.ts'
import { keeper, minute, neighbourhood } from './neighbourhood.ts'
import type { RequestHandler } from '../src/messages.ts'
import type { Neighbourhood } from './neighbourhood.ts'

let at: Neighbourhood

beforeEach(async () => { at = await neighbourhood() })

describe('Confidant', () => {
  describe('when an owner returns', () => {
    it('offers it what it holds, whole', async () => {
      const { events, port } = await at.kept()
      at.net.crash(owner.id)
      const back = at.net.restart(owner.id)
      let body: Uint8Array | undefined
      const taking: RequestHandler = async (_, request) => {
        expect(request).toMatchObject({
          type: 'offer', record: { id: at.sealed.record.id }, placement: { id: at.placement.id }, direct: true, liveHolders: [keeper.id]
        })

        return {
          type: 'wanted',
          receive: async bytes => {
            body = bytes
            return { type: 'stored' }
          },
          abandon: () => {}
        }
      }
      back.serve(taking)
      at.net.connect(back, port)
      await at.clock.advance(minute)

      expect(body).toEqual(at.sealed.body)
      expect(events).toEqual(['pushed owner 1: stored'])
    })

    it('offers it once, whatever its presence says, but once more to another boot', async () => {
      const { confidant, events, port } = await at.kept()
      at.net.crash(owner.id)
      const back = at.net.restart(owner.id)
      const offers = ownerAt(back)
      at.net.connect(back, port)

      for (const boot of [testBoot(1), testBoot(1), testBoot(2)]) {
        confidant.wake(owner.id, boot)
        await at.clock.advance(minute)
      }

      expect(offers).toHaveLength(2)
      expect(events).toEqual(['pushed owner 1: have', 'pushed owner 1: have'])
    })

    it('reaches it behind a connection that died without a word', async () => {
      const { events, port } = await at.kept()
      at.net.kill(owner.id, { lingerMs: 10 * minute })
      await at.clock.advance(minute)
      expect(port.peers().map(({ id }) => id)).toEqual([owner.id])

      const back = at.net.restart(owner.id)
      const offers = ownerAt(back)
      at.net.connect(back, port)
      await at.clock.advance(minute)

      expect(offers).toHaveLength(1)
      expect(events).toEqual(['pushed owner 1: have'])
    })

    it('tries again while it is there, and not once it has left', async () => {
      const { events, port } = await at.kept()
      at.net.crash(owner.id)
      const back = at.net.restart(owner.id)
      back.serve(async () => { throw new Error('not ready') })
      at.net.connect(back, port)
      await at.clock.advance(3_000)
      expect(events).toEqual(['pushed owner 1: failed', 'pushed owner 1: failed'])

      at.net.disconnect(back, port)
      await at.clock.advance(minute)
      expect(events).toHaveLength(2)
      expect(at.clock.pending).toBe(0)
    })

    it('lets go of what it is relieved of', async () => {
      const { held, events, port } = await at.kept()
      at.net.crash(owner.id)
      const back = at.net.restart(owner.id)
      ownerAt(back, { type: 'relieved' })
      at.net.connect(back, port)
      await at.clock.advance(minute)

      expect(held.count).toBe(0)
      expect(events).toEqual(['pushed owner 1: relieved', 'dropped owner: relieved by its owner'])
    })
  })

  it('pushes when it is told to', async () => {
    const { confidant, home } = await at.kept()
    const offers = ownerAt(home, { type: 'refused', reason: 'unsupported', retryAfter: RETRY_AFTER })

    expect(await at.clock.outcome(confidant.pushTo(owner.id))).toMatchObject({ type: 'refused', reason: 'unsupported' })
    expect(offers).toHaveLength(1)
    await expect(confidant.pushTo(friend.id)).rejects.toMatchObject({ name: 'NotHeldError' })
  })

  it('offers nothing once it has stopped, and takes up where it was when it starts again', async () => {
    const { confidant, events, port } = await at.kept()
    at.net.crash(owner.id)
    await confidant.stop()
    const back = at.net.restart(owner.id)
    const offers = ownerAt(back)
    at.net.connect(back, port)
    confidant.wake(owner.id, testBoot(1))
    await at.clock.advance(minute)
    expect(offers).toEqual([])

    await confidant.start()
    await at.clock.advance(minute)
    expect(offers).toHaveLength(1)
    expect(events).toEqual(['pushed owner 1: have'])

    expect(await at.ask(back, storeRequest(await sealedRecord({ key: owner, seq: 2 }), at.placement))).toMatchObject({ type: 'stored' })
    at.net.disconnect(back, port)
    at.net.connect(back, port)
    await at.clock.advance(minute)
    expect(offers.map(({ record }) => record.seq)).toEqual([1, 2])
  })

  it('leaves nothing running when it stops', async () => {
    const { confidant, port } = await at.kept()
    at.net.crash(owner.id)
    const back = at.net.restart(owner.id)
    back.serve(async () => { throw new Error('not ready') })
    at.net.connect(back, port)
    await at.clock.advance(1_000)
    expect(at.clock.pending).toBe(1)

    await confidant.stop()
    expect(at.clock.pending).toBe(0)
    expect([port.listenerCount('peer:connect'), port.listenerCount('peer:disconnect')]).toEqual([0, 0])
    expect(await at.ask(back, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'refused', reason: 'draining' })
  })
})
