import type { StashState } from './api.ts'
import type { ConfidantState, Doubt, Twin } from './status-types.ts'
import type { WriteResult } from './result-types.ts'
import type { RefusalReason } from '@nara-stash/protocol'

/** What a nara leaves behind when it stops, or leaves. */
export interface Leave {
  /** Stashes held for others that stay on our disk: they are here again at the next start. */
  kept: number
  /** Stashes held for others that are as safe without us and are not held here any longer: others hold enough, another took our place, or something newer replaced them. */
  handedOn: number
  /** Stashes whose owner is here: it has the content and was told, but nobody took our place while we waited. */
  withOwner: number
  /** Owners whose stash would have needed our copy. */
  left: string[]
  /** Our own stash, if there is one, and how well others hold it: what is not `kept` may be lost with this process. */
  own: OwnLeft | null
  /** Our deletion, if too few heard of it: a copy that was away may come back. */
  deletion: DeletionLeft | null
  /** Writes of our own that still waited for recovery, for the end of a doubt, or for their turn: this process alone has them. */
  waiting: number
  /** Writes of our own that were set aside and never sealed: this process alone has them, too. */
  setAside: number
}

/** What became of one stash as its holder left: a key of `Leave`. */
export type LeaveOutcome = 'handedOn' | 'withOwner' | 'left'

export interface DeletionLeft {
  /** Of the tombstone, decimal. */
  seq: string
  /** Peers that have it. */
  told: number
}

/** Copies that were acknowledged and are elsewhere count for its `outcome`: those that are here, and those that are away on a disk. */
export interface OwnLeft extends Pick<WriteResult, 'outcome' | 'copies' | 'minimum'> {
  /** Beside `copies`, which are here: confidants that took it, went, and said that it is on their disk. */
  away: number
  /** Decimal. */
  seq: string
  /** Of data. */
  bytes: number
  /**
   * So many as `minimum` took this version at some time: a later process will find it, or say that it is missing, even if `copies` are fewer. Also true of
   * content that came back and was not changed since: others had it.
   */
  acknowledged: boolean
}

export interface StashEvents {
  'stash:state': CustomEvent<{ state: StashState, previous: StashState }>
  /** A copy of our own stash was found, verified and decrypted for the first time. */
  'stash:found': CustomEvent<{ via: 'push' | 'fetch', from: string, seq: string, bytes: number }>
  /**
   * The stash is back and current. If `mayBeDeleted`, all who have it were away for more than 14 days: it may have been deleted meanwhile, and nobody within
   * reach would know.
   */
  'stash:recovered': CustomEvent<{ via: 'push' | 'fetch', from: string, seq: string, bytes: number, confirmed: boolean, mayBeDeleted: boolean, answered: number, of: number }>
  /** The number of living copies changed. */
  'stash:copies': CustomEvent<{ seq: string, have: number, minimum: number, target: number }>
  'stash:doubt': CustomEvent<Doubt>
  /** Another process with our soul runs, or ran while we did: `seq` is 0 if nothing that it wrote was seen. Said once for each boot of it. */
  'stash:twin': CustomEvent<Omit<Twin, 'since'> & { from: string }>
  /**
   * The newest record of ours that minCopies acknowledged is another one: its header, a signed envelope without content. A later process that is given
   * it as `lastKnown` knows what it has to find. After `forgetStash` it is the tombstone's.
   */
  'stash:watermark': CustomEvent<{ envelope: Uint8Array, seq: string }>
  /** A version was not taken, but stays readable with `setAside()`. Of a write that was rejected, `why`: what merge failed with, or that there is none. */
  'stash:set-aside': CustomEvent<{ bytes: number, timestamp: number, why?: string }>
  'confidant:add': CustomEvent<{ peer: string, name: string }>
  'confidant:remove': CustomEvent<{ peer: string, name: string, why: string }>
  'confidant:state': CustomEvent<{ peer: string, name: string, state: ConfidantState }>
  /** We keep a version for somebody. */
  'held:stored': CustomEvent<{ owner: string, name: string, seq: string, bytes: number }>
  'held:refused': CustomEvent<{ owner: string, name: string, reason: RefusalReason }>
  /** What keeps the copies failed, with a full disk for one; what was held is held. */
  'held:failed': CustomEvent<{ owner: string, name: string, why: string }>
  /**
   * Our disk has too little room for anything more of others, beside what is to stay free (`full`), or has enough again. Told by
   * the start, and when it changes.
   */
  'held:disk': CustomEvent<{ full: boolean }>
  'held:dropped': CustomEvent<{ owner: string, name: string, why: string }>
  /** We offered an owner its stash. */
  'held:pushed': CustomEvent<{ owner: string, name: string, seq: string, outcome: string }>
  /** We, a holder, made good for a copy that was lost while its owner is away. */
  'held:repaired': CustomEvent<{ owner: string, name: string, to: string, why: string }>
  /** A co-holder was asked to prove that it has its copy. */
  'held:audited': CustomEvent<{ owner: string, name: string, peer: string, verdict: string }>
  /** While we leave: what became of one stash that is held here. */
  'held:leaving': CustomEvent<{ owner: string, name: string, outcome: LeaveOutcome }>
  /** We stop or leave, and have done what could be done for what is held here. Said before the last chau. */
  'leave': CustomEvent<Leave>
  'peer:connect': CustomEvent<{ peer: string, name: string, address?: string }>
  'peer:disconnect': CustomEvent<{ peer: string, name: string }>
  /**
   * Nobody answered as this peer, which is wanted or was met or discovered, where it was said to be: once for each `why` (for people), and for eight of them at most, until it is connected.
   */
  'peer:unreachable': CustomEvent<{ peer: string, name: string, addresses: string[], why: string }>
  /** A presence message: somebody came, is here, or left. `boot` is another one each time it starts. */
  'presence': CustomEvent<{ peer: string, name: string, kind: 'hey-there' | 'here' | 'chau', boot: string }>
}
