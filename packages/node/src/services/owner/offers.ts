import { verifyBody } from '@nara-stash/protocol'
import { isOurs } from './is-ours.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { OwnStash } from './own-stash.ts'
import type { Offer, Recovery } from '../recovery/recovery.ts'
import type { Replication } from '../replication/replication.ts'
import type { Strangers } from './strangers.ts'
import type { Caller, StashResponse, WantsBody } from '@nara-stash/protocol'

export interface OffersInit {
  own: OwnStash
  replication: Replication
  recovery: Recovery
  strangers: Strangers
  author: Pick<Author, 'turns' | 'missed' | 'putAside'>
  condition: Pick<Condition, 'state'>
  isStopped (): boolean
}

/** Answers holders that offer us our stash: while we search it is what we look for, afterwards it may be news. */
export class Offers {
  private readonly init: OffersInit

  constructor (init: OffersInit) {
    this.init = init
  }

  async offered (caller: Caller, offer: Offer): Promise<StashResponse | WantsBody> {
    const { own, author, recovery, strangers, isStopped } = this.init

    if (isStopped() || !isOurs(offer, own.owner)) {
      return { type: 'refused', reason: isStopped() ? 'draining' : 'unsupported', retryAfter: 0 }
    }

    if (author.missed.has(offer.record.id)) {
      return { type: 'wanted', receive: async body => this.read(caller, offer, body), abandon: () => {} }
    }

    if (recovery.active && !own.covers(offer.record)) {
      const answer = recovery.offered(caller, offer)

      return 'receive' in answer ? { ...answer, receive: async body => await this.received(caller, offer, body, answer) } : answer
    }

    own.note(offer.record)
    // what is being decided may be about this very record
    await author.turns.run(() => {})

    if (own.covers(offer.record)) {
      return this.answerTo(caller.peer, offer)
    }

    if (offer.record.kind === 'tombstone') {
      strangers.heard(offer.record, offer.placement, caller.peer)

      return { type: 'have' }
    }

    if (strangers.get(offer.record.id)?.read != null) {
      // one more who has it, and lets go of it once that is decided
      strangers.heard(offer.record, offer.placement, caller.peer)

      return { type: 'have' }
    }

    const abandon = strangers.expect(offer.record.id)

    return { type: 'wanted', receive: async body => await this.received(caller, offer, body).finally(abandon), abandon }
  }

  /** It was decided against before anybody could read it; now it can be. */
  private read ({ peer }: Caller, { record, placement }: Offer, body: Uint8Array): StashResponse {
    const { own, author, replication } = this.init
    const version = own.open(record, verifyBody(body, record))

    if (author.missed.delete(record.id)) {
      author.putAside(version)
    }

    // it is a copy like any other that what we have was written over
    replication.hearsay.noticed(peer, record.id, placement.id)

    return { type: 'stored' }
  }

  private async received (caller: Caller, offer: Offer, body: Uint8Array, searching?: WantsBody): Promise<StashResponse> {
    const { own, author, recovery, replication, strangers } = this.init
    const { record, placement } = offer

    if (recovery.active) {
      // a search may have begun since it was offered
      const answer = searching ?? recovery.offered(caller, offer)

      return 'receive' in answer ? await answer.receive(body) : answer
    }

    const version = own.open(record, verifyBody(body, record))

    if (!own.covers(record)) {
      strangers.read({ version, placement, origin: { via: 'push', from: caller.peer }, mayBeDeleted: offer.mayBeDeleted === true })
      await author.turns.run(() => {})
    }

    if (own.current?.record.id !== record.id && own.covers(record)) {
      replication.hearsay.noticed(caller.peer, record.id, placement.id)
    }

    return { type: 'stored' }
  }

  /** To a holder of what we have or have built on. One that is not needed any longer is relieved, but not too early. */
  private answerTo (peer: string, { record, placement }: Offer): StashResponse {
    const { own: { boot, current, tombstone }, replication, condition } = this.init
    const isCurrent = record.id === current?.record.id

    if (isCurrent || record.id === tombstone?.id) {
      replication.hearsay.confirm(peer, placement)
    }

    if (tombstone != null) {
      if (record.id !== tombstone.id) {
        replication.hearsay.noticed(peer, record.id, placement.id)
      }

      // one that others brought us is no secret; for our own the rule below holds
      return record.id === tombstone.id || (tombstone.boot === boot && !replication.acknowledged) ? { type: 'have' } : { type: 'newer', record: tombstone }
    }

    if (condition.state === 'settled' && !replication.holders.includes(peer) && (isCurrent ? replication.isWhole && !replication.isSpare(peer) : replication.isKept)) {
      return { type: 'relieved' }
    }

    if (!isCurrent && record.kind === 'data') {
      replication.hearsay.noticed(peer, record.id, placement.id)
    }

    // a header that minCopies have not acknowledged is shown to nobody: were its store cut short by a crash, who had seen it would take
    // our next boot's records for a conflict
    return isCurrent || current == null || !replication.acknowledged ? { type: 'have' } : { type: 'newer', record: current.record }
  }
}
