import type { Doubt } from './status-types.ts'
import type { SameAddress } from './policy/select.ts'
import type { RefusalReason } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/** Why a peer has no copy. */
export interface CopyFailure {
  peer: string
  /** A refusal's reason, or `unreachable`, `timeout`, `stale`, `conflict`, `protocol violation`. */
  why: RefusalReason | 'unreachable' | 'timeout' | 'stale' | 'conflict' | 'protocol violation'
}

/** Why a peer has no copy of what was written. */
export interface WriteFailure extends Pick<CopyFailure, 'peer'> {
  /**
   * `not accepting`: it was not asked, for it says that it has no room for one more stash. Told while the write is not `kept`.
   */
  why: CopyFailure['why'] | 'not accepting'
}

/**
 * What became of a write: `kept` by at least minCopies, `degraded` with fewer, `unstored` with none. In all three the data
 * is the current stash and distribution goes on.
 */
export interface WriteResult {
  outcome: 'kept' | 'degraded' | 'unstored'
  /** Decimal, of the version that has the data, or was the first to take its place; undefined while the write still waits for recovery. */
  seq?: string
  /**
   * The data was never stored by itself: it was written while another version was on its way, and what was written after it became the
   * next version, which `seq` is. This result is that version's.
   */
  coalesced?: true
  copies: number
  /** Where several confidants that have it are behind one address, and count as one copy. */
  sameAddress?: SameAddress[]
  minimum: number
  target: number
  failures: WriteFailure[]
}

export interface WriteOptions extends AbortOptions {
  /**
   * Milliseconds, from the call on, after which there is an answer in any case: `unstored` and without a seq if recovery still is not over.
   * Until then the write waits for minCopies even if everybody within reach was tried: a nara that has just started may not have met anybody.
   *
   * Without it the write waits for recovery, however long that takes (without peers for ever), and returns once everybody within reach was tried.
   * Whatever the answer, the data is not taken back and distribution goes on, unless the nara stops or `signal` aborts a write that waits.
   *
   * `signal` ends the waiting at once, with its reason. It takes the write back only while that waits by itself: one that took the place of others is
   * distributed all the same, for their data is not kept and their callers are answered by it; one whose place another took is no longer there; and
   * one that is on its way goes on.
   *
   * @default none
   */
  timeout?: number
}

export interface StashData {
  data: Uint8Array
  /** When the application wrote it, however often it was sealed since: milliseconds since 1970 by the clock of the machine that wrote it, a label and no order. */
  timestamp: number
  /**
   * It came back from holders that were all away for more than 14 days: it may have been deleted meanwhile, and nobody within reach would know. Whatever is
   * written next ends that. Absent if there is no reason to think so.
   */
  mayBeDeleted?: true
}

/** A version that was not taken. */
export interface SetAsideStash extends StashData {
  /** Hex: the record's id, or of a write that was never sealed the SHA-256 of its data. */
  id: string
  /** Decimal; undefined for a write that was never sealed. */
  seq?: string
}

/** What a nara holds for an owner. */
export interface StoredStash {
  owner: string
  nonce: Uint8Array
  ciphertext: Uint8Array
  /** When this copy was stored here, by this machine's clock. */
  storedAt: Date
}

/**
 * What became of a deletion: `forgotten` once as many of those who had a copy took the tombstone that no minCopies of them are left, `degraded` with fewer.
 * It goes on in both.
 */
export interface ForgetResult {
  outcome: 'forgotten' | 'degraded'
  /** Who took the tombstone, of those who have or may have a copy. */
  acknowledged: number
  of: number
  failures: CopyFailure[]
}

/**
 * How a copy stood up to a challenge: `proved`; `older` or `newer`, another version is there; `conflict`, one is that does not know of ours, nor ours of it;
 * `missing`, nothing is; `altered`, its proof is wrong; or it was `busy`, `refused`, is `unreachable` or took too long.
 */
export type CopyVerdict = 'proved' | 'older' | 'newer' | 'conflict' | 'missing' | 'altered' | 'busy' | 'refused' | 'unreachable' | 'timeout'

export interface VerifyResult {
  /** Decimal. */
  seq: string
  /**
   * Of every confidant, asked at this moment. `ms` is how long the answer took. `provedAgo` is how long ago it last proved this version to this process, in
   * milliseconds; null if it never did. It gives one proof a minute: `proved` with an age is its last one, and it has said since that it has the version.
   */
  copies: Array<{ peer: string, name: string, verdict: CopyVerdict, ms: number, provedAgo: number | null }>
  /** Copies proved; one per address counts. */
  have: number
  /** Where several confidants that proved it are behind one address, and count as one copy. */
  sameAddress?: SameAddress[]
  minimum: number
  target: number
}

/** What a recovery from the network would have brought, beside what this nara has. */
export interface DrillResult {
  /**
   * - `identical`: our very record, and a start would be sure of it.
   * - `same`: our very record, which a start would take without being sure of it.
   * - `doubtful`: a start would take nothing, and leave it to a person: see `doubt`.
   * - `older`: an older version than ours.
   * - `different`: another one.
   * - `unmatched`: a version, and there is none here to compare it with.
   * - `nothing`: no version could be read.
   */
  outcome: 'identical' | 'same' | 'doubtful' | 'older' | 'different' | 'unmatched' | 'nothing'
  /** Why a start would end in doubt; null if it would not. */
  doubt: Doubt['reason'] | null
  /** Decimal, of the best that could be read; null if nothing could. */
  seq: string | null
  /** Of data. */
  bytes: number
  /** Peers that showed this version. */
  holders: number
  /** Stash peers that answered, of those asked. */
  answered: number
  of: number
  /** Recovery would have been sure of it. */
  confirmed: boolean
  /** It may have been deleted while all who showed it were away, and a recovery would say so with the content. */
  mayBeDeleted: boolean
  /** Whole milliseconds from when peers are connected, so without a start, and finding and dialling them: until it was known which version is the newest, for its body, and in all. */
  ms: { settled: number, body: number, total: number }
}
