import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { CommandError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { ErrorAnswer } from '../api/types.ts'

/**
 * Says what went wrong: to people on standard error; with `--json` as a document `{ "error": { name, message, hint? } }` on
 * standard output.
 *
 * @returns the exit code
 */
export function report (io: Io, error: unknown, json: boolean): number {
  const { name, message, hint, exitCode } = describe(error)

  if (json) {
    io.out.write(jsonDocument({ error: { name, message, ...(hint == null ? {} : { hint }) } } satisfies ErrorAnswer))
  } else {
    io.err.write(`nara-stash: ${printable(message)}\n${hint == null ? '' : `  ${printable(hint)}\n`}`)
  }

  return exitCode
}

function describe (error: unknown): { name: string, message: string, hint?: string | undefined, exitCode: number } {
  if (error instanceof CommandError) {
    return error
  }

  const { name, message } = error instanceof Error ? error : new Error(String(error))

  return { name, message: `${name}: ${message}`, exitCode: exitCodes.error }
}
