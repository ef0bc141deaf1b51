import { BodyWithheldError, leaseLeft, MAX_LIVE_HOLDERS, order, proofOf, sameProof, TimeoutError, UnreachableError } from '@nara-stash/protocol'
import type { ProofOutcome } from '../../policy/audit.ts'
import type {
  ChallengeRequest, ChallengeResponse, Clock, HeldStash, HeldStashes, OfferRequest, OfferResponse, Random, RecordHeader, ReleaseReason, StashNetwork, StoreResponse
} from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface ExchangesInit {
  network: Pick<StashNetwork, 'ask' | 'self'>
  held: Pick<HeldStashes, 'get' | 'read' | 'hearOf'>
  clock: Clock
  random: Random
  /** Our own copy could not be read. */
  onUnreadable (owner: string): void
}

/** What came of a challenge. */
export interface Answer {
  outcome: ProofOutcome
  leaving: boolean
  retryAfter: number
  /** The prover cannot tell if its copy was deleted. */
  mayBeDeleted?: boolean
}

export type ShowResponse = OfferResponse | { type: 'wanted' }

const NONCE_BYTES = 32

/** What one holder asks of another, about one record. Nothing here decides; what goes wrong is an answer. */
export class Exchanges {
  private readonly init: ExchangesInit

  constructor (init: ExchangesInit) {
    this.init = init
  }

  /** Undefined if we do not hold the record ourselves: then there is nothing to compare with. */
  async challenge (peer: string, owner: string, recordId: string, options?: AbortOptions): Promise<Answer | undefined> {
    const nonce = this.init.random.bytes(NONCE_BYTES)
    let answer: ChallengeResponse

    try {
      answer = await this.init.network.ask(peer, { type: 'challenge', owner, recordId, nonce }, options)
    } catch (err) {
      return { outcome: err instanceof TimeoutError ? 'timeout' : err instanceof UnreachableError ? 'unreachable' : 'refused', leaving: false, retryAfter: 0 }
    }

    if (answer.type === 'proof') {
      return await this.compare(answer, peer, { owner, recordId, nonce }, options)
    }

    const record = this.init.held.get(owner)?.record

    return record?.id === recordId ? await this.judge(answer, record) : undefined
  }

  /** Undefined if the record is not held any longer, or could not be brought over. */
  async offer (peer: string, stash: HeldStash, liveHolders: readonly string[], options?: AbortOptions): Promise<OfferResponse | undefined> {
    const { owner, id } = stash.record
    const body = stash.record.kind === 'tombstone' ? new Uint8Array() : (await this.read(owner, id, options))?.body

    return body == null
      ? undefined
      : await this.hearing(() => this.init.network.ask(peer, { type: 'offer', ...this.offered(stash, liveHolders), body }, options))
  }

  /** Says that we hold it, and who does. No body follows: `wanted` is who turns out to lack it. Undefined if it could not be said. */
  async show (peer: string, stash: HeldStash, liveHolders: readonly string[], options?: AbortOptions): Promise<ShowResponse | undefined> {
    const shown = { type: 'offer' as const, ...this.offered(stash, liveHolders), body: new Uint8Array(), withheld: true }

    return await this.hearing<ShowResponse>(async () => await this.init.network.ask(peer, shown, options).catch(err => {
      if (err instanceof BodyWithheldError) {
        return { type: 'wanted' }
      }

      throw err
    }))
  }

  /** Undefined if the record is not held any longer, or could not be brought over. */
  async store (peer: string, stash: HeldStash, liveHolders: readonly string[], options?: AbortOptions): Promise<StoreResponse | undefined> {
    const ours = await this.read(stash.record.owner, stash.record.id, options)

    return ours == null
      ? undefined
      : await this.hearing(() => this.init.network.ask(peer, { type: 'store', ...this.carried(stash, liveHolders), body: ours.body }, options))
  }

