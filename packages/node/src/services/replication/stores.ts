import { order, UnreachableError } from '@nara-stash/protocol'
import { Audits } from './audits.ts'
import { Copies } from './copies.ts'
import { Exposure } from './exposure.ts'
import { isPaced } from './copy.ts'
import { failureOf } from './failure.ts'
import type { CopyFailure } from '../../api.ts'
import type { Version } from '../owner/own-stash.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { AuditsInit } from './audits.ts'
import type { Placement, StashNetwork, StoreResponse } from '@nara-stash/protocol'

export interface StoresInit extends AuditsInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  disks: Pick<DiskEvidence, 'brought' | 'lacked' | 'proved'>
}

/** What recovery learnt of who holds the version. */
export interface KnownCopies {
  /** Peers that hold it, and the id of the placement with which they do. */
  holding: ReadonlyArray<{ peer: string, placement: string }>
  /** Peers that do not. */
  without: readonly string[]
  /** Peers that hold something else, which it supersedes. */
  older?: readonly OlderCopy[]
}

/** A copy of what the current record supersedes. */
export interface OlderCopy {
  peer: string
  record: string
  placement: string
}

/** Carries out stores and keeps count of who has, or may have, the current version. */
export class Stores {
  readonly copies: Copies
  readonly audits: Audits
  private readonly exposure = new Exposure()
  private readonly init: StoresInit
  /** Peers that were heard on the current version. */
  private readonly heard = new Set<string>()
  /** Id of the current version's record. */
  private record: string | undefined

  constructor (init: StoresInit) {
    this.init = init
    this.copies = new Copies(init.clock)
    this.audits = new Audits(init, this.copies)
  }

  /** A version that nobody has yet; others may have something `older`. With `goesOn`, stores of the one before are not cut short. */
  newVersion (record: string, older: readonly OlderCopy[] = [], { goesOn = false } = {}): void {
    this.record = record
    this.heard.clear()
    this.exposure.clear()
    this.copies.newRecord({ goesOn })
    older.forEach(copy => { this.noticed(copy.peer, copy.record, copy.placement) })
  }

  /** A version that was found with this placement. */
  adopt (record: string, placement: Placement, { holding, without, older = [] }: KnownCopies): void {
    this.newVersion(record)
    this.keepTo(placement.holders)
    // who was not asked may have it, too
    placement.holders.filter(peer => !without.includes(peer)).forEach(peer => { this.exposure.has(peer, placement.id) })
    holding.forEach(copy => { this.confirm(copy.peer, record, copy.placement) })
    older.filter(({ peer }) => !placement.holders.includes(peer)).forEach(copy => { this.noticed(copy.peer, copy.record, copy.placement) })
  }

  clear (): void {
    this.heard.clear()
    this.exposure.clear()
    this.stop()
  }

  /** What is under way ends, and what is known of the peers is forgotten. */
  stop (): void {
    this.audits.stop()
    this.copies.clear()
  }

  /** `peer` told, other than by STORE, what it holds. */
  confirm (peer: string, record: string, placement: string): void {
    const network = this.init.network.peers().find(({ id }) => id === peer)

    if (network != null) {
      this.copies.found(network, record, placement)
    }

    this.exposure.has(peer, placement)
  }

  /** `peer`, which is no holder, has another record than the current one: it may be let go of. */
  noticed (peer: string, record: string, placement: string): void {
    const network = this.init.network.peers().find(({ id }) => id === peer)

    const hasCurrent = this.record != null && this.copies.get(peer)?.record === this.record

    // what it said before it took the current one may come after that
    if (network != null && !hasCurrent) {
      this.copies.noticed(network, record, placement)
    }
  }

  watch (peers: readonly string[]): void {
    if (peers.length === 0) {
      return
    }

    const connected = new Map(this.init.network.peers().map(peer => [peer.id, peer]))

    peers.forEach(peer => { this.copies.watch(peer, connected.get(peer)) })
  }

  keepTo (holders: readonly string[]): void {
    this.copies.keepOnly(holders)
    this.watch(holders)
  }

