import type { ConfidantState, Doubt, PeerStatus, StashStatus } from './status-types.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Clock, Random, RefusalReason } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import type { TypedEventTarget } from 'main-event'

export type * from './status-types.ts'

/**
 * What a nara's stash is doing (SPEC.md, "Settling").
 *
 * - `searching`: no peer has answered with anything yet. Without peers this lasts, and is never called empty.
 * - `recovering`: a copy was found; whether it is the newest is being asked.
 * - `settled`: the stash is known.
 * - `empty`: peers answered, nobody holds anything.
 * - `doubtful`: a newer record than the newest readable one was seen, or two that do not know of each other. Writes wait.
 */
export type StashState = 'searching' | 'recovering' | 'settled' | 'empty' | 'doubtful'

export type MemoryMode = 'low' | 'medium' | 'high'

/**
 * Decides when a write was made before an older or other version turned up: returns the content that takes in both, at most maxStash bytes. It is
 * waited for, so it must end by itself, and must not wait for a write of the same stash. What it throws rejects the write, or leaves a doubt.
 */
export type Merge = (recovered: Uint8Array, pending: Uint8Array) => Uint8Array | Promise<Uint8Array>

export interface StashInit {
  /** Owner of the stash. Without a soul a nara only holds for others. */
  soul?: Soul

  /**
   * The soul was made by this very process, so nobody can hold anything for it: empty at once.
   *
   * @default false
   */
  fresh?: boolean

  /** Without it, a write made before a stash was recovered is rejected with RecoveredFirstError. */
  merge?: Merge

  /** Copies wanted. @default 3 */
  target?: number

  /** Copies that make a write safe. @default min(2, target) */
  minCopies?: number

  /** Largest own stash, and largest that is held for others, in bytes of data. @default 1 MiB */
  maxStash?: number

  /** How many stashes are held for others: 5, 20 or 50. @default detected from the machine's memory */
  memory?: MemoryMode

  /** Bytes held for others. @default that of the memory mode */
  maxHeldBytes?: number

  /** Milliseconds that a confidant may be away before it is replaced while minCopies are there. @default 60_000 */
  repairDelay?: number

  /** Connections to other naras that are kept if there are as many; 0 dials nobody. @default 16 */
  minConnections?: number

  /** Peer ids. If given, only these are chosen as confidants and only for these is anything held. */
  allow?: readonly string[]

  /** Peer ids that are never chosen and for whom nothing is held. */
  deny?: readonly string[]

  /** Peer ids pinned as confidants from the start; what cannot be is an InvalidConfidantsError. */
  confidants?: readonly string[]

  /** Keeps what is held for others over a restart; ciphertext only. @default RAM */
  datastore?: Datastore

  /** @default the machine's clock */
  clock?: Clock

  /** @default the platform's secure randomness */
  random?: Random
}

/** Why a peer has no copy. */
export interface CopyFailure {
  peer: string
  /** A refusal's reason, or `unreachable`, `timeout`, `stale`, `conflict`, `protocol violation`. */
  why: RefusalReason | 'unreachable' | 'timeout' | 'stale' | 'conflict' | 'protocol violation'
}

/**
 * What became of a write: `kept` by at least minCopies, `degraded` with fewer, `unstored` with none. In all three the data
 * is the current stash and distribution goes on.
 */
export interface WriteResult {
  outcome: 'kept' | 'degraded' | 'unstored'
  /** Decimal; undefined while the write still waits for recovery. */
  seq?: string
  copies: number
  minimum: number
  target: number
  failures: CopyFailure[]
}

export interface WriteOptions extends AbortOptions {
  /**
   * Milliseconds, from the call on, after which there is an answer in any case: `unstored` and without a seq if recovery still is not over.
   * Until then the write waits for minCopies even if everybody within reach was tried: a nara that has just started may not have met anybody.
   *
   * Without it the write waits for recovery, however long that takes (without peers for ever), and returns once everybody within reach was tried.
   * Whatever the answer, the data is not taken back and distribution goes on, unless the nara stops or the signal aborts a write that waits.
   *
   * @default none
   */
  timeout?: number
}

export interface StashData {
  data: Uint8Array
  /** Milliseconds since 1970 by the clock of the machine that wrote it: a label, not an order. */
  timestamp: number
}

/** What a nara holds for an owner. */
export interface StoredStash {
  owner: string
  nonce: Uint8Array
  ciphertext: Uint8Array
  /** When this copy was stored here, by this machine's clock. */
  storedAt: Date
}

