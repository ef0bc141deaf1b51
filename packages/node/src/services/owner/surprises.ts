import { order } from '@nara-stash/protocol'
import { decisivePlacements, meaningOf } from '../../policy/surprise.ts'
import { doubtfulRecord } from './doubtful-record.ts'
import { messageOf } from '../error-message.ts'
import { Strangers } from './strangers.ts'
import type { Doubt, Merge } from '../../api.ts'
import type { Author } from './author.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Origin } from '../recovery/bodies.ts'
import type { Replication } from '../replication/replication.ts'
import type { Read, Stranger } from './strangers.ts'
import type { Apart } from './twins.ts'
import type { Witnesses } from './witnesses.ts'
import type { Clock, StashNetwork } from '@nara-stash/protocol'

export interface SurprisesInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  clock: Clock
  merge: Merge | undefined
  author: Author
  /** Something may be decided: calls `resolve` in its turn. */
  onChange (): void
  /** Another version was merged into ours: what is written next must have been made with that in view. */
  onMerged (): void
  /** A newer version than the one that was recovered was taken over. Whoever showed it cannot tell if it was deleted: `mayBeDeleted`. */
  onNewer (version: Version, origin: Origin, mayBeDeleted: boolean): void
  witnesses: Pick<Witnesses, 'isNewsTo' | 'hasAnswered' | 'connected'>
  /** A record came up that ours does not build on, and that no crash left behind. */
  onApart (apart: Apart): void
  /** That boot was told of as another process which lives beside this one. */
  isTwin (boot: string): boolean
}

/** Decides what records mean that turn up after recovery: each is taken into the past, taken over, merged, or raises a doubt. */
export class Surprises {
  readonly strangers: Strangers
  private readonly init: SurprisesInit

  constructor (init: SurprisesInit) {
    this.init = init
    this.strangers = new Strangers(init)
  }

  /** Runs in its turn, with a current version. Returns the doubt that remains, if one does. It ends when all is forgotten. */
  async resolve (): Promise<Doubt | null> {
    const { own } = this.init
    const { boot } = own

    for (const stranger of this.strangers.list) {
      const isDecided = await this.decide(stranger)

      if (own.boot !== boot) {
        return null
      }

      // one that is resolved may explain those after it
      if (isDecided) {
        this.strangers.resolved(stranger)
      }
    }

    return this.doubt()
  }

  /** True if nothing remains to be decided of it. */
  private async decide (stranger: Stranger): Promise<boolean> {
    const { own, author: { standing } } = this.init
    const { read } = stranger

    // what its holders say against it, they say of the placement as well
    const confirmedBy = stranger.cutShort === false ? undefined : standing.confirmedBy?.id
    const meaning = meaningOf({ ...stranger, ...standing, confirmedBy, covered: own.covers(stranger.record), boot: own.boot })

    if (meaning !== 'known' && meaning !== 'leftover' && stranger.asked) {
      const { record, from, holders, since } = stranger

      this.init.onApart({
        record,
        from,
        isUnheld: read == null && holders.size === 0 && (stranger.cutShort === true || this.strangers.isOverdue(stranger)),
        isEarlier: !this.init.witnesses.isNewsTo(from, since)
      })
    }

    switch (meaning) {
      case 'known':
        return true
      case 'leftover':
        return stranger.asked && this.isCutShort(stranger) && await this.absorb(stranger)
      case 'again':
        return await this.absorb(stranger)
      case 'newer':
        return stranger.record.kind === 'tombstone' ? await this.delete(stranger) : read == null ? this.wait(stranger) : await this.take(read)
      case 'other':
        return await this.other(stranger)
    }
  }

  /**
   * Beside ours, or above what we wrote. It is merged if it can be; where minCopies have ours, and none can have had this one, a twin's is set aside. What an earlier process of
   * ours left is not: its holders may have lost it since, as many together do that are restarted.
   */
  private async other (stranger: Stranger): Promise<boolean> {
    const { merge, replication } = this.init
    const { read, error } = stranger
    const placements = decisivePlacements(stranger)

    // a body that may come can be merged
    const isMergeable = merge != null && error == null && (read != null || !this.strangers.isOverdue(stranger))

    if (placements != null && replication.acknowledged && !isMergeable) {
      this.strangers.examine(stranger, placements, { isConfirmed: false })

      if (stranger.cutShort === 'asking') {
        return false
      }

      if (stranger.cutShort === true && this.init.isTwin(stranger.record.boot)) {
        // once it is absorbed, those who have it let go of it
        const mayBeRead = read == null && stranger.holders.size > 0 && !this.strangers.isOverdue(stranger)

        return stranger.asked && !mayBeRead && await this.absorb(stranger)
      }
    }

    return read == null ? this.wait(stranger) : await this.merge(stranger, read)
  }

