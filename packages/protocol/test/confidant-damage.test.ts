import { storeRequest, testKey } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { TroubledStore } from './held/troubled-store.ts'
import { confidantAt, owner } from './keepers.ts'
import { keeper, minute, neighbourhood, whole } from './neighbourhood.ts'
import type { Neighbourhood } from './neighbourhood.ts'

let at: Neighbourhood

beforeEach(async () => { at = await neighbourhood() })

describe('Confidant', () => {
  describe('with damage', () => {
    it('tells of a copy that it cannot give back', async () => {
      const store = new TroubledStore()
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      await at.ask(home, storeRequest(at.sealed, at.placement))
      store.lost = true

      expect(await at.ask(home, whole)).toEqual({ type: 'not-found' })
      expect(it.events).toEqual(['stored owner 1 from owner', 'dropped owner: its body is missing or damaged'])
      expect(it.held.count).toBe(0)
    })

    it.each(['ENOSPC', 'EDQUOT'])('refuses what a full disk (%s) cannot keep, and says why to its own side', async code => {
      const store = Object.assign(new TroubledStore(), { code })
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      store.failing.add('put')

      expect(await at.ask(home, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'refused', reason: 'over quota' })
      expect(it.events).toEqual(['failed owner from owner: the store of held stashes failed: the disk fails to put'])
      expect(it.held.count).toBe(0)

      store.failing.clear()
      expect(await at.ask(home, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'stored' })
    })

    it('says to its own side that a longer promise could not be noted on a full disk', async () => {
      const store = Object.assign(new TroubledStore(), { code: 'ENOSPC' })
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      await at.ask(home, storeRequest(at.sealed, at.placement))
      await at.clock.advance(120 * minute)
      store.failing.add('update')

      expect(await at.ask(home, storeRequest(at.sealed, at.placement))).toMatchObject({ type: 'have' })
      expect(it.events.at(-1)).toBe('failed owner from owner: the store of held stashes failed: the disk fails to update')
      expect(it.held.count).toBe(1)
    })

    it('does not call a disk full that fails, and says why to its own side', async () => {
      const store = new TroubledStore()
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      store.failing.add('put')

      await expect(at.ask(home, storeRequest(at.sealed, at.placement))).rejects.toThrow()
      expect(it.events).toEqual(['failed owner from owner: the store of held stashes failed: the disk fails to put'])
    })

    it('does not refuse what its next start may find, and says why to its own side', async () => {
      const store = Object.assign(new TroubledStore(), { code: 'ENOSPC', clear: async () => { throw new Error('read-only') } })
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      store.failing.add('put')

      await expect(at.ask(home, storeRequest(at.sealed, at.placement))).rejects.toThrow()
      expect(it.events).toEqual(['failed owner from owner: the store of held stashes failed: the disk fails to put'])
    })

    it('says why it cannot give back what it holds', async () => {
      const store = new TroubledStore()
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()
      const home = at.net.join(owner.id)
      at.net.connect(home, it.port)
      await at.ask(home, storeRequest(at.sealed, at.placement))
      store.failing.add('body')

      await expect(at.ask(home, whole)).rejects.toThrow()
      expect(it.events.at(-1)).toBe('failed owner from owner: the store of held stashes failed: the disk fails to body')
      expect(it.held.count).toBe(1)
    })

    it('tells of what a store could not keep over a restart', async () => {
      const store = new TroubledStore()
      store.load = async () => ({ stashes: [], damaged: [{ owner: owner.id, reason: 'its entry is unreadable' }] })
      const it = confidantAt(at.net.join(keeper.id), { store })
      await it.confidant.start()

      expect(it.events).toEqual(['dropped owner: its entry is unreadable'])
    })

    it('drops nothing because it was away for long, offers it with a mark, and notes when it stops', async () => {
      const { held, confidant } = await at.kept()
      await confidant.stop()
      const day = 24 * 60 * minute
      const store = new TroubledStore()
      const stamps: number[] = []
      const wallTime = Date.UTC(2026, 0, 20)
      const port = at.net.join(testKey(7).id)
      const timed = { now: () => port.clock.now(), setTimer: port.clock.setTimer.bind(port.clock), wallTime: () => wallTime }
      store.load = async () => ({ stashes: held.list().map(stash => ({ ...stash, restored: true })), damaged: [], lastWall: wallTime - 15 * day })
      Object.assign(store, { stamp: async () => { stamps.push(timed.now()) } })
      const it = confidantAt(port, { store, clock: timed })
      await it.confidant.start()

      expect(it.events).toEqual([])
      expect(it.held.get(owner.id)).toMatchObject({ mayBeDeleted: true })
      expect(stamps).toHaveLength(1)
      await it.confidant.stop()
      expect(stamps).toHaveLength(2)
    })

    it('does not start on a store that fails', async () => {
      const store = new TroubledStore()
      store.failing.add('load')

      await expect(confidantAt(at.net.join(keeper.id), { store }).confidant.start()).rejects.toMatchObject({ name: 'HeldStoreError' })
    })
  })
})
