import { RETRY_AFTER } from './constants.ts'
import type { Refused, RefusalReason } from './messages.ts'

/** A refusal as an answer. `retryAfter` is in milliseconds. */
export function refused (reason: RefusalReason, retryAfter: number = RETRY_AFTER): Refused {
  return { type: 'refused', reason, retryAfter }
}
