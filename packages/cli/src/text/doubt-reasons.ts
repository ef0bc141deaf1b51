import type { Doubt } from '@nara-stash/node'

/** What each reason for doubt means, for people. */
export const doubtReasons: Record<Doubt['reason'], string> = {
  ROLLBACK_SUSPECTED: 'a newer version was seen than anybody within reach holds',
  CONFLICT: 'there are versions that do not know of each other',
  LOST: 'there was a stash, and nobody within reach holds anything of it'
}
