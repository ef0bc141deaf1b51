import type { Allows, Placed, SealedRecord } from './entries.ts'
import type { Lie } from '@nara-stash/testing'

/** One process and what runs on it; the next one takes its place. */
export interface NaraFacts {
  up: boolean
  downAt: number
  /** Of its present process. */
  boot: string | undefined
  upAt: number
  asleep: boolean
  /** It heard and said what there was since then. */
  awakeSince: number
  /** Its clock is ahead of time. */
  isAhead: boolean
  /** It has presence. */
  speaks: boolean
  /** What it holds for others is on a disk. */
  keeps: boolean
  slow: number
  group: number
  lie: Lie | undefined
  /** It lied at some time. */
  hasLied: boolean
  links: Set<string>
  /** What it was told of whom its holders may ask for help. */
  allows: Allows
  /** The record whose header it was given. */
  knows: string | undefined
  /** Record by owner, and since when. */
  holds: Map<string, { record: string, since: number }>
  /** By owner, the tombstone that it has, or said that it has, since when, and until when by the furthest clock: a promise, whatever it shows since. */
  buried: Map<string, { record: string, since: number, until: number }>
  /** What it held when its last process died. */
  died: Map<string, string>
  /** By owner, the latest placement that it was given for what it holds, and when. */
  given: Map<string, { record: string, placement: Placed, at: number }>
}

export interface WriteFacts {
  write: string
  /** Of the process in which it was made. */
  boot: string | undefined
  text: string | undefined
  builds: ReadonlySet<string>
  at: number
  /** When its application was told that it is kept. */
  keptAt: number | undefined
  /** It was deleted, or a person decided for another version. */
  givenUp: boolean
  /** The writes that it deletes, if that is what it does. */
  ends: ReadonlySet<string> | undefined
}

/** What one soul wrote, in whatever process. */
export interface SoulFacts {
  /** Every content that there may be: what was written, and what a merge function made. */
  texts: Set<string>
  writes: Map<string, WriteFacts>
  aside: Set<string>
  /** The latest placement with which it stored. */
  placed: Placed | undefined
  /** While it is away and nothing else happens, how many copies there were in the beginning. */
  aloneWith: number | undefined
}

/** The life of a process that has a stash of its own. */
export interface Life {
  process: string
  upAt: number
  /** Infinity while it is up. */
  downAt: number
}

/** What a process knows of its own stash. */
export interface OwnerFacts {
  state: string
  stateSince: number
  /** It found out what its stash is. */
  isKnown: boolean
  /** The record that is current, and the writes that its content builds on. */
  current: string | undefined
  builds: ReadonlySet<string>
  /** The writes that a person is deciding about. */
  deciding: WriteFacts[]
  /** A person wanted nothing of what it had seen. */
  isFresh: boolean
  /** Records that it had seen when a person decided against them. */
  dismissed: Set<string>
  /** Records that it is, or was last, in doubt about, and can show. */
  readable: readonly string[]
  /** Other boots of its soul that it told of. */
  twins: Set<string>
  /** Records of its own that it was shown, and when first. */
  heard: Map<string, number>
  /** With what it stored last, and since when these hold. */
  placed: { holders: readonly string[], since: number } | undefined
  /** The placements that it was shown, by record. */
  shown: Map<string, Placed[]>
}

export interface RecordFacts extends SealedRecord {
  builds: ReadonlySet<string>
  /** What the furthest clock showed when it was seen for the first time. */
  seenAt: number
  /** Who said on the wire that it holds it, with which placement, honest or not. */
  saidBy: Map<string, Set<string>>
}
