import { createInterface } from 'node:readline'
import { CommandError, UsageError } from './errors.ts'
import type { Io } from './io.ts'
import type { Readable } from 'node:stream'

/** A person was asked and did not say yes. */
export class NotConfirmedError extends CommandError {
  override name = 'NotConfirmedError'
}

/**
 * Asks before something that cannot be undone.
 *
 * @param yes - it was said beforehand: `--yes`
 * @throws {UsageError} there is no terminal to ask on
 * @throws {NotConfirmedError}
 */
export async function confirm ({ stdin, err }: Pick<Io, 'stdin' | 'err'>, question: string, yes: boolean): Promise<void> {
  if (yes) {
    return
  }

  if (!(stdin as Readable & { isTTY?: boolean }).isTTY) {
    throw new UsageError('this cannot be undone, and there is no terminal to ask on', 'say so beforehand: --yes')
  }

  err.write(`${question}\nType yes to go on: `)

  if (!/^y(?:es)?$/i.test((await firstLine(stdin)).trim())) {
    throw new NotConfirmedError('nothing was done')
  }
}

async function firstLine (input: Readable): Promise<string> {
  const lines = createInterface({ input })

  try {
    for await (const line of lines) {
      return line
    }

    return ''
  } finally {
    lines.close()
  }
}
