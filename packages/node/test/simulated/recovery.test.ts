import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'

describe('a stash survives kill -9', () => {
  for (const way of ['push and fetch', 'push', 'fetch'] as const) {
    it(`by ${way}`, async () => {
      const world = new World()
      const { owner } = await world.owned(5)
      const data = world.random.bytes(40_000)
      const { outcome } = await world.of(owner.stash.setStashData(data))
      await world.until(() => owner.stash.status().copies.have === 3)
      const before = owner.stash.status().stash

      owner.kill()
      world.net.intercept((from, to, request, next) => {
        if (way === 'push' && request.type === 'fetch' || way === 'fetch' && request.type === 'offer') {
          return undefined
        }

        return next()
      })
      await owner.restart()
      world.net.connectAll()
      const state = await world.settled(owner)

      expect(outcome).toBe('kept')
      expect(state).toBe('settled')
      expect(owner.stash.status().stash).toEqual(before)
      expect(owner.stash.getStashData()?.data).toEqual(data)
      const { via, confirmed } = owner.stash.status().recovery
      expect(confirmed).toBe(true)

      if (way !== 'push and fetch') {
        expect(via).toBe(way)
      }
    })
  }
})

describe('kept', () => {
  it('puts with 3 of 3', async () => {
    const world = new World()
    const { owner } = await world.owned(4)

    expect(await kept(world, owner, 'hello')).toMatchObject({ outcome: 'kept', seq: '1', minimum: 2, target: 3 })
    expect(owner.stash.confidants).toHaveLength(3)
  })
})
