import { supersedesOrIs } from '@nara-stash/protocol'
import { RELEASE_BACKOFF, SPARE_COPIES } from '../../constants.ts'
import { isOurs } from '../owner/is-ours.ts'
import { askHeader } from '../recovery/ask-everybody.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { Keeping } from './keeping.ts'
import type { Placements } from './placements.ts'
import type { Stores } from './stores.ts'
import type { Clock, RecordHeader, ReleaseRequest, StashNetwork } from '@nara-stash/protocol'

/** What one peer was told over its present connection. */
interface Told {
  record: string
  /** How often in a row about this record. */
  times: number
  /** When it may be told again. */
  next: number
}

export interface SurplusInit {
  network: Pick<StashNetwork, 'ask'>
  clock: Clock
  /** Whose copies outlive their processes. */
  disks: Pick<DiskEvidence, 'of'>
  /** The copies are to be looked at. */
  wake (): void
}

const LONGEST = Math.max(...RELEASE_BACKOFF)

/**
 * Copies with peers that are no holders: they were, a holder asked them, or they came back. Once they are not needed any longer they are let go of (SPEC.md,
 * "RELEASE"), so that they do not take a slot until their lease ends.
 */
export class Surplus {
  private readonly init: SurplusInit
  private readonly keeping: Keeping
  private readonly placements: Placements
  private readonly stores: Stores
  private readonly told = new Map<string, Told>()
  /** Those that were told, and have not answered. */
  private readonly releasing = new Set<string>()

  constructor (init: SurplusInit, keeping: Keeping, placements: Placements, stores: Stores) {
    this.init = init
    this.keeping = keeping
    this.placements = placements
    this.stores = stores
  }

  /** Tells those who are not needed. Returns when to tell again those who did not hear it. */
  look (): number {
    const now = this.init.clock.now()
    let next = Infinity

    for (const copy of this.stores.copies.views()) {
      const { peer } = copy
      // a leaver waits for it, and who could not prove what it has may have it all the same
      const record = copy.record ?? copy.unproved

      if (!copy.connected || record == null || this.isNeeded(peer, record)) {
        continue
      }

      let told = this.told.get(peer)

      if (told == null || told.record !== record || told.next <= now) {
        const times = told?.record === record ? told.times : 0

        told = { record, times: times + 1, next: now + (RELEASE_BACKOFF[times] ?? LONGEST) }
        this.told.set(peer, told)
        void this.release(peer, record)
      }

      next = Math.min(next, told.next)
    }

    return next
  }

  /** It is being told to let go: what it would be sent now could come there before that. */
  isReleasing (peer: string): boolean {
    return this.releasing.has(peer)
  }

  /** What comes back comes anew. */
  forget (peer: string): void {
    this.told.delete(peer)
  }

  /**
   * A copy of the current record is one more as long as not all are there that are wanted; an older one is nothing to go back to once minCopies have the
   * current one with the current placement.
   */
  private isNeeded (peer: string, record: string): boolean {
    const { keeping, placements } = this

    return placements.holders.includes(peer) || !keeping.isPlaced || (record === keeping.version?.record.id && (!keeping.isWhole || this.isSpare(peer)))
  }

  /**
   * A copy of the current record beside its holders that stays where it is, on a disk: when a holder goes, it takes its place. Not one that goes by whom its owner
   * allowed to help before.
   */
  isSpare (peer: string): boolean {
    const { keeping: { version }, placements, stores, init } = this
    const beside = stores.copies.views().filter(copy =>
      copy.connected && copy.leaving !== true && copy.record != null && copy.record === version?.record.id && !placements.holders.includes(copy.peer) &&
      !placements.isOtherwise(copy.placement ?? '') && init.disks.of(copy.peer) != null)

    return beside.slice(0, SPARE_COPIES).some(copy => copy.peer === peer)
  }

  private async release (peer: string, recordId: string): Promise<void> {
    const current = this.keeping.version?.record

    if (current == null) {
      return
    }

    const { owner } = current
    const request: ReleaseRequest = { type: 'release', owner, recordId, reason: 'trimmed' }
    this.releasing.add(peer)

    try {
      const answer = await this.init.network.ask(peer, request)

      if (answer.type === 'not-found') {
        await this.gone(peer, recordId, current)
      }
    } catch {
      // it is told again, or offers its copy when it comes back
    } finally {
      this.releasing.delete(peer)
      // it may have been chosen meanwhile
      this.init.wake()
    }
  }

  /** It has not what it was told to let go of. Of whoever may have been sent another record, that does not say that it has none. */
  private async gone (peer: string, recordId: string, current: RecordHeader): Promise<void> {
    const { init, stores, told } = this
    const copy = stores.copies.get(peer)
    const isMeant = (): boolean => copy != null && copy === stores.copies.get(peer) && (copy.record ?? copy.unproved) === recordId
    const left = isMeant() && copy?.unproved != null ? await askHeader(init, peer, {}) : undefined

    // who does not say what it has is asked when it is told again
    if (left?.type === 'refused') {
      return
    }

    // who has let go may come to have it again
    if (told.get(peer)?.record === recordId) {
      told.delete(peer)
    }

    if (isMeant()) {
      stores.lost(peer)

      // what the current record does not cover, its holder shows by itself
      if (left?.type === 'found' && isOurs(left, current.owner) && supersedesOrIs(current, left.record)) {
        stores.noticed(peer, left.record.id, left.placement.id)
      }
    }
  }
}
