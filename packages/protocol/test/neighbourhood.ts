import { SimNetwork, VirtualClock, sealedPlacement, sealedRecord, seededRandom, storeRequest, testKey } from '@nara-stash/testing'
import { expect } from 'vitest'
import { confidantAt, friend, owner } from './keepers.ts'
import type { Keeper } from './keepers.ts'
import type { StashRequest } from '../src/messages.ts'
import type { Placement } from '../src/record/placement.ts'
import type { SealedRecord, SimPort } from '@nara-stash/testing'

export const keeper = testKey(2)
export const minute = 60_000
export const whole = { type: 'fetch' as const, whole: true }

/** A simulated network, a record of the owner's and a placement that names the keeper. */
export interface Neighbourhood {
  clock: VirtualClock
  net: SimNetwork
  sealed: SealedRecord
  placement: Placement
  /** Asks a peer, the keeper unless told otherwise. */
  ask (port: SimPort, request: StashRequest, peer?: string): Promise<unknown>
  /** A keeper that holds the owner's record, and the owner's port, connected. */
  kept (): Promise<Keeper & { home: SimPort }>
}

export async function neighbourhood (): Promise<Neighbourhood> {
  const clock = new VirtualClock()
  const net = new SimNetwork({ clock, random: seededRandom(1), latency: [10, 10] })
  const sealed = await sealedRecord({ key: owner })
  const placement = await sealedPlacement(owner, { holders: [keeper.id, friend.id, testKey(4).id] })
  const ask: Neighbourhood['ask'] = async (port, request, peer = keeper.id) => await clock.outcome<unknown>(port.ask(peer, request))

  return {
    clock,
    net,
    sealed,
    placement,
    ask,
    kept: async () => {
      const it = confidantAt(net.join(keeper.id))
      await it.confidant.start()
      const home = net.join(owner.id)
      net.connect(home, it.port)
      expect(await ask(home, storeRequest(sealed, placement))).toMatchObject({ type: 'stored' })
      expect(it.events.splice(0)).toEqual(['stored owner 1 from owner'])

      return { ...it, home }
    }
  }
}
