import { testKey } from '@nara-stash/testing'
import { Confidant } from '../src/confidant.ts'
import { HeldStashes } from '../src/held/held-stashes.ts'
import { RateLimiter } from '../src/rate-limit.ts'
import { NewestTable } from '../src/record/newest-table.ts'
import { createTrust } from '../src/trust.ts'
import { TroubledStore } from './held/troubled-store.ts'
import type { ConfidantEvents, ConfidantInit } from '../src/confidant.ts'
import type { OfferRequest, OfferResponse } from '../src/messages.ts'
import type { SimPort } from '@nara-stash/testing'

export const owner = testKey(1)
export const friend = testKey(3)

export interface Keeper {
  confidant: Confidant
  held: HeldStashes
  newest: NewestTable
  port: SimPort
  events: string[]
}

/** A confidant in the simulated network, and what it tells. */
export function confidantAt (port: SimPort, { store = new TroubledStore(), ...init }: Partial<ConfidantInit> & { store?: TroubledStore } = {}): Keeper {
  const newest = new NewestTable()
  const held = new HeldStashes({ capacity: { stashes: 5, bytes: 1_000_000, maxStash: 100_000 }, newest, clock: init.clock ?? port.clock, store })
  const confidant = new Confidant({
    network: port, held, newest, trust: createTrust(), limiter: new RateLimiter({ clock: port.clock }), clock: port.clock, ...init
  })
  const events: string[] = []
  const tell = <T extends keyof ConfidantEvents>(type: T, text: (detail: ConfidantEvents[T]['detail']) => string): void => {
    confidant.addEventListener(type, event => { events.push(`${type.slice('held:'.length)} ${text((event as CustomEvent).detail)}`) })
  }
  const name = (peer: string): string => peer === owner.id ? 'owner' : peer === friend.id ? 'friend' : peer

  tell('held:stored', ({ record, from }) => `${name(record.owner)} ${record.seq} from ${name(from)}`)
  tell('held:refused', ({ owner, from, reason }) => `${name(owner)} from ${name(from)}: ${reason}`)
  tell('held:failed', ({ owner, from, why }) => `${name(owner)} from ${name(from)}: ${why}`)
  tell('held:dropped', ({ owner, why }) => `${name(owner)}: ${why}`)
  tell('held:pushed', ({ owner, record, outcome }) => `${name(owner)} ${record.seq}: ${outcome}`)
  tell('held:released', ({ owner, from, reason }) => `${name(owner)} by ${name(from)}: ${reason}`)
  tell('held:co-holder', ({ owner, peer, recordId }) => `${name(owner)} ${name(peer)} ${recordId.slice(0, 8)}`)
  tell('held:forgotten', ({ owner, record }) => `${name(owner)} by ${record.seq}`)
  tell('held:fetched', ({ owner, record, whole }) => `${name(owner)} ${record.seq}${whole ? ' whole' : ''}`)

  return { confidant, held, newest, port, events }
}

/** An owner's process, and the offers it gets. */
export function ownerAt (port: SimPort, answer: OfferResponse = { type: 'have' }): OfferRequest[] {
  const offers: OfferRequest[] = []
  port.serve(async (_, request) => {
    if (request.type !== 'offer') {
      return { type: 'not-found' }
    }

    offers.push({ ...request, body: new Uint8Array() })
    return answer
  })

  return offers
}
