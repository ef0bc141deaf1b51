import { TypedEventEmitter } from 'main-event'
import { createHandler } from './handlers/index.ts'
import { Pusher } from './push.ts'
import type { Clock } from './clock.ts'
import type { OwnerOfferHandler } from './handlers/index.ts'
import type { HeldStashes } from './held/held-stashes.ts'
import type { OfferResponse, RefusalReason, RequestHandler, StashResponse, WantsBody } from './messages.ts'
import type { NetworkPeer, StashNetwork } from './network.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { NewestTable } from './record/newest-table.ts'
import type { Placement } from './record/placement.ts'
import type { RecordHeader } from './record/header.ts'
import type { Trust } from './trust.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface ConfidantEvents {
  /** A version is kept for its owner. */
  'held:stored': CustomEvent<{ record: RecordHeader, from: string }>
  'held:refused': CustomEvent<{ owner: string, from: string, reason: RefusalReason }>
  /** A copy is no longer held: its owner relieved us of it, or it was found damaged. */
  'held:dropped': CustomEvent<{ owner: string, why: string }>
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
}

/**
 * The holder's side: answers STORE, FETCH and OFFER, and brings owners back what it holds when they return. It is blind: nothing here
 * can decrypt. It sees the network through the port only.
 */
export class Confidant extends TypedEventEmitter<ConfidantEvents> {
  private readonly init: ConfidantInit
  private readonly pusher: Pusher
  private readonly answer: RequestHandler
  private draining = false

  constructor (init: ConfidantInit) {
    super()
    this.init = init

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
      trust: init.trust,
      limiter: init.limiter,
      clock: init.clock,
      draining: () => this.draining,
      liveHolders,
      ...(init.ownOffer == null ? {} : { ownOffer: init.ownOffer })
    })
    init.held.addEventListener('stash:damaged', ({ detail }) => { this.dropped(detail.owner, detail.reason) })
    init.network.serve(async (caller, request) => this.report(caller.peer, request, await this.answer(caller, request)))
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

  async stop (): Promise<void> {
    this.drain()
    this.init.network.removeEventListener('peer:connect', this.onConnect)
    this.init.network.removeEventListener('peer:disconnect', this.onDisconnect)
    this.pusher.stop()
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
  }

  private dropped (owner: string, why: string): void {
    this.safeDispatchEvent('held:dropped', { detail: { owner, why } })
  }

  private liveHolders (placement: Placement): string[] {
    const live = new Set([this.init.network.self, ...this.init.network.peers().map(({ id }) => id)])

    return placement.holders.filter(holder => live.has(holder))
  }

  private report (from: string, request: Parameters<RequestHandler>[1], answer: StashResponse | WantsBody): StashResponse | WantsBody {
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
        const outcome = await answer.receive(body)

        if (outcome.type === 'stored') {
          this.safeDispatchEvent('held:stored', { detail: { record: request.record, from } })
        }

        return outcome
      }
    }
  }
}
