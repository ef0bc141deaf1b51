import { equals } from 'uint8arrays/equals'
import type { Version } from './own-stash.ts'
import type { Clock } from '@nara-stash/protocol'

/** Content, and when the application wrote it. */
export type Dated = Pick<Version, 'data' | 'createdAt'>

/** What a merge made of others it made just then, unless it came down to one of them. */
export function mergedAt (clock: Clock, data: Uint8Array, others: readonly Dated[]): Dated {
  return { data, createdAt: others.find(other => equals(other.data, data))?.createdAt ?? clock.wallTime() }
}
