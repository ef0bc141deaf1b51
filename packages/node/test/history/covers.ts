import type { BootSeq, SealedRecord } from './entries.ts'

/**
 * The order of records as the model sees it, written down anew: a record's history is its own boot and seq and its past, a version vector; it
 * covers whatever its history reaches.
 */
export function covers (record: Pick<SealedRecord, 'boot' | 'seq' | 'past'>, other: BootSeq): boolean {
  return [record, ...record.past].some(({ boot, seq }) => boot === other.boot && seq >= other.seq)
}