export interface StashEvents {
  'stash:state': CustomEvent<{ state: StashState, previous: StashState }>
  /** A copy of our own stash was found, verified and decrypted for the first time. */
  'stash:found': CustomEvent<{ via: 'push' | 'fetch', from: string, seq: string, bytes: number }>
  /** The stash is back and current. */
  'stash:recovered': CustomEvent<{ via: 'push' | 'fetch', from: string, seq: string, bytes: number, confirmed: boolean, answered: number, of: number }>
  /** The number of living copies changed. */
  'stash:copies': CustomEvent<{ seq: string, have: number, minimum: number, target: number }>
  'stash:doubt': CustomEvent<Doubt>
  /** A version was not taken, but stays readable with `setAside()`. */
  'stash:set-aside': CustomEvent<{ bytes: number, timestamp: number }>
  'confidant:add': CustomEvent<{ peer: string, name: string }>
  'confidant:remove': CustomEvent<{ peer: string, name: string, why: string }>
  'confidant:state': CustomEvent<{ peer: string, name: string, state: ConfidantState }>
  /** We keep a version for somebody. */
  'held:stored': CustomEvent<{ owner: string, name: string, seq: string, bytes: number }>
  'held:refused': CustomEvent<{ owner: string, name: string, reason: RefusalReason }>
  'held:dropped': CustomEvent<{ owner: string, name: string, why: string }>
  /** We offered an owner its stash. */
  'held:pushed': CustomEvent<{ owner: string, name: string, seq: string, outcome: string }>
  'peer:connect': CustomEvent<{ peer: string, name: string, address?: string }>
  'peer:disconnect': CustomEvent<{ peer: string, name: string }>
  /** A presence message: somebody came, is here, or left. */
  'presence': CustomEvent<{ peer: string, name: string, kind: 'hey-there' | 'here' | 'chau' }>
}

/**
 * The stash of a nara: the owner's side and the confidant's, as one service. `StashService` in Go; the package's README maps
 * every name.
 */
export interface Stash extends TypedEventTarget<StashEvents> {
  readonly state: StashState
  /** Peer ids of those who hold, or shall hold, our stash. */
  readonly confidants: string[]
  readonly targetConfidants: number
  /** How many stashes we hold for others at most. */
  readonly storageLimit: number
  /** How many we hold. */
  readonly storedCount: number

  /**
   * Makes `data` the current stash, picks confidants if there are too few, and distributes it. Waits for recovery first.
   *
   * @throws {RecoveredFirstError} a stash was recovered meanwhile and there is no merge function; nothing is lost on either side
   * @throws {TooLargeError} more than maxStash bytes
   * @throws {TypeError} no Uint8Array
   * @throws {NoSoulError} this nara only holds for others, here as in all that concerns a stash of its own
   * @throws what `merge` throws
   */
  setStashData (data: Uint8Array, options?: WriteOptions): Promise<WriteResult>

  /** The current stash, or undefined. */
  getStashData (): StashData | undefined
  hasStashData (): boolean

  /** Forgets the local stash and searches for it anew, as after a restart. Sends nothing, and no confidant forgets anything. */
  clearMyStash (): void

  /**
   * Stores the current stash with every confidant that has not acknowledged it.
   *
   * @throws {NotFoundError} there is no stash yet
   */
  distributeToConfidants (options?: WriteOptions): Promise<WriteResult>

  /**
   * Makes `data` the next version and stores it with `peer`, which becomes a confidant. The other confidants follow.
   *
   * @throws {RefusedError | TimeoutError | UnreachableError} it did not take it; the data is the current stash all the same, unless `peer` was not connected
   * @throws {DoubtfulError} it holds another version
   * @throws {InvalidConfidantsError} ourselves, a denied peer, or no peer id
   * @throws {RecoveredFirstError | TooLargeError | TypeError} as setStashData
   */
  storeWith (peer: string, data: Uint8Array, options?: WriteOptions): Promise<void>

  /**
   * The decrypted bytes of what `peer` holds for us. Changes nothing.
   *
   * @throws {NotFoundError | WrongKeyError | RefusedError | TimeoutError | UnreachableError}
   */
  requestFrom (peer: string, options?: AbortOptions): Promise<Uint8Array>

  /**
   * Asks every stash peer, adopts the newest version and returns it. Waits until it is known which that is: up to half a minute, or as long as
   * the signal allows.
   *
   * @throws {NotFoundError} nobody holds anything
   * @throws {UnreachableError} nobody to ask
   * @throws {DoubtfulError} what came back does not settle it
   */
  recoverFromAny (options?: AbortOptions): Promise<Uint8Array>

  /**
   * Offers `owner` the stash we hold for it.
   *
   * @throws {NotHeldError | UnreachableError | TimeoutError}
   * @throws {HeldStoreError} the datastore failed
   */
  pushTo (owner: string, options?: AbortOptions): Promise<'taken' | 'had it' | 'had a newer one' | 'relieved' | 'refused'>

  /**
   * Replaces the confidants and pins them: they are not replaced when they fail, only helped out. None unpins those there are.
   *
   * @throws {InvalidConfidantsError} ourselves, doubles, a denied peer, more than 16, or not a peer id
   */
  setConfidants (peers: readonly string[]): void

  /**
   * Unpins, and picks the longest-running willing peer and others at random.
   *
   * @throws {NotEnoughConfidantsError} `{ found, target }`; those found are kept
   */
  selectConfidantsAutomatically (options?: AbortOptions): Promise<string[]>

  /** Versions that were not taken, the latest first: strangers of our own, and writes that recovery came before. */
  setAside (): StashData[]

  /** True if we hold a stash for `owner`. */
  hasStashFor (owner: string): boolean
  /**
   * What we hold for `owner`, undefined if nothing.
   *
   * @throws {HeldStoreError} the datastore failed
   */
  getStoredStash (owner: string, options?: AbortOptions): Promise<StoredStash | undefined>

  /** The state as JSON for debugging; holds no secret. */
  marshalState (): string
  status (): StashStatus
  peers (): PeerStatus[]

  /** Resolves once the state is settled, empty or doubtful, with that state. */
  whenSettled (options?: AbortOptions): Promise<StashState>
}
