import { TypedEventEmitter } from 'main-event'
import { FULL_RETRY_AFTER, MAX_LIVE_HOLDERS, MAX_PROVING_BYTES, PROOF_INTERVAL } from './constants.ts'
import { fetchBudget } from './handlers/fetch.ts'
import { createHandler } from './handlers/index.ts'
import { HeldStoreError } from './errors.ts'
import { CoHolders } from './held/co-holders.ts'
import { isFull } from './held/is-full.ts'
import { Pusher } from './push.ts'
import { RateLimiter } from './rate-limit.ts'
import { TwinWatch } from './twin-watch.ts'
import { refused } from './refusal.ts'
import { BodyBudget } from './wire/body-budget.ts'
import type { Clock } from './clock.ts'
import type { OwnerOfferHandler, OwnerReleaseHandler } from './handlers/index.ts'
import type { HeldStashes } from './held/held-stashes.ts'
import type {
  Caller, IncomingRequest, OfferResponse, Refused, RefusalReason, ReleaseReason, RequestHandler, StashResponse, WantsBody, WitnessRequest
} from './messages.ts'
import type { NetworkPeer, StashNetwork } from './network.ts'
import type { NewestTable } from './record/newest-table.ts'
import type { Placement } from './record/placement.ts'
import type { RecordHeader } from './record/header.ts'
import type { Trust } from './trust.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface ConfidantEvents {
  /** A version is kept for its owner. */
  'held:stored': CustomEvent<{ record: RecordHeader, from: string }>
  'held:refused': CustomEvent<{ owner: string, from: string, reason: RefusalReason }>
  /** What keeps the copies failed, with a full disk for one, while `from` was to be answered. What was held is held. */
  'held:failed': CustomEvent<{ owner: string, from: string, why: string }>
  /** The disk has too little room for any copy, beside what is to stay free, or has enough again. */
  'held:disk': CustomEvent<{ full: boolean }>
  /** A copy is no longer held: its owner let us go, or it was found damaged. */
  'held:dropped': CustomEvent<{ owner: string, why: string }>
  /** A co-holder let go of its copy, or is about to: it leaves, its lease ran out, it has one too many. */
  'held:released': CustomEvent<{ owner: string, recordId: string, from: string, reason: ReleaseReason }>
  /**
   * Another holder showed the record of this id, or asked for it: the very one that is held here, or an older one, or another. Its owner's
   * placement admits it. That it has the body only a challenge shows.
   */
  'held:co-holder': CustomEvent<{ owner: string, peer: string, recordId: string }>
  /** The owner's tombstone, which is `record`, ended a copy. */
  'held:forgotten': CustomEvent<{ owner: string, record: RecordHeader }>
  /** An owner was offered what is held for it. */
  'held:pushed': CustomEvent<{ owner: string, record: RecordHeader, outcome: OfferResponse['type'] | 'failed' }>
  /** An owner asked for what is held for it (FETCH), its header or the whole, and is being answered. */
  'held:fetched': CustomEvent<{ owner: string, record: RecordHeader, whole: boolean }>
}

export interface ConfidantInit {
  network: StashNetwork
  held: HeldStashes
  newest: NewestTable
  trust: Trust
  limiter: Pick<RateLimiter, 'take'>
  clock: Clock
  ownOffer?: OwnerOfferHandler
  ownRelease?: OwnerReleaseHandler
  /** Another process speaks as ourselves: `from` is connected with both. */
  ownTwin? (boot: string, from: string): void
  /** @default one of its own */
  coHolders?: CoHolders
}

/**
 * The holder's side: answers all that others ask, and brings owners back what it holds when they return. It is blind: nothing here can
 * decrypt. It sees the network through the port only.
 */
export class Confidant extends TypedEventEmitter<ConfidantEvents> {
  /** Who else holds what is held here, as far as they showed it. */
  readonly coHolders: CoHolders
  private readonly init: ConfidantInit
  private readonly pusher: Pusher
  private readonly twins: TwinWatch
  private readonly answer: RequestHandler
  private draining = false

  constructor (init: ConfidantInit) {
    super()
    this.init = init
    this.coHolders = init.coHolders ?? new CoHolders()
    this.twins = new TwinWatch(init.network, init.clock)

    const liveHolders = (placement: Placement): string[] => this.liveHolders(placement)

    this.pusher = new Pusher({
      ...init,
      liveHolders,
      onPushed: (owner, record, outcome) => { this.safeDispatchEvent('held:pushed', { detail: { owner, record, outcome } }) },
      onRelieved: owner => { this.dropped(owner, 'relieved by its owner') }
    })
    this.answer = createHandler({
      self: init.network.self,
      held: init.held,
      newest: init.newest,
      coHolders: this.coHolders,
      trust: init.trust,
      limiter: init.limiter,
      proofs: new RateLimiter({ clock: init.clock, perSecond: 1_000 / PROOF_INTERVAL, burst: 1 }),
      proving: new BodyBudget(MAX_PROVING_BYTES),
      serving: fetchBudget(init.clock, init.held.capacity.maxStash),
      clock: init.clock,
      draining: () => this.draining,
      liveHolders,
      ...(init.ownOffer == null ? {} : { ownOffer: init.ownOffer }),
      ...(init.ownRelease == null ? {} : { ownRelease: init.ownRelease }),
      onCoHolder: (owner, peer, recordId) => { this.safeDispatchEvent('held:co-holder', { detail: { owner, peer, recordId } }) },
      onReleased: (from, { owner, recordId, reason }) => { this.safeDispatchEvent('held:released', { detail: { owner, recordId, from, reason } }) },
      onLetGo: (owner, reason) => { this.dropped(owner, `released by its owner: ${reason}`) }
    })
    init.held.addEventListener('stash:damaged', ({ detail }) => { this.dropped(detail.owner, detail.reason) })
    init.held.addEventListener('lease:unnoted', ({ detail: { owner, why } }) => {
      // only an owner's own word prolongs its lease
      this.safeDispatchEvent('held:failed', { detail: { owner, from: owner, why } })
    })
    init.held.addEventListener('held:disk', ({ detail }) => { this.safeDispatchEvent('held:disk', { detail }) })
    init.held.addEventListener('stash:marked', ({ detail }) => { this.pusher.marked(detail.owner) })
    init.held.addEventListener('tombstone:over', ({ detail }) => { this.coHolders.forget(detail.owner) })
    init.held.addEventListener('stash:forgotten', ({ detail }) => {
      // those who held the same stay known: they are to hear of it
      this.safeDispatchEvent('held:forgotten', { detail: { owner: detail.owner, record: detail.tombstone } })
    })
    init.network.serve(async (caller, request) => {
      const { peer } = caller

      if (request.type === 'witness' && init.trust.admits(peer)) {
        this.hearOfProcesses(caller, request)
      }

      return this.report(peer, request, await this.told(peer, request, async () => await this.answer(caller, request)))
    })
  }

