import { exitCodes } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'

export interface CommandErrorOptions {
  /** What to do about it. */
  hint?: string
  exitCode?: ExitCode
  cause?: unknown
}

/**
 * An error that a person reads: a message, what to do about it, and the exit code. None ever holds a soul, its words, or a
 * key.
 */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly hint: string | undefined
  readonly exitCode: ExitCode

  constructor (message: string, { hint, exitCode = exitCodes.error, cause }: CommandErrorOptions = {}) {
    super(message, { cause })
    this.hint = hint
    this.exitCode = exitCode
  }
}

/** A command line that cannot be. */
export class UsageError extends CommandError {
  override name = 'UsageError'

  constructor (message: string, hint?: string) {
    super(message, { exitCode: exitCodes.usage, ...(hint == null ? {} : { hint }) })
  }
}

/** A setting that cannot be: the message names it, where it came from, its value and what is allowed. */
export class InvalidSettingError extends CommandError {
  override name = 'InvalidSettingError'

  constructor (message: string, hint?: string) {
    super(message, { exitCode: exitCodes.usage, ...(hint == null ? {} : { hint }) })
  }
}

/** No daemon answers for the folder. */
export class NoDaemonError extends CommandError {
  override name = 'NoDaemonError'

  constructor (dir: string) {
    super(`no daemon runs in ${dir}`, { hint: 'start one: nara-stash start', exitCode: exitCodes.noDaemon })
  }
}

/** The folder's daemon, if there is one, belongs to another user. */
export class OtherUserError extends CommandError {
  override name = 'OtherUserError'

  constructor (dir: string, cause: unknown) {
    super(`permission denied: the daemon of ${dir}, if one runs, is another user's`, {
      hint: 'run the command as that user, or give your own folder with --dir', cause
    })
  }
}

/** The daemon ended, or broke off, before it answered. */
export class DaemonGoneError extends CommandError {
  override name = 'DaemonGoneError'
}

/** Another daemon has the folder. */
export class AlreadyRunningError extends CommandError {
  override name = 'AlreadyRunningError'
}

/** A file that is to be read or written cannot be. */
export class FileError extends CommandError {
  override name = 'FileError'
}

/** Something did not happen in the time that was given to it. */
export class WaitTimeoutError extends CommandError {
  override name = 'WaitTimeoutError'
}

/** A soul cannot be read: no file, a file that others can read, or not a soul at all. */
export class SoulFileError extends CommandError {
  override name = 'SoulFileError'
}

/** A private-network key file that is not one, that others can read, or that would be lost. */
export class InvalidNetworkKeyError extends CommandError {
  override name = 'InvalidNetworkKeyError'
}

/** The same failure where a setting's value is to blame: it ends as wrong usage does. */
export function asBadSetting (error: unknown): unknown {
  return error instanceof CommandError ? Object.assign(error, { exitCode: exitCodes.usage }) : error
}

/** What the daemon answered: its own error's name and message. */
export class DaemonError extends CommandError {
  override name: string

  constructor (name: string, message: string, options: { hint?: string, exitCode: ExitCode }) {
    super(message, options)
    this.name = name
  }
}