  async store (peer: string, version: Version, placement: Placement): Promise<void> {
    const signal = this.copies.begin(peer, version.record.id)
    const mayHaveIt = this.exposure.may(peer)
    const connection = this.connectionTo(peer)
    this.exposure.sent(peer, placement.id)

    try {
      const answer = await this.init.network.ask(peer, {
        type: 'store',
        record: version.record,
        placement,
        liveHolders: placement.holders.filter(holder => this.copies.get(holder)?.record === version.record.id),
        leaseRemaining: placement.leaseSeconds,
        body: version.body
      }, { signal })

      if (this.copies.end(peer, signal, true)) {
        const isCurrent = version.record.id === this.record

        this.answered(peer, answer, version, placement)

        if (isCurrent && !this.isPaced([peer])) {
          this.heard.add(peer)
        }

        if (isCurrent && answer.type === 'refused' && !mayHaveIt) {
          this.exposure.hasNot(peer)
        }
      }
    } catch (err) {
      const now = this.connectionTo(peer)

      // the connection that broke says nothing of the one that is left: it is asked over that at once
      if (this.copies.end(peer, signal, false) && !(err instanceof UnreachableError && now != null && now !== connection)) {
        if (version.record.id === this.record) {
          this.heard.add(peer)
        }

        this.copies.failed(peer, failureOf(err))
      }
    }

    this.init.onPeer(peer)
  }

  /** A store is under way. */
  get isBusy (): boolean {
    return this.copies.views().some(({ busy }) => busy)
  }

  /** One of these holders will take what is stored, only not yet. */
  isPaced (holders: readonly string[]): boolean {
    return holders.map(peer => this.copies.get(peer)).some(copy => copy != null && isPaced(copy))
  }

  /** True if some peer may hold the record with another placement than this one. */
  isExposedElsewhere (placement: Placement | undefined): boolean {
    return this.exposure.underAnother(placement?.id).length > 0
  }

  /** True if one of them cannot be given this placement: it is gone, or may have the record and is no holder. */
  isOutOfReach (placement: Placement | undefined, record: string): boolean {
    return this.exposure.underAnother(placement?.id).some(peer => {
      const copy = this.copies.get(peer)

      return copy?.connected !== true || !(placement?.holders.includes(peer) === true || copy.record === record)
    })
  }

  /** Peers beside the holders that have the record with another placement, and are to be given this one. */
  beside (placement: Placement, record: string, now: number): string[] {
    return this.exposure.underAnother(placement.id).filter(peer => {
      const copy = this.copies.get(peer)

      return copy?.connected === true && copy.record === record && !copy.busy && copy.notBefore <= now && !placement.holders.includes(peer)
    })
  }

  /** `peer` has no copy. */
  lost (peer: string): void {
    this.copies.lost(peer)
    this.exposure.hasNot(peer)
  }

  /** `peer` took the record or will not, or cannot be asked. */
  isHeard (peer: string, record: string | undefined): boolean {
    const copy = this.copies.get(peer)

    return copy != null && !copy.busy && (this.heard.has(peer) || copy.record === record || copy.refused || !copy.connected)
  }

  /** Why `peer` did not take the record; undefined if it did, `timeout` if it has not answered. */
  whyNot (peer: string, record: string | undefined): CopyFailure['why'] | undefined {
    const copy = this.copies.get(peer)

    return copy?.record != null && copy.record === record ? undefined : copy == null || isPaced(copy) ? 'timeout' : copy.why ?? 'timeout'
  }

  private connectionTo (peer: string): string | undefined {
    return this.init.network.peers().find(({ id }) => id === peer)?.connection
  }

  private answered (peer: string, answer: StoreResponse, version: Version, placement: Placement): void {
    // of one that was replaced meanwhile it says nothing of who may have the current one
    const isCurrent = version.record.id === this.record

    switch (answer.type) {
      case 'stored':
      case 'have':
        if (answer.type === 'stored') {
          this.init.disks.brought(peer, version.record.id)
        }

        this.audits.stored(peer, version.record.id, answer.type)
        this.copies.acknowledged(peer, version.record.id, placement.id)
        // who does not say promised what was asked, and nobody is held to more
        this.copies.promised(peer, Math.min(answer.promised ?? Infinity, placement.leaseSeconds))

        if (isCurrent) {
          this.exposure.has(peer, placement.id)
        }

        break
      case 'refused':
        this.copies.refused(peer, answer.reason, answer.retryAfter)
        break
      case 'stale':
      case 'conflict': {
        const relation = order(answer.record, version.record)
        const isTrue = answer.record.owner === version.record.owner && relation === (answer.type === 'stale' ? 'supersedes' : 'conflict')

        this.copies.failed(peer, isTrue ? answer.type : 'protocol violation')

        if (isTrue && isCurrent) {
          // it shows that placement to whoever asks for what was refused, who concludes that no other one can count
          this.exposure.has(peer, placement.id)
        }

        if (isTrue) {
          this.init.onStranger(answer.record, answer.placement?.owner === version.record.owner ? answer.placement : undefined, peer)
        }
      }
    }
  }
}
