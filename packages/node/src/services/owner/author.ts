import { newestOf, order } from '@nara-stash/protocol'
import { equals } from 'uint8arrays/equals'
import { RecoveredFirstError } from '../../errors.ts'
import { messageOf } from '../error-message.ts'
import { mergedAt } from './dated.ts'
import { asSetAside } from './set-aside.ts'
import { Turns } from './turns.ts'
import type { Merge } from '../../api.ts'
import type { Dated } from './dated.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Content } from './set-aside.ts'
import type { Replication } from '../replication/replication.ts'
import type { KnownCopies } from '../replication/stores.ts'
import type { Read } from './strangers.ts'
import type { PendingWrite } from './writes.ts'
import type { Clock, Placement, RecordHeader } from '@nara-stash/protocol'

/** What is known of our own stash beside its current version. */
export interface Standing {
  /** The record whose content is ours: the current one, or the one that it seals anew. */
  content: RecordHeader | undefined
  /** The application wrote, or a merge did, since `content` was recovered. */
  written: boolean
  /** The placement with which recovery was confirmed. */
  confirmedBy: Placement | undefined
}

export interface AuthorInit {
  own: OwnStash
  replication: Replication
  clock: Clock
  merge: Merge | undefined
  /** An earlier process left word that minCopies had it. */
  wasAcknowledged (record: RecordHeader): boolean
  onSetAside (bytes: number, timestamp: number, why?: string): void
}

/**
 * Changes what our stash is: whatever does so (a write, a merge, a version found, one sealed anew) has its turn, so that each builds on the one
 * before and no two are sealed at once. Methods that await run inside a turn, except `revise`.
 */
export class Author {
  readonly turns = new Turns()
  standing: Standing = NOTHING

  private readonly init: AuthorInit
  /** Ids of records that were decided against without having been read: should one turn up, it is. */
  readonly missed = new Set<string>()
  /** Ids of records that were forgotten before minCopies had them: that nobody shows them is no rollback. */
  private readonly unkept = new Set<string>()

  constructor (init: AuthorInit) {
    this.init = init
  }

  /** At once. What is being sealed will not become current. */
  forget (): void {
    const { own, replication } = this.init

    if (own.current != null && !replication.acknowledged) {
      this.unkept.add(own.current.record.id)
    }

    own.clear()
    replication.reset()
    this.missed.clear()
    this.standing = NOTHING
  }

  /** Of headers that were seen, those of records that somebody may have. */
  kept (headers: readonly RecordHeader[]): RecordHeader[] {
    return headers.filter(({ id }) => !this.unkept.has(id))
  }

  /** Takes over what was found. */
  adopt (version: Version, placement: Placement, known: KnownCopies, confirmed: boolean): void {
    this.init.own.adopt(version)
    this.standing = { ...this.standing, content: version.record }
    this.init.replication.adopt(version, placement, known, confirmed)
  }

  /** Takes over what a person chose of several; `holdings` says who has it. */
  adopted (version: Version, holdings: { placement: Placement, known: KnownCopies } | undefined): void {
    if (holdings == null) {
      this.init.own.adopt(version)
    } else {
      this.adopt(version, holdings.placement, holdings.known, false)
    }
  }

  /** Takes over what recovery settled on. */
  recovered (version: Version, { placement, confirmed }: { placement: Placement, confirmed: boolean }, known: KnownCopies): void {
    if (confirmed) {
      this.standing = { ...this.standing, confirmedBy: placement }
    }

    this.adopt(version, placement, known, confirmed)
  }

  /**
   * Makes what was written the next version. With `waited`, a stash may have come back of which its writer did not know. False if all was forgotten, or it was taken back, meanwhile.
   *
   * @throws {RecoveredFirstError} one has, and there is no merge function
   */
  async write (pending: PendingWrite): Promise<boolean> {
    const { data, writtenAt, earlier, waited, preferred } = pending
    const { current, boot } = this.init.own
    const write = { data, createdAt: writtenAt }
    const content = waited && current != null ? await this.merged(current, write, earlier) : write

    return this.init.own.boot === boot && !pending.isTakenBack && this.written(await this.seal(content, preferred))
  }

  /**
   * Makes one of several versions that do not know of each other. False if all was forgotten meanwhile.
   *
   * @throws what the merge function throws
   */
  async unite (versions: readonly Version[], merge: Merge, isDue: () => boolean): Promise<boolean> {
    const { own } = this.init
    const { boot } = own
    const [first, ...others] = versions.toSorted((a, b) => a.record.seq - b.record.seq)

    if (first == null) {
      return false
    }

    let { data } = first

    for (const other of others) {
      data = await merge(new Uint8Array(other.data), new Uint8Array(data))
    }

    if (own.boot !== boot || !isDue()) {
      return false
    }

    others.forEach(({ record }) => { own.buildOn(record) })
    own.adopt(first)

    return this.written(await this.seal(mergedAt(this.init.clock, data, versions)))
  }

