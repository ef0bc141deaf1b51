import { MAX_HOLDERS, order } from '@nara-stash/protocol'
import { backoff } from './copy.ts'
import { failureOf } from './failure.ts'
import type { CopyFailure, ForgetResult } from '../../api.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { Placements } from './placements.ts'
import type { OlderCopy, StoresInit } from './stores.ts'
import type { FetchResponse, Placement, RecordHeader, StoreResponse } from '@nara-stash/protocol'

export interface ForgettingInit extends Pick<StoresInit, 'network' | 'clock' | 'onStranger'> {
  own: Pick<OwnStash, 'covers'>
  minCopies: number
  placements: Pick<Placements, 'sealLast'>
  /** Somebody answered. */
  onChange (): void
}

/** Who is to hear of a tombstone. */
export interface Audience {
  holders: readonly string[]
  known: readonly OlderCopy[]
  others: readonly string[]
}

/** Somebody who has, or may have, a copy of what is to be forgotten. */
interface Concerned {
  peer: string
  /** It is a holder by the last placement, or was one when the tombstone was sealed. */
  isHolder: boolean
  /** It has this: it is told without being asked. */
  copy: OlderCopy | undefined
  told: boolean
  failures: number
  notBefore: number
  why?: CopyFailure['why']
}

/**
 * Brings a tombstone to all who have, or may have, a copy of what it deletes: the last holders, those who were holders of this process before, and whoever
 * is or comes within reach and says that it has something of ours. It goes on as long as the tombstone is what our stash is.
 */
export class Forgetting {
  private readonly init: ForgettingInit
  private readonly concerned = new Map<string, Concerned>()
  /** Peers that were asked on their present connection what they have. */
  private readonly asked = new Set<string>()
  private readonly busy = new Set<string>()
  /** Peers that have answered or failed since everybody had done so last: that they connect anew keeps nobody waiting. */
  private readonly tried = new Set<string>()
  private version: Version | undefined
  private placement: Promise<Placement> | undefined
  private abort = new AbortController()

  constructor (init: ForgettingInit) {
    this.init = init
  }

  /**
   * @param holders - by the last placement, and by those that the tombstone came with
   * @param known - copies that are known
   * @param others - who may have one, too
   */
  begin (version: Version, { holders, known, others }: Audience): void {
    // who did not hear of a tombstone before has still to hear of one
    const before = [...this.concerned.values()]

    this.end()
    this.version = version
    before.forEach(({ peer, isHolder, copy }) => { this.concerns(peer, { isHolder, copy }) })
    others.forEach(peer => { this.concerns(peer) })
    holders.forEach(peer => { this.concerns(peer, { isHolder: true }) })
    known.forEach(copy => { this.concerns(copy.peer, { copy }) })
  }

  /** What is under way ends. */
  end (): void {
    this.stop()
    this.concerned.clear()
    this.version = undefined
    this.placement = undefined
  }

