import type { HeldStash } from './held-stash.ts'
import type { RecordHeader } from '../record/header.ts'
import type { AbortOptions } from '@libp2p/interface'

/** A stash of which no copy could be read back, and why. */
export interface DamagedStash {
  owner: string
  /** SHA-256 of the record's payload, hex, if at least that is known. */
  recordId?: string
  reason: 'its entry is unreadable' | 'its body is missing or damaged' | 'the disk fails to read it'
}

export interface LoadedStashes {
  /** Tombstones among them, and all of them `restored`. */
  stashes: HeldStash[]
  damaged: DamagedStash[]
  /** The `wallTime` of the last stamp, if there is one that told it. */
  lastWall?: number
}

/** What a holder notes from time to time, so that a restart knows how long it was away and what was left of the leases. */
export interface Stamp {
  /** When this nara was last in touch with others: milliseconds since 1970 as far as they are known for sure. */
  wallTime?: number
  /** Seconds left of the lease of each stash held, by owner. */
  leases: ReadonlyMap<string, number>
}

export interface RoomOptions {
  /**
   * The bytes are to be taken now: as much of what is set aside goes as makes room for them. None does if all would not.
   *
   * @default false
   */
  makeWay?: boolean
}

/**
 * Where held stashes are kept, and tombstones: of each owner one or the other. The caller sees to it that the writes for one owner follow one another.
 * Any rejection means that the store failed, and says nothing about what is there.
 */
export interface StashStore {
  /** True if what is kept here outlives this process. */
  readonly persistent: boolean

  /**
   * Takes into use what is for one nara at a time, such as a folder. Called before `load`, and before anything else after `close`. A store
   * that others may use beside it has none.
   */
  open? (): Promise<void>

  /** Lets go of what `open` took, once all that is under way is done. What is there can be read all the same. */
  close? (): Promise<void>

  /** All that is there and whole. What is not is cleared away. Called once, before anything else. */
  load (options?: AbortOptions): Promise<LoadedStashes>

  /**
   * Resolves once stash and body are kept in place of the owner's present ones. Until then, and if it rejects, those stay
   * readable. The body belongs to the store from here on; that of a tombstone is empty.
   */
  put (stash: HeldStash, body: Uint8Array): Promise<void>

  /** Keeps what changed about a stash whose record, and so its body, stays the same. */
  update (stash: HeldStash): Promise<void>

  /** The record's body, of the length and digest that it promises; undefined if it is not there or is not that. */
  body (record: RecordHeader, options?: AbortOptions): Promise<Uint8Array | undefined>

  /**
   * Resolves once nothing is left of what the owner's present stash or tombstone replaced, or of what could not be put in its place. A store that
   * keeps nothing of either anyway has none.
   */
  clear? (owner: string): Promise<void>

  /** Nothing of the owner's is found by a later `load`. */
  delete (owner: string): Promise<void>

  /**
   * Bytes of the holder's capacity that a stash with a body of so many takes here.
   *
   * @default the body's
   */
  cost? (bodyLength: number): number

  /**
   * False if so many bytes more would not fit, or take what is to stay free, although what is set aside made way.
   *
   * @default true
   */
  hasRoom? (bytes: number, options?: RoomOptions): Promise<boolean>

  /**
   * Lets go of files that were set aside, which are of no stash any more, until they take no more than so many bytes. A store that sets nothing
   * aside has none.
   */
  trim? (bytes: number): Promise<void>

  /**
   * Keeps a stamp in place of the last one. Its `leases` count on from the time that was run until then, over any number of restarts. A
   * store that forgets everything at a restart has none.
   */
  stamp? (stamp: Stamp): Promise<void>
}
