import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** A record and its placement, both signed by `owner`. */
export function isOurs ({ record, placement }: { record: RecordHeader, placement: Placement }, owner: string): boolean {
  return record.owner === owner && placement.owner === owner
}
