import { doubtfulRecord } from '../owner/doubtful-record.ts'
import { messageOf } from '../error-message.ts'
import { placementOf } from '../../policy/settle.ts'
import { Recovery } from './recovery.ts'
import type { Merge } from '../../api.ts'
import type { Decision } from '../../policy/settle.ts'
import type { Author } from '../owner/author.ts'
import type { Condition, Sureness } from '../owner/condition.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { Found, Origin } from './bodies.ts'
import type { RecoveryInit } from './recovery.ts'
import type { KnownCopies } from '../replication/stores.ts'
import type { Writes } from '../owner/writes.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

type Settled = Extract<Decision, { type: 'settled' }>
type Doubtful = Extract<Decision, { type: 'doubtful' }>

export interface SettlingInit extends Omit<RecoveryInit, 'own' | 'onFound' | 'onDecision'> {
  own: OwnStash
  author: Author
  condition: Condition
  merge: Merge | undefined
  writes: Pick<Writes, 'unread' | 'flush' | 'recovered'>
  onFound (version: Version, origin: Origin): void
  /** It is known what our stash is. */
  onSettled (): void
  /** A record was heard of that the version taken does not build on. */
  onStranger (record: RecordHeader, placement: Placement | undefined, from: string): void
}

/** What is made of records in conflict. */
interface Merging {
  /** Which records. */
  key: string
  done: boolean
  /** What the merge function failed with. */
  error?: string
}

/** Searches for our stash, and does what follows from what is known of it. */
export class Settling {
  readonly recovery: Recovery

  private readonly init: SettlingInit
  /** The records in conflict that a merge is being, or was, made of. */
  private merging: Merging | undefined

  constructor (init: SettlingInit) {
    this.init = init
    this.recovery = new Recovery({
      ...init,
      // what was forgotten before anybody had it is no loss, whoever heard of it
      heard: witnessed => init.author.kept(init.heard(witnessed)),
      onFound: (version, via, from) => { init.onFound(version, { via, from }) },
      onDecision: decision => { this.decided(decision) }
    })
  }

  /** Starts over; with `empty`, what there was is known not to be wanted. */
  search (state: 'searching' | 'empty' = 'searching'): void {
    this.merging = undefined
    this.init.condition.is(state)
    this.recovery.begin()
  }

  /** Of the peers that were asked how many answered. */
  tally (): { answered: number, of: number } {
    const answers = this.recovery.tally()

    return { answered: answers.filter(({ status }) => status === 'answered').length, of: answers.length }
  }

  /** Who holds `record`, and with which placement. Undefined if nobody showed one. */
  holdings (record: RecordHeader): { placement: Placement, known: KnownCopies } | undefined {
    const answers = this.recovery.tally()
    const placement = placementOf(record, answers)
    const here = answers.filter(({ status, connected }) => connected && status === 'answered')

    return placement == null
      ? undefined
      : {
          placement,
          known: {
            holding: here.flatMap(answer => answer.record?.id === record.id && answer.placement != null ? [{ peer: answer.peer, placement: answer.placement.id }] : []),
            without: here.filter(answer => answer.record?.id !== record.id).map(({ peer }) => peer),
            older: here.flatMap(answer => answer.record?.kind === 'data' && answer.record.id !== record.id && answer.placement != null
              ? [{ peer: answer.peer, record: answer.record.id, placement: answer.placement.id }]
              : [])
          }
        }
  }

  /** Somebody has a copy of what was not deleted. To have heard of one is not enough. */
  private get isFound (): boolean {
    return this.recovery.living().some(({ record }) => record != null)
  }

  private decided (decision: Decision): void {
    const { author, condition, own, writes } = this.init

    switch (decision.type) {
      case 'searching':
        break
      case 'waiting':
        if (this.isFound && (condition.state === 'searching' || condition.state === 'empty')) {
          // an application that was told "empty" may be about to write without having read this
          writes.unread ||= condition.state === 'empty'
          condition.is('recovering')
        }
        break
      case 'empty':
        if (decision.tombstone != null) {
          author.deleted(decision.tombstone, decision.holders ?? [], this.holdings(decision.tombstone)?.known.older)
          decision.beside?.forEach(record => { own.buildOn(record) })
        }

        condition.is('empty')
        writes.flush()
        break
      case 'doubtful':
        this.doubtful(decision)
        break
      case 'settled':
        this.settled(decision)
    }
  }

  private settled (decision: Settled): void {
    const { author, condition, own, writes } = this.init
    const version = this.recovery.version(decision.best.id)

    if (version == null) {
      return
    }

    const { known } = this.holdings(version.record) ?? { known: { holding: [], without: [] } }

    writes.unread ||= condition.state === 'empty'
    this.recovery.stop()
    void author.turns.run(() => {
      if (own.current == null && !this.recovery.active) {
        const { boot } = own
        author.recovered(version, decision, known)

        // who was told of its holders may have cleared it away
        if (own.boot === boot) {
          this.back(version, version.origin, decision)
        }
      }
    })
  }

  private doubtful (decision: Doubtful): void {
    const { author, condition, merge } = this.init
    const { reason, newest, best } = decision
    const versions = newest.flatMap(({ id }) => this.recovery.version(id) ?? [])
    const key = newest.map(({ id }) => id).toSorted().join()

    if (this.merging?.done === false) {
      return
    }

    if (merge != null && reason === 'CONFLICT' && versions.length === newest.length && this.merging?.key !== key) {
      const merging: Merging = { key, done: false }
      this.merging = merging
      void author.turns.run(async () => { await this.unite(versions, merge, merging) }).finally(() => {
        merging.done = true
        this.recovery.evaluate()
      })
    } else {
      condition.isDoubtful({
        reason,
        records: [...newest, ...(best == null || newest.some(({ id }) => id === best.id) ? [] : [best])].map(record => doubtfulRecord(record, this.recovery.version(record.id), this.holdersOf(record))),
        ...(this.merging?.key !== key || this.merging.error == null ? {} : { error: this.merging.error })
      })
    }
  }

  /** Versions that do not know of each other become one. A merge function that fails leaves them to a person. */
  private async unite (versions: readonly Found[], merge: Merge, merging: Merging): Promise<void> {
    const { author, own, onStranger } = this.init
    const [first] = versions

    try {
      if (!await author.unite(versions, merge, () => this.recovery.active) || own.current == null || first == null) {
        return
      }
    } catch (err) {
      merging.error = messageOf(err)
      return
    }

    const answers = this.recovery.tally()
    this.recovery.stop()
    this.back(own.current, first.origin, { confirmed: false, mayBeDeleted: false, ...this.tally() })
    // heard while the merge was made
    answers.forEach(({ record, placement, peer }) => {
      if (record != null) {
        onStranger(record, placement, peer)
      }
    })
  }

  private holdersOf (record: RecordHeader): string[] {
    return this.recovery.tally().filter(answer => answer.record?.id === record.id).map(({ peer }) => peer)
  }

  private back (version: Version, origin: Origin, sureness: Sureness): void {
    const { condition, onSettled, writes } = this.init

    condition.isBack(version, origin, sureness)
    writes.recovered()
    writes.flush()
    onSettled()
  }
}
