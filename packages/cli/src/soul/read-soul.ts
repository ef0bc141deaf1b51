import { SoulFileError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { looseMode } from '../files/loose-mode.ts'
import { readSmallFile } from '../files/read-small.ts'
import { readInput } from '../files/read-stream.ts'
import { printable } from '../text/printable.ts'
import { looksSecret, parseSoulText } from './soul-text.ts'
import type { Io } from '../cli/io.ts'
import type { Soul } from '@nara-stash/crypto'

/** 24 words are at most 215 characters, a name 64 bytes. */
const MAX_SOUL_FILE = 4 * 1024

const NOT_AN_ARGUMENT = 'a soul is never given as an argument: others can read the arguments of a process'
const ARGUMENT_HINT = 'write it to a file of mode 0600, or give it on standard input with -'

/**
 * The soul in a file that only its owner can read.
 *
 * @throws {SoulFileError} it is not there, others can read it, or it holds no soul
 */
export async function readSoulFile (path: string, name?: string): Promise<Soul> {
  const { text, stats } = await readSmallFile(path, MAX_SOUL_FILE).catch(error => {
    throw looksSecret(path.split('/').at(-1) ?? '') ? new SoulFileError(NOT_AN_ARGUMENT, { hint: ARGUMENT_HINT, exitCode: exitCodes.usage }) : error
  })

  const mode = looseMode(stats)

  if (mode != null) {
    throw new SoulFileError(`others can read the soul in ${printable(path)}: its mode is ${mode}`, {
      hint: `chmod 600 ${printable(path)}`
    })
  }

  return parseFrom(printable(path), text, name)
}

/** The soul on standard input, which must end after it. */
export async function readSoulStream (io: Pick<Io, 'stdin' | 'err'>, name?: string): Promise<Soul> {
  const text = await readInput(io, { what: 'the soul, or its words,', limit: MAX_SOUL_FILE })

  return parseFrom('standard input', text.toString('utf8'), name)
}

/** The soul in NARA_SOUL. */
export function readSoulVariable (text: string, name?: string): Soul {
  return parseFrom('NARA_SOUL', text, name)
}

function parseFrom (source: string, text: string, name: string | undefined): Soul {
  if (text.trim() === '') {
    throw new SoulFileError(`no soul: ${source} is empty`)
  }

  try {
    return parseSoulText(text, { name })
  } catch (error) {
    // the messages of these errors hold no secret: @nara-stash/crypto, errors
    const { name: kind, message } = error as Error
    const failure = new SoulFileError(`${source}: ${printable(message)}`, kind === 'NameMissing' || kind === 'NameMismatch'
      ? { hint: 'give the name the soul was made with: --name NAME' }
      : {})

    failure.name = kind
    throw failure
  }
}
