import type { CountedCopies } from './policy/select.ts'
import type { MemoryMode, StashState } from './api.ts'

/** How a confidant does: `pending` has not acknowledged the current record yet. */
export type ConfidantState = 'trusted' | 'pending' | 'suspect' | 'failed'

export interface ConfidantStatus {
  peerId: string
  /** Empty if the peer has not told one. */
  name: string
  /** ISO 8601, by this machine's clock: since when it is a confidant of this process. */
  since: string
  state: ConfidantState
  pinned: boolean
  /**
   * Where it keeps what it holds, as it says: on a disk, that outlives its process. Absent until it
   * was heard: it may say so some seconds after it is connected.
   */
  keeps?: 'on disk' | 'in memory'
  /**
   * It promised to keep the current version at least until then: ISO 8601, by this machine's clock. Without a word from us, that is: while we are connected it
   * is put off again and again. Longer, if it is off itself in between. Absent as long as it has not promised it on the present connection.
   */
  keptUntil?: string
}

export interface PeerStatus {
  peerId: string
  name: string
  connected: boolean
  /** The remote host of the connection, if there is one. */
  address?: string
  /** Why it could not be dialled last, for people; only of who is not connected. */
  lastError?: string
  /** Whether it says that it has room; undefined if it has not said. */
  accepting?: boolean
  /** Seconds, as it claims or as this nara saw it boot. This and the next two are of one that is there: connected, or heard since. */
  uptime?: number
  memory?: MemoryMode
  state?: StashState
  /** It holds, or shall hold, our stash. */
  confidant: boolean
  /** We hold its stash. */
  held: boolean
}

/**
 * Why the state is doubtful, and what was seen.
 *
 * - `ROLLBACK_SUSPECTED`: a newer version was seen than can be read, or than the one that is current here.
 * - `CONFLICT`: two versions do not know of each other.
 * - `LOST`: there was a stash, and nobody holds anything of it.
 */
export interface Doubt {
  reason: 'ROLLBACK_SUSPECTED' | 'CONFLICT' | 'LOST'
  /** The newest seen, then the best that can be read. */
  records: DoubtfulRecord[]
  /** Why a merge function could not decide: the message that it failed with. */
  error?: string
}

export interface DoubtfulRecord {
  /** Hex. */
  id: string
  /** Decimal. */
  seq: string
  /** It deletes what it builds on, and has no content. */
  tombstone?: true
  /** It was fetched and opened: it can be adopted. */
  readable: boolean
  /** Peers that showed it; of the version that is current here, those within reach that said that they have it. */
  holders: string[]
  /** When the application wrote it: ISO 8601, by the clock of the machine that did; if readable. */
  createdAt?: string
  /** Of data; if readable. */
  bytes?: number
}

/** Another process with our soul. */
export interface Twin {
  /** 16 hex digits, as in its records. */
  boot: string
  /** Decimal: its highest that was seen, 0 if it was only heard to be there. */
  seq: string
  /** ISO 8601, by this machine's clock. */
  since: string
}

export interface StashStatus {
  peerId: string
  naraId: string
  name: string
  state: StashState
  /** Null while nothing is known. */
  stash: null | { seq: string, bytes: number, sha256: string, updatedAt: string }
  /** What there was has been deleted, by this version; nothing was written since. Null if that is not known: a deletion is remembered for two weeks longer than what it ended was promised. */
  deleted: null | { seq: string }
  /** Bytes of a write that waits for recovery. */
  pending: number | null
  /**
   * As many confidants within reach hold the current version as make it safe. False: it may be lost with this process, however settled the state is. Null while there is no
   * stash.
   */
  safe: boolean | null
  /**
   * `sameAddress`: where several confidants that have it are behind one address, and count as one copy. `keptUntil`: at least until then as many as `minimum` have
   * promised to keep the current version: ISO 8601, by this machine's clock; null while fewer have.
   */
  copies: CountedCopies & { minimum: number, target: number, keptUntil: string | null }
  confidants: ConfidantStatus[]
  /**
   * What is held for others. `accepting`: something small of a new owner's would be taken. `diskFull`: it would not, for the disk
   * has too little room beside what is to stay free.
   */
  held: { count: number, limit: number, bytes: number, byteLimit: number, accepting: boolean, diskFull: boolean }
  recovery: {
    /** Which way the stash came back first: pushed by a confidant or asked for. Null if it did not. */
    via: 'push' | 'fetch' | null
    from: string | null
    /** The search was sure that this is the newest version. False in doubt, and while another version that turned up is not decided on. */
    confirmed: boolean
    /** Versions that turned up since, of which it is not decided yet what they mean. */
    undecided: number
    /** All who showed what is current were away for more than 14 days: it may have been deleted meanwhile, and nobody within reach would know. */
    mayBeDeleted: boolean
    /** The current version was made here since, by a write, a merge or a person's choice: what `confirmed` says is of an older one. */
    written: boolean
    /** Stash peers that answered, of those met. */
    answered: number
    of: number
    doubt: Doubt | null
  }
  /** The latest twin that was seen by this process, if one was. */
  twin: Twin | null
}