  /** Says that we let go of a record. True if `peer` has it and stays; who cannot be told finds out. */
  async release (peer: string, owner: string, recordId: string, reason: ReleaseReason, options?: AbortOptions): Promise<boolean> {
    const answer = await this.init.network.ask(peer, { type: 'release', owner, recordId, reason }, options).catch(() => undefined)

    return answer?.type === 'have' && answer.leaving !== true
  }

  /** Our own body is read for a proof alone: nothing else that is answered is to cost us that. */
  private async compare (
    { proof, leaving, mayBeDeleted = false }: Extract<ChallengeResponse, { type: 'proof' }>, prover: string, { owner, recordId, nonce }: Pick<ChallengeRequest, 'owner' | 'recordId' | 'nonce'>, options?: AbortOptions
  ): Promise<Answer | undefined> {
    const ours = await this.read(owner, recordId, options)

    if (ours == null) {
      return
    }

    const expected = await proofOf({ nonce, prover, recordId, body: ours.body }, this.init.clock, options)

    return { outcome: sameProof(proof, expected) ? 'proved' : 'wrong', leaving, retryAfter: 0, mayBeDeleted }
  }

  private async judge (answer: Exclude<ChallengeResponse, { type: 'proof' }>, record: RecordHeader): Promise<Answer> {
    switch (answer.type) {
      case 'other':
        await this.heard(answer.record, record)

        return { outcome: relationOf(answer.record, record), leaving: answer.leaving, retryAfter: 0 }
      case 'busy':
        return { outcome: 'busy', leaving: false, retryAfter: answer.retryAfter }
      case 'not-found':
        return { outcome: 'not-found', leaving: false, retryAfter: 0 }
      case 'refused':
        return { outcome: answer.reason === 'rate limited' ? 'busy' : 'refused', leaving: answer.reason === 'draining', retryAfter: answer.retryAfter }
    }
  }

  private offered (stash: HeldStash, liveHolders: readonly string[]): ReturnType<Exchanges['carried']> & Pick<OfferRequest, 'direct' | 'mayBeDeleted'> {
    return { ...this.carried(stash, liveHolders), direct: stash.direct, ...(stash.mayBeDeleted && { mayBeDeleted: true }) }
  }

  private carried (stash: HeldStash, liveHolders: readonly string[]): Pick<HeldStash, 'record' | 'placement'> & { liveHolders: string[], leaseRemaining: number } {
    return {
      record: stash.record,
      placement: stash.placement,
      liveHolders: liveHolders.slice(0, MAX_LIVE_HOLDERS),
      leaseRemaining: leaseLeft(stash, this.init.clock.now())
    }
  }

  private async read (owner: string, recordId: string, options?: AbortOptions): Promise<{ stash: HeldStash, body: Uint8Array } | undefined> {
    const whole = await this.init.held.read(owner, options).catch(() => {
      if (options?.signal?.aborted !== true) {
        this.init.onUnreadable(owner)
      }

      return undefined
    })

    return whole?.stash.record.id === recordId ? whole : undefined
  }

  private async hearing <A extends ShowResponse | StoreResponse> (ask: () => Promise<A>): Promise<A | undefined> {
    const answer = await ask().catch(() => undefined)

    if (answer != null && 'record' in answer) {
      await this.heard(answer.record)
    }

    return answer
  }

  /** A header that was shown: what we hold may be superseded, or ended. */
  private async heard (shown: RecordHeader, ours: RecordHeader = shown): Promise<void> {
    if (shown.owner === ours.owner) {
      await this.init.held.hearOf(shown).catch(() => {})
    }
  }
}

function relationOf (shown: RecordHeader, ours: RecordHeader): ProofOutcome {
  if (shown.owner !== ours.owner) {
    return 'wrong'
  }

  const relation = order(shown, ours)

  // who has this very record is to prove it
  return relation === 'same' ? 'wrong' : relation === 'supersedes' ? 'newer' : relation === 'superseded' ? 'older' : 'conflict'
}
