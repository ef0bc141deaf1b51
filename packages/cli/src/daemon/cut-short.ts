import { StoppingError } from '../api/errors.ts'
import { count } from '../text/units.ts'
import type { ForgetResult, WriteResult } from '@nara-stash/node'

/** What a nara's stop makes of what is asked of others. */
const CAUSED = new Set(['AbortError', 'NotFoundError', 'TimeoutError', 'UnreachableError'])

/**
 * What comes of a request, unless the daemon stopped in the middle of it: what it then came to says nothing of the others, and nothing goes on.
 *
 * @param lacks - what is not done yet, for people; undefined if the result stands all the same
 * @throws {StoppingError}
 */
export async function unlessCutShort <Result> (work: Promise<Result>, stopping: AbortSignal | undefined, lacks: (result: Result) => string | undefined): Promise<Result> {
  let result: Result

  try {
    result = await work
  } catch (error) {
    throw stopping?.aborted === true && CAUSED.has((error as Error).name) ? new StoppingError('this nara stops') : error
  }

  const missing = stopping?.aborted === true ? lacks(result) : undefined

  if (missing != null) {
    throw new StoppingError(`this nara stops: ${missing}`)
  }

  return result
}

/** Of a write. */
export function notKept ({ outcome, seq, copies, minimum }: WriteResult): string | undefined {
  if (outcome === 'kept') {
    return
  }

  return seq == null
    ? 'the write still waited, and is lost'
    : copies === 0 ? `nobody took version ${seq}, and it is lost` : `version ${seq} is held by ${count(copies, 'confidant')} only; ${minimum} make it safe`
}

/** Of a deletion. */
export function notForgotten ({ outcome, acknowledged, of }: ForgetResult): string | undefined {
  return outcome === 'forgotten' ? undefined : `${acknowledged} of ${of} took the deletion, and it tells no others: forget again when it runs`
}
