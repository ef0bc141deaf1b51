import type { Doubt } from '@nara-stash/node'

/** What each reason for doubt means, for people. */
export const doubtReasons: Record<Doubt['reason'], string> = {
  ROLLBACK_SUSPECTED: 'a newer version was seen than anybody within reach holds',
  CONFLICT: 'there are versions that do not know of each other',
  LOST: 'there was a stash, and nobody within reach holds anything of it'
}

/** Why this doubt is one: of a newer version that is suspected, whether it is out of reach, cannot be read, or is here to be decided on. */
export function whyDoubtful ({ reason, records }: Pick<Doubt, 'reason' | 'records'>): string {
  const [newest] = records.toSorted((a, b) => Number(b.seq) - Number(a.seq))

  if (reason !== 'ROLLBACK_SUSPECTED' || newest == null || newest.holders.length === 0) {
    return doubtReasons[reason]
  }

  return newest.readable ? 'a newer version turned up than the one that is current here' : 'a newer version was seen than can be read'
}