  stop (): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.asked.clear()
    this.busy.clear()
    this.tried.clear()
  }

  /** It left, or came anew, and may have something, or listen better. */
  moved (peer: string): void {
    this.asked.delete(peer)
    Object.assign(this.concerned.get(peer) ?? {}, { failures: 0, notBefore: 0 })
  }

  /** `peer` says that it has the tombstone, or another one that is known: there is no copy left. */
  confirm (peer: string): void {
    this.concerns(peer).told = true
  }

  /** A peer says that it has something that the tombstone ends: it never heard of it, or has lost it since. */
  noticed (copy: OlderCopy): void {
    this.concerns(copy.peer, { copy }).told = false
  }

  /** Copies of which it is not known that they are gone. */
  get left (): OlderCopy[] {
    return [...this.concerned.values()].flatMap(({ told, copy }) => told || copy == null ? [] : [copy])
  }

  /**
   * minCopies of the last holders took it, or all, and no minCopies of them are left: no recovery can be confirmed by those. Where nobody is known to have been
   * a holder last, whoever may have a copy counts; that it is nobody is known once those within reach were asked.
   */
  get isForgotten (): boolean {
    const { minCopies } = this.init
    const all = [...this.concerned.values()]
    const last = all.filter(({ isHolder }) => isHolder)
    const holders = last.length > 0 ? last : all
    const told = holders.filter(entry => entry.told).length

    if (holders.length === 0) {
      return this.isTried
    }

    return told >= Math.min(minCopies, holders.length) && holders.length - told < minCopies
  }

  /** Everybody within reach was asked or told, and has answered or failed, however often it connects. */
  get isTried (): boolean {
    return [...this.busy].every(peer => this.tried.has(peer)) && this.init.network.peers().every(({ id }) => this.tried.has(id) || !this.isDue(id))
  }

  /** Who waits from here on waits for everybody once more. */
  tryAll (): void {
    this.tried.clear()
  }

  /** Peers that have the tombstone. */
  told (): string[] {
    return [...this.concerned.values()].filter(({ told }) => told).map(({ peer }) => peer)
  }

  result (): ForgetResult {
    const all = [...this.concerned.values()]

    return {
      outcome: this.isForgotten ? 'forgotten' : 'degraded',
      acknowledged: all.filter(({ told }) => told).length,
      of: all.length,
      failures: all.filter(({ told }) => !told).map(({ peer, why = 'unreachable' }) => ({ peer, why }))
    }
  }

  /** Tells and asks who is within reach. Returns when to do so again. */
  look (): number {
    const { version } = this
    const now = this.init.clock.now()

    if (version == null) {
      return Infinity
    }

    for (const { id } of this.init.network.peers()) {
      if (this.isDue(id) && !this.busy.has(id)) {
        void this.reach(id, version)
      }
    }

    return Math.min(...[...this.concerned.values()].filter(({ told, notBefore }) => !told && notBefore > now).map(({ notBefore }) => notBefore))
  }

  private isDue (peer: string): boolean {
    const entry = this.concerned.get(peer)

    return entry == null ? !this.asked.has(peer) : !entry.told && entry.notBefore <= this.init.clock.now()
  }

  private concerns (peer: string, { isHolder = false, copy }: Partial<Pick<Concerned, 'isHolder' | 'copy'>> = {}): Concerned {
    const entry = this.concerned.get(peer) ?? { peer, isHolder, copy, told: false, failures: 0, notBefore: 0 }

    entry.isHolder ||= isHolder
    entry.copy = copy ?? entry.copy
    this.concerned.set(peer, entry)

    return entry
  }

  private async reach (peer: string, version: Version): Promise<void> {
    const { signal } = this.abort

    this.busy.add(peer)

    try {
      if (this.concerned.get(peer)?.copy != null || await this.hasSome(peer, version, signal)) {
        await this.tell(peer, version, signal)
      }
    } catch (err) {
      this.failed(peer, failureOf(err), signal)
    } finally {
      if (!signal.aborted) {
        this.busy.delete(peer)
        this.tried.add(peer)
        this.init.onChange()
      }
    }
  }

  /** Asks whether it has something that the tombstone ends. */
  private async hasSome (peer: string, { record }: Version, signal: AbortSignal): Promise<boolean> {
    this.asked.add(peer)

    const answer: FetchResponse = await this.init.network.ask(peer, { type: 'fetch', whole: false }, { signal })

    if (signal.aborted) {
      return false
    }

    if (answer.type === 'refused') {
      this.failed(peer, answer.reason, signal, answer.retryAfter)

      return false
    }

    if (answer.type === 'not-found') {
      // nothing any longer, or it never had anything
      this.concerned.delete(peer)

      return false
    }

    const relation = order(record, answer.record)
    const entry = this.concerns(peer)

    entry.copy = relation === 'supersedes' ? { peer, record: answer.record.id, placement: answer.placement.id } : undefined
    entry.told = relation === 'same'

    if (relation === 'superseded' || relation === 'conflict') {
      this.surprised(peer, answer.record, answer.placement, relation === 'conflict' ? 'conflict' : 'stale')
    }

    return entry.copy != null
  }

  private async tell (peer: string, { record, body }: Version, signal: AbortSignal): Promise<void> {
    this.placement ??= this.init.placements.sealLast([...this.concerned.values()].filter(({ copy, isHolder }) => copy != null || isHolder).map(({ peer }) => peer).slice(0, MAX_HOLDERS))

    const placement = await this.placement
    const answer = await this.init.network.ask(peer, {
      type: 'store', record, placement, liveHolders: [], leaseRemaining: placement.leaseSeconds, body
    }, { signal })

    if (!signal.aborted) {
      this.answered(peer, answer, record)
    }
  }

  private answered (peer: string, answer: StoreResponse, tombstone: RecordHeader): void {
    switch (answer.type) {
      case 'stored':
      case 'have':
        this.confirm(peer)
        break
      case 'refused':
        this.failed(peer, answer.reason, this.abort.signal, answer.retryAfter)
        break
      case 'stale':
      case 'conflict':
        if (answer.record.owner === tombstone.owner) {
          this.surprised(peer, answer.record, answer.placement, answer.type)
        }
    }
  }

  /** It has a record of ours that the tombstone does not know of. If that is a tombstone on which our next record builds, no more has to be said. */
  private surprised (peer: string, record: RecordHeader, placement: Placement | undefined, why: 'stale' | 'conflict'): void {
    if (record.kind === 'tombstone' && this.init.own.covers(record)) {
      this.confirm(peer)
      return
    }

    this.failed(peer, why, this.abort.signal)
    this.init.onStranger(record, placement, peer)
  }

  private failed (peer: string, why: CopyFailure['why'], signal: AbortSignal, retryAfter = 0): void {
    const entry = this.concerned.get(peer)

    if (entry != null && !signal.aborted) {
      entry.why = why
      entry.notBefore = this.init.clock.now() + Math.max(backoff(entry.failures), retryAfter)
      entry.failures++
    }
  }
}
