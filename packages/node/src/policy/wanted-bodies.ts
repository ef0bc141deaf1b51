import { newestOf } from '@nara-stash/protocol'
import type { Answer } from './settle.ts'
import type { RecordHeader } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

export interface WantedBodiesInput {
  answers: readonly Answer[]
  /** True if the record was read, or its body is on its way. */
  isCared (record: string): boolean
  /** True if the peer may be asked for this record: it was not, or long enough ago. */
  mayAsk (peer: string, record: string): boolean
}

/**
 * The bodies to ask for, each of one peer: those of the newest records seen; where nobody can be asked for one, those of the newest below it,
 * so that a person who is told of a lost version can read the one before.
 */
export function wantedBodies ({ answers, isCared, mayAsk }: WantedBodiesInput): Array<{ peer: string, record: RecordHeader }> {
  const wanted: Array<{ peer: string, record: RecordHeader }> = []
  let pool = answers.flatMap(({ record }) => record ?? [])

  while (pool.length > 0) {
    const newest = newestOf(pool)
    const missing = newest.filter(({ id }) => !isCared(id))
    const asked = missing.flatMap(record => {
      const holder = answers.find(answer => answer.connected && answer.record?.id === record.id && mayAsk(answer.peer, record.id))

      return holder == null ? [] : [{ peer: holder.peer, record }]
    })

    wanted.push(...asked)

    if (asked.length === missing.length) {
      return wanted
    }

    const passed = new Set(newest.map(({ id }) => id))
    pool = pool.filter(({ id }) => !passed.has(id))
  }

  return wanted
}
