import { expect } from 'vitest'
import { VirtualClock, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { PROOF_INTERVAL } from '../../src/constants.ts'
import { fetchBudget } from '../../src/handlers/fetch.ts'
import { createHandler } from '../../src/handlers/index.ts'
import { CoHolders } from '../../src/held/co-holders.ts'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { RateLimiter } from '../../src/rate-limit.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { createTrust } from '../../src/trust.ts'
import { BodyBudget } from '../../src/wire/body-budget.ts'
import type { OwnerOfferHandler, OwnerReleaseHandler } from '../../src/handlers/index.ts'
import type { Capacity } from '../../src/held/held-stashes.ts'
import type { StashStore } from '../../src/held/stash-store.ts'
import type { RequestHandler, StashRequest, StashResponse, StoreRequest, WantsBody } from '../../src/messages.ts'
import type { RecordHeader } from '../../src/record/header.ts'
import type { TrustInit } from '../../src/trust.ts'
import type { PlacementClaims } from '../../src/record/placement.ts'
import type { RecordInit, TestKey } from '@nara-stash/testing'

export const owner = testKey(1)
export const otherOwner = testKey(2)
/** A nara that holds for `owner`, as we do. */
export const holder = testKey(3)
/** Who answers. */
export const self = testKey(4)
export const live = testKey(5)

/** A host that is nobody's neighbour. */
export const ADDRESS = '198.51.100.7'

interface SceneInit extends TrustInit {
  capacity?: Partial<Capacity>
  store?: StashStore
  maxLeaseSeconds?: number
  ownOffer?: OwnerOfferHandler
  ownRelease?: OwnerReleaseHandler
  /** Bytes of bodies that may be proved at one moment. */
  proving?: number
  burst?: number
}

export interface Scene {
  clock: VirtualClock
  held: HeldStashes
  newest: NewestTable
  coHolders: CoHolders
  /** What the confidant would be told of, in order. */
  told: string[]
  handler: RequestHandler
  /** Set to leave. */
  leaving: boolean
  /** Asks as `caller` and sends the body if it is wanted: all that is answered, in order. */
  ask (caller: TestKey, request: StashRequest, address?: string): Promise<Array<StashResponse | Pick<WantsBody, 'type'>>>
  /** Asks and keeps the body back. */
  begin (caller: TestKey, request: StashRequest): Promise<WantsBody>
}

/** A confidant without a network. */
export function scene (init: SceneInit = {}): Scene {
  const clock = new VirtualClock()
  const newest = new NewestTable()
  const capacity = { stashes: 20, bytes: 1_000_000, maxStash: 100_000, ...init.capacity }
  const held = new HeldStashes({
    capacity,
    newest,
    clock,
    ...(init.store == null ? {} : { store: init.store }),
    ...(init.maxLeaseSeconds == null ? {} : { maxLeaseSeconds: init.maxLeaseSeconds })
  })
  const coHolders = new CoHolders()
  const told: string[] = []
  const handler = createHandler({
    self: self.id,
    held,
    newest,
    coHolders,
    proofs: new RateLimiter({ clock, perSecond: 1_000 / PROOF_INTERVAL, burst: 1 }),
    proving: new BodyBudget(init.proving),
    serving: fetchBudget(clock, capacity.maxStash),
    onCoHolder: (of, peer, recordId) => { told.push(`${nameOf(peer)} of ${nameOf(of)} ${recordId.slice(0, 8)}`) },
    onReleased: (from, { reason }) => { told.push(`${nameOf(from)} released: ${reason}`) },
    onLetGo: (of, reason) => { told.push(`let go of ${nameOf(of)}: ${reason}`) },
    trust: createTrust(init),
    limiter: new RateLimiter({ clock, ...(init.burst == null ? {} : { burst: init.burst }) }),
    clock,
    draining: () => it.leaving,
    liveHolders: () => [live.id],
    ...(init.ownOffer == null ? {} : { ownOffer: init.ownOffer }),
    ...(init.ownRelease == null ? {} : { ownRelease: init.ownRelease })
  })

  const it: Scene = {
    clock,
    held,
    newest,
    coHolders,
    told,
    handler,
    leaving: false,
    ask: async (caller, request, address = ADDRESS) => {
      const answer = await handler({ peer: caller.id, address }, withoutBody(request))

      return 'receive' in answer && 'body' in request
        ? [{ type: answer.type }, await answer.receive(request.body)]
        : [answer as StashResponse]
    },
    begin: async (caller, request) => {
      const answer = await handler({ peer: caller.id, address: ADDRESS }, withoutBody(request))

      if (!('receive' in answer)) {
        throw new Error(`wants no body: ${answer.type}`)
      }

      return answer
    }
  }

  return it
}

function nameOf (peer: string): string {
  return Object.entries({ owner, otherOwner, holder, self, live }).find(([, key]) => key.id === peer)?.[0] ?? 'a stranger'
}

/** What `ask` brings when something new is kept. */
export const KEPT: unknown[] = [{ type: 'send' }, expect.objectContaining({ type: 'stored' })]

/** A STORE of a signed record with a signed placement. */
export async function storing (
  init: RecordInit & { placement?: Partial<PlacementClaims> } = {}, changes: Partial<StoreRequest> = {}
): Promise<StoreRequest> {
  const { key = owner, placement, ...rest } = init

  return storeRequest(await sealedRecord({ key, ...rest }), await sealedPlacement(key, placement), changes)
}

/** The past of a record that builds on `record`. */
export function building (...on: RecordHeader[]): RecordInit['past'] {
  return on.map(({ boot, seq }) => ({ boot, seq })).sort((a, b) => a.seq - b.seq)
}

function withoutBody (request: StashRequest): Parameters<RequestHandler>[1] {
  const head = { ...request }
  Reflect.deleteProperty(head, 'body')

  return head
}
