import type { Leave, StashEvents } from './event-types.ts'
import type {
  DrillResult, ForgetResult, SetAsideStash, StashData, StoredStash, VerifyResult, WriteOptions, WriteResult
} from './result-types.ts'
import type { PeerStatus, StashStatus } from './status-types.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Clock, Random, StashStore, Surrogates } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'
import type { AddressBook } from './address-book.ts'
import type { Datastore } from 'interface-datastore'
import type { TypedEventTarget } from 'main-event'

export type * from './event-types.ts'
export type * from './result-types.ts'
export type * from './status-types.ts'
export type { CountedCopies, SameAddress } from './policy/select.ts'

/**
 * What a nara's stash is doing (SPEC.md, "Settling").
 *
 * - `searching`: no peer has answered with anything yet. Without peers this lasts, and is never called empty.
 * - `recovering`: a copy was found; whether it is the newest is being asked.
 * - `settled`: the stash is known.
 * - `empty`: peers answered, nobody holds anything.
 * - `doubtful`: a newer record than the newest readable one was seen, or two that do not know of each other, or one that nobody has any longer. Writes
 *   wait until `adopt`, `acceptOlder` or `startFresh` decides, or what is missing turns up.
 */
export type StashState = 'searching' | 'recovering' | 'settled' | 'empty' | 'doubtful'

export type MemoryMode = 'low' | 'medium' | 'high'

