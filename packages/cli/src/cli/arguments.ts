import { InvalidValueError } from '../config/values.ts'
import { quoted } from '../text/printable.ts'
import { UsageError } from './errors.ts'
import type { Parser } from '../config/values.ts'

/**
 * The value of a flag that is not a setting.
 *
 * @throws {UsageError} names the flag, its value and what is allowed
 */
export function flagValue<T> (flag: string, raw: unknown, parser: Parser<T>, allowed: string): T {
  try {
    return parser(raw)
  } catch (error) {
    if (error instanceof InvalidValueError) {
      throw new UsageError(`${flag} is ${quoted(raw)}; allowed: ${allowed}`)
    }

    throw error
  }
}

/** What is allowed for a flag with a time. */
export const timeAllowed = 'a time with its unit, such as 500ms, 10s or 2m'
