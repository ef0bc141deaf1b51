import { order } from '@nara-stash/protocol'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/** A valid record of ours that we did not know, and what we know. */
export interface Surprise {
  record: RecordHeader
  /** Knows the ids of the placements that it came with. */
  placements: Pick<ReadonlySet<string>, 'has'>
  /** Our next record will supersede it. */
  covered: boolean
  /** The record whose content is ours; undefined if we have nothing. */
  content: RecordHeader | undefined
  /** The application has written since that was recovered. */
  written: boolean
  /** Id of the placement with which recovery was confirmed. */
  confirmedBy: string | undefined
  /** Our present boot. */
  boot: string
}

/**
 * - `known`: nothing to decide.
 * - `leftover`: a store that a crash of ours cut short; minCopies never acknowledged it.
 * - `newer`: it builds on what we recovered, and nothing was written since: it is what we should have found.
 * - `again`: what we have deleted was deleted twice, and neither knows of the other.
 * - `other`: beside ours, or above what we wrote: merge decides, or a person.
 */
export type Meaning = 'known' | 'leftover' | 'newer' | 'again' | 'other'

/**
 * What a record means that turns up after recovery (SPEC.md, "Later surprises").
 *
 * A leftover: recovery was confirmed, the record is an earlier boot's, and came with the very placement that confirmed. Had minCopies
 * of that placement acknowledged it, one of those who confirmed would have shown it.
 */
export function meaningOf ({ record, placements, covered, content, written, confirmedBy, boot }: Surprise): Meaning {
  if (covered) {
    return 'known'
  }

  if (confirmedBy != null && placements.has(confirmedBy) && record.boot !== boot) {
    return 'leftover'
  }

  const isAbove = content == null || order(record, content) === 'supersedes'

  if (content?.kind === 'tombstone' && record.kind === 'tombstone') {
    return isAbove ? 'newer' : 'again'
  }

  return isAbove && !(written && content != null) ? 'newer' : 'other'
}

/**
 * The placements of which each alone can have acknowledged the record, if it was acknowledged at all; undefined if that cannot be told (SPEC.md, "Later surprises"). It was never acknowledged
 * with another one before, as its owner says; and not after, since somebody has it with this one, or refused it.
 */
export function decisivePlacements ({ record, placements }: { record: RecordHeader, placements: ReadonlyMap<string, Placement> }): Placement[] | undefined {
  const all = [...placements.values()]

  return record.kind === 'data' && all.length > 0 && all.every(({ sinceSeq }) => sinceSeq != null && sinceSeq <= record.seq) ? all : undefined
}