  /**
   * Merges a version into the current one. False if all was forgotten meanwhile.
   *
   * @throws what the merge function throws
   */
  async take ({ version, placement, origin }: Read, merge: Merge): Promise<boolean> {
    const { own } = this.init
    const { boot, current } = own
    const data = current == null ? undefined : await merge(new Uint8Array(version.data), new Uint8Array(current.data))

    if (current == null || data == null || own.boot !== boot) {
      return false
    }

    if (order(version.record, current.record) === 'supersedes' && equals(data, version.data)) {
      // it has all of ours already; sealed anew, it would only be news to whoever wrote it, and so without end
      this.adopt(version, placement, { holding: [{ peer: origin.from, placement: placement.id }], without: [] }, false)

      return own.boot === boot
    }

    own.buildOn(version.record)

    return this.written(await this.seal(mergedAt(this.init.clock, data, [current, version])))
  }

  /** A person chose this content: it is the next version, and builds on all that was seen. False if all was forgotten meanwhile. */
  async choose (content: Dated, seen: readonly RecordHeader[]): Promise<boolean> {
    newestOf(seen).forEach(record => { this.init.own.buildOn(record) })

    return this.written(await this.seal(content))
  }

  /** A person wants nothing of what was seen. The next version builds on it all the same. */
  goWithout (seen: readonly RecordHeader[]): void {
    const { own } = this.init

    newestOf([...seen, ...own.known()]).forEach(record => { own.buildOn(record) })
    own.current = undefined
    own.tombstone = undefined
    this.standing = NOTHING
  }

  /** These are not taken, and could not be read. */
  missing (records: readonly RecordHeader[]): void {
    records.forEach(({ id }) => { this.missed.add(id) })
  }

  /** Seals a tombstone in place of what there is. False if all was forgotten meanwhile. */
  async bury (): Promise<boolean> {
    const { own, replication } = this.init
    const version = await own.sealTombstone()

    if (own.tombstone !== version.record) {
      this.unkept.add(version.record.id)

      return false
    }

    this.standing = { ...this.standing, content: version.record, written: true }
    replication.replicate(version)

    return true
  }

  /** What there was, an earlier process has deleted: whoever has something of it hears so, above all the `holders` that the tombstone came with and who is known to have something `older`. */
  deleted (tombstone: RecordHeader, holders: readonly string[], older: KnownCopies['older'] = []): void {
    const { own, replication, wasAcknowledged } = this.init

    if (own.tombstone?.id !== tombstone.id) {
      own.bury(tombstone)
      this.standing = { ...this.standing, content: tombstone }
      replication.spread({ record: tombstone, body: new Uint8Array(0), data: new Uint8Array(0), createdAt: 0 }, holders, wasAcknowledged(tombstone), older)
    }
  }

  /** Seals anew what there is, with `record` in its past. */
  async absorb (record: RecordHeader): Promise<void> {
    const { own } = this.init

    own.buildOn(record)

    if (own.current != null) {
      await this.seal(own.current)
    } else if (own.tombstone != null) {
      await this.bury()
    }
  }

  /** `version` cannot be acknowledged any longer: the same content, sealed anew, can. */
  async revise (version: Version): Promise<void> {
    await this.turns.run(async () => {
      const { own, replication } = this.init

      if (!replication.isOutdated(version)) {
        return
      }

      if (own.current === version) {
        await this.seal(version, replication.preferred)
      } else if (own.tombstone === version.record) {
        await this.bury()
      }
    })
  }

  /** Keeps readable what is not taken: a version, or a write that was never sealed, and why that was not. */
  putAside (version: Content, why?: string): void {
    this.init.own.putAside(asSetAside(version))
    this.init.onSetAside(version.data.byteLength, version.createdAt, why)
  }

  /** With the time at which it was written: to be sealed anew makes nothing newer. */
  private async seal ({ data, createdAt }: Dated, preferred?: string): Promise<boolean> {
    const { own, replication } = this.init
    const version = await own.seal(data, createdAt)

    if (own.current !== version) {
      this.unkept.add(version.record.id)

      return false
    }

    replication.replicate(version, preferred)

    return true
  }

  private written (isSealed: boolean): boolean {
    if (isSealed) {
      this.standing = { ...this.standing, content: this.init.own.current?.record, written: true }
    }

    return isSealed
  }

  private async merged (current: Version, write: Dated, earlier: PendingWrite['earlier']): Promise<Dated> {
    const { merge, clock } = this.init

    try {
      if (merge == null) {
        throw new RecoveredFirstError('a stash was recovered before this write: read it, then write again')
      }

      return mergedAt(clock, await merge(new Uint8Array(current.data), new Uint8Array(write.data)), [write, current])
    } catch (err) {
      // who wrote it may have had its answer already, so the reason is told here as well
      const all = [...earlier.map(({ data, writtenAt }) => ({ data, createdAt: writtenAt })), write]

      all.forEach(one => { this.putAside(one, messageOf(err)) })
      throw err
    }
  }
}

const NOTHING: Standing = { content: undefined, written: false, confirmedBy: undefined }
