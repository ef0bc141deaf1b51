import { order } from '@nara-stash/protocol'
import type { Exchanges } from './exchanges.ts'
import type { Peers } from './peers.ts'
import type { HeldStashes, NetworkPeer, NewestTable } from '@nara-stash/protocol'

export interface TombstoneSpreadInit {
  self: string
  held: Pick<HeldStashes, 'tombstone'>
  newest: Pick<NewestTable, 'get'>
  peers: Peers
  exchanges: Exchanges
}

/**
 * Brings the tombstone of a stash that was held here to the others who held it, also to those that were away: once each, and once more on each of their connections until it
 * arrived; and every tombstone to its owner, on each of its connections, until that is known to have written something since.
 */
export class TombstoneSpread {
  private readonly init: TombstoneSpreadInit
  /** By owner, who has not taken it yet. */
  private readonly missing = new Map<string, Set<string>>()

  constructor (init: TombstoneSpreadInit) {
    this.init = init
  }

  /** Tombstones that somebody has yet to take. */
  get pending (): number {
    return this.missing.size
  }

  /** A tombstone ended what was held here. */
  begin (owner: string, holders: readonly string[], signal?: AbortSignal): void {
    const tombstone = this.init.held.tombstone(owner)

    if (tombstone == null) {
      return
    }

    this.prune()

    const missing = new Set([...tombstone.placement.holders, ...holders])
    missing.delete(this.init.self)
    missing.delete(owner)
    this.missing.set(owner, missing)

    for (const peer of missing) {
      if (this.init.peers.present.has(peer)) {
        void this.bring(owner, peer, signal)
      }
    }
  }

  connected ({ id }: NetworkPeer, signal?: AbortSignal): void {
    for (const [owner, missing] of this.missing) {
      if (missing.has(id)) {
        void this.bring(owner, id, signal)
      }
    }

    // another process of the owner may have found what an earlier one deleted, with one who was away
    const { held, newest } = this.init
    const tombstone = held.tombstone(id)
    const known = newest.get(id)

    if (tombstone != null && (known == null || order(known, tombstone.record) !== 'supersedes')) {
      void this.bring(id, id, signal)
    }
  }

  private async bring (owner: string, peer: string, signal?: AbortSignal): Promise<void> {
    const tombstone = this.init.held.tombstone(owner)

    if (tombstone == null) {
      this.missing.delete(owner)

      return
    }

    const answer = await this.init.exchanges.offer(peer, tombstone, [], { ...(signal == null ? {} : { signal }) })

    // a refusal for good is an answer, too: it does not want to know
    if (answer != null && !(answer.type === 'refused' && (answer.reason === 'rate limited' || answer.reason === 'draining'))) {
      const missing = this.missing.get(owner)

      if (missing?.delete(peer) === true && missing.size === 0) {
        this.missing.delete(owner)
      }
    }
  }

  /** A tombstone that is kept no longer is brought to nobody. */
  private prune (): void {
    for (const owner of this.missing.keys()) {
      if (this.init.held.tombstone(owner) == null) {
        this.missing.delete(owner)
      }
    }
  }
}
