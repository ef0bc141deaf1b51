import { order, verifyBody } from '@nara-stash/protocol'
import { BODY_RETRY, RECONCILE_INTERVAL, ROLLBACK_TIMEOUT } from '../../constants.ts'
import { bodyPatience } from '../../policy/settle.ts'
import { isCutShort } from './cut-short.ts'
import { isOurs } from './is-ours.ts'
import type { CutShortOptions } from './cut-short.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Origin } from '../recovery/bodies.ts'
import type { Clock, Placement, RecordHeader, StashNetwork } from '@nara-stash/protocol'

/** A copy that could be opened, and how it came. */
export interface Read {
  version: Version
  placement: Placement
  origin: Origin
  /** Its holder was away for so long that we may have deleted it. */
  mayBeDeleted?: boolean
}

/** A valid record of ours that our own does not build on. */
export interface Stranger {
  readonly record: RecordHeader
  /** The placements that it came with, by id. */
  readonly placements: Map<string, Placement>
  readonly holders: Set<string>
  /** Who told of it first. */
  readonly from: string
  readonly since: number
  read?: Read
  /** Somebody was asked for its body. */
  asked: boolean
  /** Nothing but a person, or another peer, can resolve it. */
  stuck: boolean
  /** minCopies never acknowledged it, as far as its holders say; undefined as long as they were not asked. */
  cutShort?: boolean | 'asking'
  /** What the merge function failed with. */
  error?: string
}

export interface StrangersInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  /** A stranger came, or more is known of one. */
  onChange (): void
}

/** The strangers that are not resolved yet. Fetches their bodies, again and again: who cannot be read cannot be merged. */
export class Strangers {
  private readonly init: StrangersInit
  private readonly table = new Map<string, Stranger>()
  private readonly asking = new Set<Promise<void>>()
  /** The records whose body is on its way, once for each way. */
  private readonly coming = new Map<object, string>()
  private cancelTimer: () => void = () => {}
  private abort = new AbortController()

  constructor (init: StrangersInit) {
    this.init = init
  }

  get list (): Stranger[] {
    return [...this.table.values()]
  }

  get (record: string): Stranger | undefined {
    return this.table.get(record)
  }

  /** A peer told of `record`: that it has it, or that it `merely` has seen it. Then nothing is decided before `fetch`. */
  heard (record: RecordHeader, placement: Placement | undefined, from: string, merely = false): void {
    if (this.isOutdone(record)) {
      return
    }

    const stranger = this.note(record, placement, from, merely)

    if (record.kind === 'tombstone') {
      // there is nothing to read
      stranger.asked = true
      this.init.onChange()
    } else if (stranger.read == null && !merely) {
      this.fetch(record)
    }
  }

  /** Resolves when those who are being asked have answered. */
  async settled (): Promise<void> {
    await Promise.all(this.asking)
  }

  /** Asks those who have it, as far as is known, for its body. */
  fetch (record: RecordHeader): void {
    this.track(this.fetchFromAny(record))
  }

  /** A holder gave us `version`. */
  read (read: Read): void {
    const { version, placement, origin } = read

    if (this.isOutdone(version.record)) {
      return
    }

    const stranger = this.note(version.record, placement, origin.from)

    if (stranger.read == null) {
      // it may have been stuck for want of this
      stranger.read = read
      stranger.stuck = false
    }

    stranger.asked = true
    // what it builds on is decided with it; a twin that goes on writing is one stranger, not one for each version
    this.list.filter(({ record }) => order(version.record, record) === 'supersedes').forEach(other => { this.resolved(other) })
    this.init.onChange()
  }

  resolved ({ record }: Stranger): void {
    this.table.delete(record.id)
  }

  /** Finds out whether none of these placements acknowledged it; `onChange` when that is known. */
  examine (stranger: Stranger, placements: readonly Placement[], how: Pick<CutShortOptions, 'isConfirmed'>): void {
    if (stranger.cutShort == null) {
      const { signal } = this.abort

      stranger.cutShort = 'asking'
      this.track(isCutShort(this.init, stranger.record, placements, { ...how, signal }).then(isSo => {
        if (signal.aborted) {
          delete stranger.cutShort
        } else {
          stranger.cutShort = isSo
          this.init.onChange()
        }
      }))
    }
  }