  /**
   * @throws {HeldStoreError} what the datastore keeps could not be read
   */
  async start (): Promise<void> {
    this.draining = false
    await this.init.held.start()
    this.init.network.addEventListener('peer:connect', this.onConnect)
    this.init.network.addEventListener('peer:disconnect', this.onDisconnect)
    this.pusher.start()
  }

  /** Takes nothing more; goes on answering until `stop`. */
  drain (): void {
    this.draining = true
  }

  /** What is held stays held, and can be read. */
  async stop (): Promise<void> {
    this.drain()
    this.init.network.removeEventListener('peer:connect', this.onConnect)
    this.init.network.removeEventListener('peer:disconnect', this.onDisconnect)
    this.pusher.stop()
    await this.init.held.stop()
  }

  /** A hey-there was heard: see whether there is something to bring. */
  wake (owner: string, boot?: string): void {
    this.pusher.wake(owner, boot)
  }

  /**
   * Offers `owner` the stash that is held for it.
   *
   * @throws {NotHeldError | UnreachableError | TimeoutError | HeldStoreError}
   */
  async pushTo (owner: string, options?: AbortOptions): Promise<OfferResponse> {
    return await this.pusher.push(owner, options)
  }

  private readonly onConnect = (event: CustomEvent<NetworkPeer>): void => {
    this.pusher.wake(event.detail.id)
  }

  private readonly onDisconnect = (event: CustomEvent<{ id: string }>): void => {
    this.pusher.forget(event.detail.id)
    this.twins.forget(event.detail.id)
  }

  private hearOfProcesses (caller: Caller, { boot, twin }: WitnessRequest): void {
    if (boot != null) {
      void this.twins.heard(caller, boot)
    }

    if (twin != null) {
      this.init.ownTwin?.(twin, caller.peer)
    }
  }

  /** Says that a copy is no longer held, and why. */
  dropped (owner: string, why: string): void {
    this.coHolders.forget(owner)
    this.safeDispatchEvent('held:dropped', { detail: { owner, why } })
  }

  private liveHolders ({ owner, holders }: Placement): string[] {
    const { self } = this.init.network
    const live = new Set([self, ...this.init.network.peers().map(({ id }) => id)])

    return [...new Set([...holders, self, ...this.coHolders.list(owner)])].filter(holder => live.has(holder)).slice(0, MAX_LIVE_HOLDERS)
  }

  /** A store that fails is told of here. That it is full is a refusal, if what was brought is certain not to be found here later. */
  private async told <Outcome> (from: string, request: IncomingRequest, task: () => Promise<Outcome>): Promise<Outcome | Refused> {
    try {
      return await task()
    } catch (err) {
      if (!(err instanceof HeldStoreError)) {
        throw err
      }

      const owner = 'record' in request ? request.record.owner : 'owner' in request ? request.owner : from

      this.safeDispatchEvent('held:failed', { detail: { owner, from, why: err.message } })

      if (err.isNotKept && isFull(err)) {
        return refused('over quota', FULL_RETRY_AFTER)
      }

      throw err
    }
  }

  private report (from: string, request: IncomingRequest, answer: StashResponse | WantsBody): StashResponse | WantsBody {
    if (answer.type === 'found') {
      this.safeDispatchEvent('held:fetched', { detail: { owner: from, record: answer.record, whole: answer.body != null } })
    }

    if (!('record' in request) || request.record.owner === this.init.network.self) {
      return answer
    }

    if (answer.type === 'refused') {
      this.safeDispatchEvent('held:refused', { detail: { owner: request.record.owner, from, reason: answer.reason } })
    }

    if (!('receive' in answer)) {
      return answer
    }

    return {
      ...answer,
      receive: async (body) => {
        const outcome = await this.told(from, request, async () => await answer.receive(body))

        if (outcome.type === 'stored') {
          this.safeDispatchEvent('held:stored', { detail: { record: request.record, from } })

          if (from !== request.record.owner) {
            // its owner may be here, and not know of this copy
            this.pusher.renew(request.record.owner)
          }
        }

        return outcome
      }
    }
  }
}
