const CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT']

/** As databases say it that hide the system's code. */
const WORDS = /no space left on device|disk quota exceeded/i

/** True for what a store throws because the disk, or the user's share of it, is full. */
export function isFull (err: unknown): boolean {
  const { code, message, cause } = (err ?? {}) as { code?: unknown, message?: unknown, cause?: unknown }

  return CODES.includes(code) || (typeof message === 'string' && WORDS.test(message)) || (cause != null && isFull(cause))
}