  /** Somebody came who may say more of what was not known to be cut short. */
  reexamine (): void {
    const open = this.list.filter(({ cutShort }) => cutShort === false)

    if (open.length > 0) {
      open.forEach(stranger => { delete stranger.cutShort })
      this.init.onChange()
    }
  }

  /** Its body is on its way until the function returned is called. */
  expect (record: string): () => void {
    const way = {}
    this.coming.set(way, record)

    return () => { this.coming.delete(way) }
  }

  /** True once its body should have come. One that is on its way has the time that its length takes. */
  isOverdue ({ record, since }: Stranger): boolean {
    const isComing = [...this.coming.values()].includes(record.id)

    return this.init.clock.now() - since >= (isComing ? bodyPatience(record.bodyLength) : ROLLBACK_TIMEOUT)
  }

  clear (): void {
    this.stop()
    this.table.clear()
  }

  /** Those that could not be read are asked for again. */
  start (): void {
    this.unread.forEach(({ record }) => { this.fetch(record) })
  }

  stop (): void {
    this.cancelTimer()
    this.abort.abort()
    this.abort = new AbortController()
  }

  private get unread (): Stranger[] {
    return this.list.filter(({ record, read }) => read == null && record.kind === 'data')
  }

  /** A stranger that was read builds on it. */
  private isOutdone (record: RecordHeader): boolean {
    return this.list.some(other => other.read != null && order(other.record, record) === 'supersedes')
  }

  private note (record: RecordHeader, placement: Placement | undefined, from: string, merely = false): Stranger {
    const stranger = this.table.get(record.id) ?? {
      record, placements: new Map(), holders: new Set(), from, since: this.init.clock.now(), asked: false, stuck: false
    }

    this.table.set(record.id, stranger)

    if (!merely) {
      stranger.holders.add(from)
    }

    if (placement != null) {
      stranger.placements.set(placement.id, placement)
    }

    return stranger
  }


  private track (asking: Promise<void>): void {
    const tracked = asking.finally(() => { this.asking.delete(tracked) })
    this.asking.add(tracked)
  }

  private async fetchFromAny (record: RecordHeader): Promise<void> {
    const { signal } = this.abort

    for (const holder of this.table.get(record.id)?.holders ?? []) {
      await this.fetchFrom(holder, record, signal)

      if (signal.aborted) {
        return
      }

      if (this.table.get(record.id)?.read != null) {
        break
      }
    }

    const stranger = this.table.get(record.id)

    if (stranger != null) {
      stranger.asked = true
      this.init.onChange()
      this.retry()
    }
  }

  /** Whatever it holds of ours is read. */
  private async fetchFrom (holder: string, record: RecordHeader, signal: AbortSignal): Promise<void> {
    const { own, network } = this.init
    const done = this.expect(record.id)

    try {
      const answer = await network.ask(holder, { type: 'fetch', whole: true }, { signal })

      if (!signal.aborted && answer.type === 'found' && answer.body != null && answer.record.kind === 'data' && isOurs(answer, own.owner) && !own.covers(answer.record)) {
        const { record, body, placement, mayBeDeleted = false } = answer
        this.read({ version: own.open(record, verifyBody(body, record)), placement, origin: { via: 'fetch', from: holder }, mayBeDeleted })
      }
    } catch {
      // another holder, or the same one later
    } finally {
      done()
    }
  }

  private retry (): void {
    const { unread } = this

    if (unread.length > 0) {
      const wait = unread.every(({ stuck }) => stuck) ? RECONCILE_INTERVAL : BODY_RETRY

      this.cancelTimer()
      this.cancelTimer = this.init.clock.setTimer(() => { this.start() }, wait)
    }
  }
}
