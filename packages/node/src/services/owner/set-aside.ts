import { createSha256 } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import type { SetAsideStash } from '../../api.ts'
import type { Version } from './own-stash.ts'

/** A version, or a write that was never sealed. */
export type Content = Pick<Version, 'data' | 'createdAt'> & Partial<Pick<Version, 'record'>>

/** As people are shown it, and adopt it by its id. */
export function asSetAside ({ record, data, createdAt }: Content): SetAsideStash {
  return {
    id: record?.id ?? toString(createSha256().update(data).digest(), 'base16'),
    ...(record == null ? {} : { seq: String(record.seq) }),
    data,
    timestamp: createdAt
  }
}
