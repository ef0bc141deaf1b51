import { order } from '@nara-stash/protocol'
import { MAX_RUMOURS } from '../../constants.ts'
import { isoDate } from '../iso-date.ts'
import type { Twin } from '../../api.ts'
import type { OwnStash } from './own-stash.ts'
import type { Clock, RecordHeader } from '@nara-stash/protocol'

export interface TwinsInit {
  own: Pick<OwnStash, 'boots' | 'current' | 'known' | 'owner'>
  clock: Clock
  /** Said once for each boot of a twin. */
  onTwin (twin: Twin, from: string): void
}

/** What is known of a record that turned up beside or above ours. */
export interface Apart {
  record: RecordHeader
  /** Who told of it. */
  from: string
  /** It was looked for, and nobody has it. */
  isUnheld: boolean
  /** Whoever told of it may have seen it before this process came. */
  isEarlier?: boolean
}

/**
 * Tells another process that has our soul from what an earlier one of our own left behind (SPEC.md, "Twins"). A record that builds on what this very process
 * wrote is no earlier one's. One in conflict with ours may be the first that its crash cut short, which somebody then holds. What all refused to keep, because
 * ours was there, was written since, if recovery had confirmed that there was none before. And a boot that goes on writing lives. But an earlier process of ours may have
 * been refused as well, and several may have of what it wrote: only what turns up with somebody who had not seen it when we first asked tells anything.
 */
export class Twins {
  /** The one that was seen last. */
  latest: Twin | null = null

  private readonly init: TwinsInit
  private readonly told = new Set<string>()
  /** How often another's word was taken. */
  private rumours = 0
  /** By boot, a record that may be a twin's. */
  private readonly suspects = new Map<string, string>()

  constructor (init: TwinsInit) {
    this.init = init
  }

  /**
   * A record turned up that ours does not build on.
   *
   * @param isSure - recovery confirmed that there was no such record when this process began
   */
  look (apart: Apart, isSure: boolean): void {
    const { record, from } = apart

    if (this.isTwins(apart, isSure)) {
      this.says(record.boot, record.seq, from)
    }
  }

  /** Another boot goes on speaking with our own key, as we hear, or as `from` says: no record of it is needed to know that it lives. */
  heard (boot: string, from = this.init.own.owner): void {
    const { boots, owner } = this.init.own

    if (!boots.has(boot) && (from === owner || this.told.has(boot) || this.rumours++ < MAX_RUMOURS)) {
      this.says(boot, 0, from)
    }
  }

  isTold (boot: string): boolean {
    return this.told.has(boot)
  }

  private says (boot: string, seq: number, from: string): void {
    if (this.latest?.boot === boot) {
      this.latest = { ...this.latest, seq: String(Math.max(seq, Number(this.latest.seq))) }
    } else if (!this.told.has(boot)) {
      this.told.add(boot)
      this.latest = { boot, seq: String(seq), since: isoDate(this.init.clock.wallTime()) }
      this.init.onTwin(this.latest, from)
    }
  }

  private isTwins ({ record, isUnheld, isEarlier = false }: Apart, isSure: boolean): boolean {
    const { own } = this.init

    if (own.boots.has(record.boot)) {
      return false
    }

    if (record.past.some(({ boot }) => own.boots.has(boot))) {
      return true
    }

    if (!own.known().some(other => order(record, other) === 'conflict')) {
      return false
    }

    const suspect = this.suspects.get(record.boot)
    this.suspects.set(record.boot, record.id)

    return !isEarlier && ((isSure && isUnheld) || (suspect != null && suspect !== record.id))
  }
}
