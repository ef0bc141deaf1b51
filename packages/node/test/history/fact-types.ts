import type { Placed, SealedRecord } from './entries.ts'
import type { Lie } from '@nara-stash/testing'

export interface NaraFacts {
  up: boolean
  downAt: number
  /** Of its present process. */
  boot: string | undefined
  upAt: number
  asleep: boolean
  slow: number
  group: number
  lie: Lie | undefined
  /** It lied at some time. */
  hasLied: boolean
  links: Set<string>
  /** Record by owner, and since when. */
  holds: Map<string, { record: string, since: number }>
  /** What it held when its last process died. */
  died: Map<string, string>
}

export interface WriteFacts {
  write: string
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

export interface OwnerFacts {
  /** Every content that there may be: what was written, and what a merge function made. */
  texts: Set<string>
  writes: Map<string, WriteFacts>
  state: string
  stateSince: number
  /** Its present process found out what its stash is. */
  isKnown: boolean
  /** The record that is current, and the writes that its content builds on. */
  current: string | undefined
  builds: ReadonlySet<string>
  aside: Set<string>
  /** The writes that a person is deciding about. */
  deciding: WriteFacts[]
  /** Records that its present process had seen when a person decided against them. */
  dismissed: Set<string>
  /** The latest placement with which it stored. */
  placed: Placed | undefined
  /** While it is away and nothing else happens, how many copies there were in the beginning. */
  aloneWith: number | undefined
  /** The placements that its present process was shown, by record. */
  shown: Map<string, Placed[]>
}

export interface RecordFacts extends SealedRecord {
  builds: ReadonlySet<string>
  /** Who said on the wire that it holds it, with which placement, honest or not. */
  saidBy: Map<string, Set<string>>
}
