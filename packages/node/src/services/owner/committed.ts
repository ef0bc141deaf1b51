import { REQUEST_RATE, deadlineSignal } from '@nara-stash/protocol'
import { WRITE_TURN } from '../../constants.ts'
import type { WriteOptions, WriteResult } from '../../api.ts'
import type { Version } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'
import type { Committed } from './writes.ts'
import type { Clock } from '@nara-stash/protocol'

const second = 1_000

export interface CommittedInit {
  replication: Pick<Replication, 'outcome'>
  clock: Clock
}

/**
 * A version that was just made current: when the next may take its place, and what became of it. Were it replaced at once, a flood of writes would end each
 * other's stores before one of them is done; so it has the time that an honest peer needs. A version that a later one replaced is as well kept as that one.
 */
export function committed (init: CommittedInit, { record, body }: Version, options: WriteOptions, preferred?: string): Committed {
  const result = outcome(init, record.seq, options, preferred)

  return { turn: Promise.race([turn(init, body.byteLength), result.then(() => {}, () => {})]), result }
}

async function outcome ({ replication }: CommittedInit, seq: number, options: WriteOptions, preferred: string | undefined): Promise<WriteResult> {
  const result = await replication.outcome({ ...options, ...(preferred == null ? {} : { until: { peer: preferred } }) })

  return { ...result, seq: String(seq) }
}

/** Until it is kept, or everybody willing was tried, but not for ever. */
async function turn ({ replication, clock }: CommittedInit, bytes: number): Promise<void> {
  const deadline = deadlineSignal(clock, WRITE_TURN + bytes / REQUEST_RATE * second)

  try {
    await replication.outcome({ signal: deadline.signal })
  } catch {
    // it goes on being stored until the next one is sealed
  } finally {
    deadline.clear()
  }
}
