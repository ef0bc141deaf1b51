import { VirtualClock, sealedPlacement, sealedRecord } from '@nara-stash/testing'
import { UnreachableError } from '../src/errors.ts'
import { HeldStashes } from '../src/held/held-stashes.ts'
import { Pusher } from '../src/push.ts'
import { NewestTable } from '../src/record/newest-table.ts'
import { createTrust } from '../src/trust.ts'
import { TroubledStore } from './held/troubled-store.ts'
import type { OfferRequest, OfferResponse, StashRequest } from '../src/messages.ts'
import type { PusherInit } from '../src/push.ts'
import type { Placement } from '../src/record/placement.ts'
import type { TrustInit } from '../src/trust.ts'
import type { RecordInit, SealedRecord, TestKey } from '@nara-stash/testing'

/** What an owner does with the next offers: it answers, or its connection breaks. The last one is repeated. */
export type Reaction = OfferResponse | 'broken' | ((offer: OfferRequest, signal?: AbortSignal) => Promise<OfferResponse>)

export interface OwnersAtHand {
  clock: VirtualClock
  held: HeldStashes
  store: TroubledStore
  newest: NewestTable
  pusher: Pusher
  /** Offers made: to whom, over which connection, and when. */
  asked: Array<{ owner: string, connection: string, at: number, offer: OfferRequest }>
  /** What was told: outcomes, and who relieved us. */
  told: string[]
  connect (owner: TestKey, connection?: string): void
  disconnect (owner: TestKey): void
  /** How offers are received from here on. */
  react (...reactions: Reaction[]): void
  /** Stores a record as its owner would. */
  hold (init: RecordInit & { key: TestKey }): Promise<SealedRecord & { placement: Placement }>
}

/** A pusher, stashes to push, and owners that do as they are told; no network. */
export function ownersAtHand (trust: TrustInit = {}): OwnersAtHand {
  const clock = new VirtualClock()
  const newest = new NewestTable()
  const store = new TroubledStore()
  const held = new HeldStashes({ capacity: { stashes: 20, bytes: 1_000_000, maxStash: 100_000 }, newest, clock, store })
  const connections = new Map<string, string>()
  const reactions: Reaction[] = []
  const asked: OwnersAtHand['asked'] = []
  const told: string[] = []

  const receive = async (owner: string, request: StashRequest, signal?: AbortSignal): Promise<OfferResponse> => {
    const connection = connections.get(owner)

    if (request.type !== 'offer' || connection == null) {
      throw new UnreachableError(`${owner} cannot be asked`)
    }

    asked.push({ owner, connection, at: clock.now(), offer: request })
    const reaction = reactions.length > 1 ? reactions.shift() : reactions[0]

    if (reaction == null || reaction === 'broken') {
      throw new UnreachableError('the connection broke')
    }

    return typeof reaction === 'function' ? await reaction(request, signal) : reaction
  }

  const network: PusherInit['network'] = {
    peers: () => [...connections].map(([id, connection]) => ({ id, connection, since: 0 })),
    ask: async (owner, request, options) => await receive(owner, request, options?.signal) as never
  }
  const pusher = new Pusher({
    network,
    held,
    trust: createTrust(trust),
    clock,
    liveHolders: ({ holders }) => holders.slice(0, 1),
    onPushed: (_, { seq }, outcome) => { told.push(`${seq} ${outcome}`) },
    onRelieved: () => { told.push('relieved') }
  })

  return {
    clock,
    held,
    store,
    newest,
    pusher,
    asked,
    told,
    connect: ({ id }, connection = 'first') => { connections.set(id, connection) },
    disconnect: ({ id }) => {
      connections.delete(id)
      pusher.forget(id)
    },
    react: (...next) => { reactions.splice(0, reactions.length, ...next) },
    hold: async ({ key, ...init }) => {
      const sealed = await sealedRecord({ key, ...init })
      const placement = await sealedPlacement(key, { holders: [key.id] })
      const verdict = await held.admit({
        record: sealed.record, placement, direct: true, exempt: true, leaseRemaining: placement.leaseSeconds, liveHolders: []
      })

      if (verdict.type !== 'admitted') {
        throw new Error(`not admitted: ${verdict.type}`)
      }

      await verdict.commit(sealed.body)

      return { ...sealed, placement }
    }
  }
}