/**
 * Decides when a write was made before an older or other version turned up: returns the content that takes in both, at most maxStash bytes. It is
 * waited for, so it must end by itself; what it calls to change the same stash is an InsideMergeError. What it throws rejects the write, or leaves a doubt.
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

  /**
   * The header of our newest record, as `stash:watermark` told it to an earlier process: a signed envelope, no content. Who finds less than this is in doubt,
   * where without it nothing found would be `empty`. One that is not of this soul is an InvalidOptionError when the nara starts.
   *
   * @default none
   */
  lastKnown?: Uint8Array

  /** Without it, a write made before a stash was recovered is rejected with RecoveredFirstError. */
  merge?: Merge

  /** Copies wanted. @default 3 */
  target?: number

  /** Copies that make a write safe. @default min(2, target) */
  minCopies?: number

  /**
   * Also confidants behind one address count as a copy each. What ends the one machine, or the one router, that has the address may then end several copies at once.
   *
   * @default false: they count as one
   */
  countEach?: boolean

  /** Largest own stash, and largest that is held for others, in bytes of data. @default 1 MiB */
  maxStash?: number

  /** How many stashes are held for others: 5, 20 or 50. @default detected from the machine's memory */
  memory?: MemoryMode

  /** Bytes held for others. @default that of the memory mode */
  maxHeldBytes?: number

  /** Milliseconds that a confidant may be away before it is replaced while minCopies are there. @default 60_000, and two hours if it went with its copy on a disk */
  repairDelay?: number

  /**
   * How long confidants promise to keep our stash without a word from us: milliseconds, 1 to 400 days. What each promised is in `status()`.
   *
   * @default 30 days
   */
  lease?: number

  /** How long we promise others at most, whatever they ask for: milliseconds, 1 to 400 days. @default 400 days */
  maxLease?: number

  /**
   * Whom a confidant may ask to keep a copy while we are away: anybody, only those on the allow list (at most 64), or nobody.
   *
   * @default 'any'
   */
  surrogates?: Surrogates

  /**
   * Milliseconds that `leave()`, or a stop of one that holds in RAM, may take to hand on what is held here; 0 hands nothing on,
   * and tells of what others are not known to have enough copies (`left`).
   *
   * @default 10_000
   */
  leaveTimeout?: number

  /** Connections to other naras that are kept if there are as many; 0 dials nobody. @default 16 */
  minConnections?: number

  /** Peer ids. If given, only these are chosen as confidants and only for these is anything held. */
  allow?: readonly string[]

  /** Peer ids that are never chosen and for whom nothing is held. */
  deny?: readonly string[]

  /** Peer ids pinned as confidants from the start; what cannot be is an InvalidConfidantsError. */
  confidants?: readonly string[]

  /**
   * Where what is held for others is kept (ciphertext). `fileStore(path)` of `@nara-stash/node/file-store` keeps it in a folder, over
   * restarts and power cuts.
   *
   * @default RAM
   */
  held?: StashStore

  /** In place of `held`: an interface-datastore. What a restart or a power cut leaves is what that keeps. */
  datastore?: Datastore

  /** Remembers the peers that were met, so that they are tried again after a restart. @default nothing is remembered */
  addressBook?: AddressBook

  /** @default the machine's clock */
  clock?: Clock

  /** @default the platform's secure randomness */
  random?: Random
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
   * @throws {TwinError} another process uses our soul, and what it wrote is in the way: it is in doubt which of the two is ours
   * @throws {TooLargeError} more than maxStash bytes
   * @throws {TooManyWritesError} so many wait already, or hold so many bytes
   * @throws {InsideMergeError} called by a merge function
   * @throws {TypeError} no Uint8Array
   * @throws {NoSoulError} this nara only holds for others, here as in all that concerns a stash of its own
   * @throws what `merge` throws
   */
  setStashData (data: Uint8Array, options?: WriteOptions): Promise<WriteResult>

  /** The current stash. Undefined if there is none, it is not known yet, or it is in doubt what was found: `setAside()` has what can be read then. */
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

  /**
   * Versions that were not taken, each to be adopted by its id: while it is in doubt which is ours, those that can be read, the best first; then what was set
   * aside, the latest first: strangers of our own, and writes that recovery came before.
   */
  setAside (): SetAsideStash[]

  /**
   * Ends a doubt: the best version that can be read becomes the current one, sealed anew at once with all that was seen in its past, so that whatever turns
   * up of that is known to be older. Other versions that could be read are set aside. Writes that wait behave as after a recovery.
   *
   * @throws {NotDoubtfulError} nothing is in doubt
   * @throws {NotFoundError} no version can be read
   */
  acceptOlder (options?: WriteOptions): Promise<WriteResult>

  /**
   * Makes one of several versions the current one: one of a doubt, or one that was set aside; sealed anew at once with all that was seen in its past. The
   * others, and what was current, are set aside.
   *
   * @param recordId - hex, as `status().recovery.doubt` and `setAside()` tell it
   * @throws {NotDoubtfulError} that version is the current one, and nothing is in doubt
   * @throws {NotFoundError} no such version can be read
   */
  adopt (recordId: string, options?: WriteOptions): Promise<WriteResult>

  /**
   * Ends a doubt: there is nothing, and the next write has all that was seen in its past. Versions that could be read are set aside. Who holds one goes on to;
   * `forgetStash` deletes them.
   *
   * @throws {NotDoubtfulError} nothing is in doubt
   */
  startFresh (options?: AbortOptions): Promise<void>

  /**
   * Deletes our stash everywhere: a tombstone goes to everybody who has, or may have, a copy, and to those who come back later. The state is `empty` then,
   * and what was set aside is gone; a write that was made before and waits is answered `unstored` and gone as well. A write afterwards builds on the tombstone.
   *
   * @throws {NotFoundError} there is nothing to forget
   * @throws {DoubtfulError} what our stash is, is in doubt: decide first
   */
  forgetStash (options?: WriteOptions): Promise<ForgetResult>

  /**
   * Has every confidant prove that it has the current version, byte by byte. Who fails is replaced.
   *
   * @throws {NotFoundError} there is no stash
   */
  verify (options?: AbortOptions): Promise<VerifyResult>

  /**
   * Recovers from the network with nothing but the soul, beside what this nara has in memory, which is neither used nor touched; compares, and discards it.
   *
   * @throws {UnreachableError} nobody to ask
   * @throws {StoppingError} this nara stopped before it was known
   */
  drill (options?: AbortOptions): Promise<DrillResult>

  /** True if we hold a stash for `owner`. */
  hasStashFor (owner: string): boolean
  /**
   * What we hold for `owner`, undefined if nothing.
   *
   * @throws {HeldStoreError} the datastore failed
   */
  getStoredStash (owner: string, options?: AbortOptions): Promise<StoredStash | undefined>

  /**
   * Leaves for good, or for long: has others keep what is held here, in `leaveTimeout`, and lets go of what they took. From then on nothing more is taken;
   * then stop the host. A stop alone does this for what is held in RAM; what is on a disk stays there, and is here again at the next start.
   */
  leave (): Promise<Leave>

  /** The state as JSON for debugging; holds no secret. */
  marshalState (): string
  status (): StashStatus
  peers (): PeerStatus[]

  /** Resolves once the state is settled, empty or doubtful, with that state. */
  whenSettled (options?: AbortOptions): Promise<StashState>
}
