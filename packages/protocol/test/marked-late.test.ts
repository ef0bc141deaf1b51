import { beforeEach, describe, expect, it } from 'vitest'
import { TroubledStore } from './held/troubled-store.ts'
import { confidantAt, owner, ownerAt } from './keepers.ts'
import { keeper, minute, neighbourhood, whole } from './neighbourhood.ts'
import type { Keeper } from './keepers.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { OfferRequest } from '../src/messages.ts'
import type { SimPort } from '@nara-stash/testing'

const day = 24 * 60 * minute
const today = Date.UTC(2026, 0, 20)

let at: Neighbourhood
let again: Keeper
let home: SimPort
let offers: OfferRequest[]

/** The machine was off for 20 days, and its clock is set only after it has started. */
beforeEach(async () => {
  at = await neighbourhood()
  const { held, confidant } = await at.kept()
  await confidant.stop()
  at.net.crash(keeper.id)
  at.net.crash(owner.id)
  at.clock.wallOffset = 0
  const store = new TroubledStore()
  const [stash] = held.list()
  const body = await held.read(owner.id)

  if (stash == null || body == null) {
    throw new Error('nothing is held')
  }

  await store.put(stash, body.body)
  store.load = async () => ({ stashes: [{ ...stash, restored: true }], damaged: [], lastWall: today - 20 * day })
  again = confidantAt(at.net.restart(keeper.id), { store })
  await again.confidant.start()
  home = at.net.restart(owner.id)
  offers = ownerAt(home)
  expect(again.held.list()).toMatchObject([{ mayBeDeleted: false }])
})

function setClock (): void {
  at.clock.wallOffset = today - at.clock.now()
}

const marks = (): boolean[] => offers.map(({ mayBeDeleted = false }) => mayBeDeleted)

describe('a copy that is marked once the clock is set', () => {
  it('is offered with its mark, however shortly before the clock was set', async () => {
    setClock()
    at.net.connect(home, again.port)
    await at.clock.advance(minute)

    expect(marks()).toEqual([true])
  })

  it('is found with it, and offered anew to the owner that was offered it without', async () => {
    at.net.connect(home, again.port)
    await at.clock.advance(minute)
    expect(marks()).toEqual([false])
    setClock()

    expect(await at.ask(home, { type: 'fetch', whole: false })).toMatchObject({ type: 'found', mayBeDeleted: true })
    expect(await at.ask(home, whole)).toMatchObject({ type: 'found', mayBeDeleted: true })
    await at.clock.advance(minute)
    expect(marks()).toEqual([false, true])
  })

  it('is proved with it', async () => {
    at.net.connect(home, again.port)
    setClock()
    const { id: recordId } = at.sealed.record

    expect(await at.ask(home, { type: 'challenge', owner: owner.id, recordId, nonce: new Uint8Array(32) }))
      .toMatchObject({ type: 'proof', mayBeDeleted: true })
  })
})
