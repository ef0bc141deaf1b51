import type { Lie } from '@nara-stash/testing'
import type { Surrogates } from '@nara-stash/protocol'

/**
 * What can be known of a run without asking the code under test what it means by it: what applications did and were told, what went over the
 * wire, who held what, and what the world did to everybody. Who does something is a process: its peer id, with a mark if another one has the same soul. Whose stash a
 * record, a copy or a placement belongs to is a peer id. A content is known by the writes that it builds on.
 */
export type Happening =
  // the world
  /**
   * `allows`: what it was told of whom its holders may ask for help; with those listed alone it deals. `knows`: the record that an earlier process knew to be
   * acknowledged, and whose header it was given. `speaks`: it has presence. `keeps`: what it holds for others is on a disk.
   */
  { type: 'up', nara: string, boot: string | undefined, allows?: Allows, knows?: string, speaks?: boolean, keeps?: boolean } |
  { type: 'down', nara: string, how: 'kill' | 'cut' | 'stop' } |
  /** A connection, as one end sees it. */
  { type: 'link', nara: string, peer: string, up: boolean } |
  /** Nobody hears those of another group; no groups at all is one network. */
  { type: 'partition', groups: string[][] } |
  { type: 'slow', nara: string, factor: number } |
  { type: 'loss', share: number } |
  { type: 'sleep', nara: string } |
  { type: 'wake', nara: string, counted: boolean } |
  { type: 'jump', nara: string, clock: 'wall' | 'own', ms: number } |
  { type: 'lie', nara: string, lie: Lie } |
  // the application of an owner
  { type: 'write', owner: string, write: string, text: string } |
  { type: 'merge', owner: string, text: string } |
  { type: 'told', owner: string, write: string, outcome: 'kept' | 'degraded' | 'unstored', coalesced?: true } |
  { type: 'refused', owner: string, write: string, error: string } |
  /** A deletion is a write without content. */
  { type: 'forget', owner: string, write: string, ends: string[] } |
  { type: 'forgotten', owner: string, write: string, outcome: 'forgotten' | 'degraded' } |
  /** A person decides a doubt: whatever is not chosen is given up, though it may never have been seen. */
  { type: 'choose', owner: string, how: Choice } |
  /** What came of it; `text` is current, if it could be decided. */
  { type: 'chose', owner: string, how: Choice, text: string | undefined, error?: string } |
  // what an owner shows
  { type: 'state', owner: string, state: string, record: string | undefined, text: string | undefined } |
  { type: 'recovered', owner: string, record: string | undefined, text: string | undefined, confirmed: boolean, answered: number, of: number } |
  /** It tells whoever asks that minCopies have this. */
  { type: 'watermark', owner: string, record: string } |
  /** `readable`: those of the records whose content a person can be shown. */
  { type: 'doubt', owner: string, reason: string, records: string[], readable: string[] } |
  { type: 'aside', owner: string, text: string } |
  /** It tells that another process has its soul. */
  { type: 'twin', owner: string, boot: string } |
  // the wire; `shows` are the headers in an answer
  { type: 'sealed', record: SealedRecord } |
  { type: 'sent', request: string, from: string, to: string, owner: string, record: string } |
  { type: 'answered', request: string, from: string, to: string, owner: string, record: string | undefined, answer: string, placement: Placed | undefined, direct: boolean, shows?: readonly string[] } |
  // who holds what
  /** `why` a copy went: its nara died, or what it said. */
  { type: 'holds', nara: string, owner: string, record: string | undefined, why?: string } |
  // marks of the schedule
  { type: 'look' } |
  /** From here on nothing happens to anybody, and all are within each other's reach. */
  { type: 'quiet' } |
  { type: 'end' } |
  /** From here on an owner is away, and one of its holders; all others are within each other's reach. */
  { type: 'alone', owner: string } |
  { type: 'alone end', owner: string }

export type Entry = { at: number } & Happening

export type EntryOf<T extends Happening['type']> = Extract<Entry, { type: T }>

export type Choice = 'accept older' | 'adopt' | 'fresh'

export interface BootSeq {
  boot: string
  seq: number
}

export interface SealedRecord extends BootSeq {
  id: string
  owner: string
  kind: 'data' | 'tombstone'
  past: readonly BootSeq[]
  /** What its body says; undefined for a tombstone. */
  text: string | undefined
}

/** Whom holders may ask for help beside those whom the owner chose. */
export interface Allows {
  surrogates: Surrogates
  allowed: readonly string[]
}

export interface Placed extends Allows {
  id: string
  version: number
  target: number
  holders: readonly string[]
}

/** Sets a second process with one soul apart from the first. */
export const TWIN = "'"

/** The peer id of a process: of two that live at the same time one has a mark besides. */
export function soulOf (process: string): string {
  return process.endsWith(TWIN) ? process.slice(0, -TWIN.length) : process
}

/** What an application stores: which write it is, on which others it builds, and filling, so that half of one is seen to be half of one. */
export interface Content {
  owner: string
  write: string
  builds: readonly string[]
}

export function textOf ({ owner, write, builds }: Content, bytes = 0): string {
  return JSON.stringify({ owner, write, builds, filling: `${write} `.repeat(Math.ceil(bytes / (write.length + 1))) })
}

/** The writes that a text builds on, itself among them. */
export function buildsOf (text: string | undefined): ReadonlySet<string> {
  if (text == null) {
    return new Set()
  }

  try {
    const { builds } = JSON.parse(text) as Content

    return new Set(builds)
  } catch {
    // no text of ours: the rules of what may be shown say so
    return new Set()
  }
}
