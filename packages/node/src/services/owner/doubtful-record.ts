import { isoDate } from '../iso-date.ts'
import type { DoubtfulRecord } from '../../api.ts'
import type { Version } from './own-stash.ts'
import type { RecordHeader } from '@nara-stash/protocol'

/** One of the records that a doubt is about, as people are told of it. */
export function doubtfulRecord ({ id, seq, kind }: RecordHeader, version: Version | undefined, holders: Iterable<string>): DoubtfulRecord {
  return {
    id,
    seq: String(seq),
    readable: version != null,
    holders: [...holders],
    ...(kind === 'tombstone' ? { tombstone: true as const } : {}),
    ...(version == null ? {} : { createdAt: isoDate(version.createdAt), bytes: version.data.byteLength })
  }
}
