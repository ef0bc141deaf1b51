import { jsonDocument, jsonLine } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { CommandError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { inFolder } from './hints.ts'
import type { Io } from './io.ts'
import type { ErrorAnswer } from '../api/types.ts'

/** Text for people; JSON as one document, or, where events are printed one a line, as a line. */
export type ReportForm = 'text' | 'document' | 'line'

/**
 * Says what went wrong: to people on standard error; with `--json` as `{ "error": { name, message, hint? } }` on standard
 * output.
 *
 * @param dir - the folder, if it is not the default one
 * @returns the exit code
 */
export function report (io: Io, error: unknown, form: ReportForm, dir?: string): number {
  const { name, message, exitCode, ...more } = describe(error)
  const hint = more.hint == null ? undefined : inFolder(more.hint, dir)

  if (form === 'text') {
    io.err.write(`nara-stash: ${printable(message)}\n${hint == null ? '' : `  ${printable(hint)}\n`}`)
  } else {
    const answer: ErrorAnswer = { error: { name, message, ...(hint == null ? {} : { hint }) } }

    io.out.write(form === 'document' ? jsonDocument(answer) : jsonLine(answer))
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