  /** Known only after its holders were asked. */
  private isCutShort (stranger: Stranger): boolean {
    const { confirmedBy } = this.init.author.standing

    if (confirmedBy != null) {
      this.strangers.examine(stranger, [confirmedBy], { isConfirmed: true })
    }

    return stranger.cutShort === true
  }

  /** What we recovered, and have not changed, had been deleted. */
  private async delete ({ record: tombstone, placements }: Stranger): Promise<true> {
    const { own, author } = this.init
    const { boot, current } = own

    if (current != null) {
      author.putAside(current)
    }

    author.deleted(tombstone, [...placements.values()].flatMap(({ holders }) => holders))

    if (own.boot === boot && current != null && !own.covers(current.record)) {
      // our own seal of the same content, made before we knew this one
      await author.absorb(current.record)
    }

    return true
  }

  private wait (stranger: Stranger): false {
    // of a tombstone nothing more will come
    stranger.stuck ||= stranger.record.kind === 'tombstone' || this.strangers.isOverdue(stranger)

    return false
  }

  /** The next record takes it into its past; what it said stays readable, or will be, should somebody bring it. */
  private async absorb ({ record, read, stuck, holders, placements }: Stranger): Promise<true> {
    const { author, replication } = this.init
    const [placement = ''] = placements.keys()

    if (read == null) {
      author.missing(record.kind === 'data' ? [record] : [])
    } else if (!stuck) {
      author.putAside(read.version)
    }

    await author.absorb(record)

    if (record.kind === 'data') {
      // what they have is not needed any longer, once ours is kept
      holders.forEach(peer => { replication.hearsay.noticed(peer, record.id, placement) })
    }

    return true
  }

  /** It builds on what we recovered and have not changed. */
  private async take ({ version, placement, origin, mayBeDeleted = false }: Read): Promise<true> {
    const { own, author } = this.init
    const { boot } = own
    const before = own.current?.record

    author.adopt(version, placement, { holding: [{ peer: origin.from, placement: placement.id }], without: [] }, false)

    if (own.boot === boot && before != null && !own.covers(before)) {
      // our own seal of the same content, made before we knew this one
      await author.absorb(before)
    }

    if (own.boot === boot) {
      this.init.onNewer(version, origin, mayBeDeleted)
    }

    return true
  }

  /** Into ours. Without a merge function, or if it fails, it is left to a person. */
  private async merge (stranger: Stranger, read: Read): Promise<boolean> {
    const { merge, author, own } = this.init
    const { boot } = own

    if (stranger.stuck) {
      return false
    }

    try {
      if (merge != null && own.current != null) {
        const isMerged = await author.take(read, merge)

        if (isMerged) {
          this.init.onMerged()
        }

        return isMerged
      }
    } catch (err) {
      if (own.boot !== boot) {
        return false
      }

      stranger.error = messageOf(err)
    }

    stranger.stuck = true
    author.putAside(read.version)

    return false
  }

  /** The doubt that remains, with who holds what as far as is known by then. */
  doubt (): Doubt | null {
    const { own: { current, tombstone }, replication, author: { standing: { content } } } = this.init
    const stuck = this.strangers.list.filter(({ stuck }) => stuck)
    const heldBy = (id: string): string[] => replication.holding(id).filter(peer => !stuck.some(({ holders }) => holders.has(peer)))

    if (stuck.length === 0) {
      return null
    }

    const error = stuck.find(({ error }) => error != null)?.error
    const above = stuck.some(({ record }) => content != null && order(record, content) === 'supersedes')

    return {
      reason: above ? 'ROLLBACK_SUSPECTED' : 'CONFLICT',
      records: [
        ...stuck.map(({ record, read, holders }) => doubtfulRecord(record, read?.version, holders)),
        ...(current == null ? [] : [doubtfulRecord(current.record, current, heldBy(current.record.id))]),
        ...(tombstone == null ? [] : [doubtfulRecord(tombstone, undefined, heldBy(tombstone.id))])
      ],
      ...(error == null ? {} : { error })
    }
  }
}
