import { ROLLBACK_TIMEOUT } from '../constants.ts'
import { settle } from './settle.ts'
import type { Answer, SettleInput } from './settle.ts'

/** Policy: a pure function of its arguments. */

/** What would be decided if nobody were still to answer, and since when that is so. */
export interface Ripe {
  what: string
  since: number
}

/** Something else is ripe once another record is known, or was read: then all who are here have their time again. */
export function ripen (before: Ripe | undefined, input: SettleInput): Ripe | undefined {
  const decision = settle({ ...input, answers: input.answers.map(answer => ({ ...answer, status: answer.status === 'pending' ? 'failed' : answer.status, witnessing: false })) })

  if (decision.type === 'searching' || decision.type === 'waiting') {
    return before
  }

  const known = [...input.answers.flatMap(({ record }) => record ?? []), ...input.heard].map(({ id }) => `${id} ${input.readable.has(id) ? 'read' : 'seen'}`)
  const what = [decision.type, ...new Set(known)].toSorted().join()

  return before?.what === what ? before : { what, since: input.now }
}

/**
 * Who is asked for the first time, or anew, when a decision has been ripe for ROLLBACK_TIMEOUT comes too late to hold it up: else one that connects again and
 * again, or ever other ones, would do so for ever. What it says counts as always.
 */
export function lateComers (answers: readonly Answer[], ripe: Ripe | undefined, askedAt: (peer: string) => number | undefined): Answer[] {
  return answers.map(answer => {
    const at = askedAt(answer.peer)

    return answer.status === 'pending' && ripe != null && at != null && at >= ripe.since + ROLLBACK_TIMEOUT ? { ...answer, late: true } : answer
  })
}
