import { askEverybody } from '../recovery/ask-everybody.ts'
import { Surprises } from './surprises.ts'
import { Twins } from './twins.ts'
import { WitnessRound } from './witness-round.ts'
import type { Twin } from '../../api.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { OwnStash } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'
import type { SurprisesInit } from './surprises.ts'
import type { TwinsInit } from './twins.ts'
import type { Placement, Random, RecordHeader, StashNetwork } from '@nara-stash/protocol'

export interface LookoutInit extends Omit<SurprisesInit, 'onApart' | 'isTwin'>, Pick<TwinsInit, 'onTwin'> {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  random: Random
  author: Author
  condition: Condition
  /** The soul was made by this process. */
  fresh: boolean
  admits (peer: string): boolean
  /** True while it is searched for what our stash is, or nothing is asked at all. */
  isOff (): boolean
}

/** Looks out, once it is known what our stash is, for records of ours that we do not know: what others hold, show, or have seen. */
export class Lookout {
  readonly surprises: Surprises

  private readonly init: LookoutInit
  private readonly twins: Twins
  private readonly round: WitnessRound
  private abort = new AbortController()

  constructor (init: LookoutInit) {
    this.init = init
    this.twins = new Twins(init)
    this.surprises = new Surprises({
      ...init,
      onApart: apart => { this.twins.look(apart, init.condition.recovered?.confirmed ?? init.fresh) },
      isTwin: boot => this.twins.isTold(boot)
    })
    this.round = new WitnessRound({
      ...init,
      holders: () => init.replication.confidants,
      hasAnswered: peer => init.witnesses.hasAnswered(peer),
      onHeader: (record, from, placement) => { this.witnessed(record, from, placement) }
    })
  }

  /** Another process with our soul, if one was seen. */
  get twin (): Twin | null {
    return this.twins.latest
  }

  /** Another boot speaks with our own key. */
  heardTwin (boot: string, from?: string): void {
    const isKnown = this.twins.isTold(boot)

    this.twins.heard(boot, from)

    // what is in doubt may be a twin's
    if (!isKnown && this.surprises.strangers.list.some(({ record }) => record.boot === boot)) {
      this.init.onChange()
    }
  }

  /** Our state, or who we are to one another, has changed. */
  look (): void {
    const { condition: { state }, own } = this.init

    if (!this.init.isOff() && (state === 'settled' || (state === 'empty' && own.tombstone != null))) {
      this.round.start()
    } else {
      this.round.stop()
    }
  }

  /** After a stop: it is known what our stash is. */
  start (): void {
    this.surprises.strangers.start()
    this.look()
  }

  stop (): void {
    this.surprises.strangers.stop()
    this.round.stop()
    this.abort.abort()
    this.abort = new AbortController()
  }

  connected (peer: string): void {
    this.init.witnesses.connected(peer)
    this.surprises.strangers.reexamine()

    // a search asks by itself
    if (!this.init.isOff()) {
      this.round.connected(peer)
    }
  }

  /** A holder told of a record of ours. */
  met (record: RecordHeader, placement: Placement | undefined, from: string): void {
    const { own, replication } = this.init

    if (this.isNews(record)) {
      this.surprises.strangers.heard(record, placement, from)
    } else if (record.kind === 'data' && record.id !== own.current?.record.id && own.covers(record)) {
      replication.hearsay.noticed(from, record.id, placement?.id ?? '')
    }
  }

  /** A peer has seen a record of ours. */
  private witnessed (record: RecordHeader, from: string, placement: Placement | undefined): void {
    const { author, own } = this.init
    const { strangers } = this.surprises

    // what was forgotten before anybody had it, or decided against unread, is no loss
    if (record.owner !== own.owner || author.missed.has(record.id) || author.kept([record]).length === 0 || !this.isNews(record)) {
      return
    }

    const isKnown = strangers.get(record.id) != null
    strangers.heard(record, placement, from, true)

    if (!isKnown) {
      void this.askAround(record)
    }
  }

  /** Who has it may be here as well: nobody decides on it before they were asked. */
  private async askAround (witnessed: RecordHeader): Promise<void> {
    const { signal } = this.abort

    try {
      (await askEverybody(this.init, { signal })).forEach(({ peer, record, placement }) => { this.met(record, placement, peer) })
    } catch {
      // nobody has anything of ours, or says so
    }

    if (!signal.aborted) {
      this.surprises.strangers.fetch(witnessed)
    }
  }

  private isNews (record: RecordHeader): boolean {
    this.init.own.note(record)

    return !this.init.isOff() && !this.init.own.covers(record)
  }
}
