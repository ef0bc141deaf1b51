import { exitCodes } from '../cli/exit-codes.ts'
import type { ExitCode } from '../cli/exit-codes.ts'

/** What an error of the daemon is over HTTP and for the exit code, and what to do about it. */
export interface ErrorRule {
  status: 400 | 404 | 405 | 408 | 409 | 413 | 500 | 503 | 504
  exitCode: ExitCode
  hint?: string
}

const UNEXPECTED: ErrorRule = { status: 500, exitCode: exitCodes.error }

/** The one table between error names and codes: the daemon answers by it, and the commands end by it. */
const rules: Record<string, ErrorRule> = {
  BadRequestError: { status: 400, exitCode: exitCodes.error },
  UnknownRouteError: { status: 404, exitCode: exitCodes.error, hint: 'the daemon is of another version: nara-stash version' },
  EmptyInputError: { status: 400, exitCode: exitCodes.usage, hint: 'nothing was put. To make the stash one of 0 bytes: allowEmpty=true' },
  SlowInputError: { status: 408, exitCode: exitCodes.error, hint: 'nothing was put' },
  InvalidConfidantsError: { status: 400, exitCode: exitCodes.error, hint: 'peer ids are listed by: nara-stash peers' },
  TooLargeError: { status: 413, exitCode: exitCodes.error, hint: 'the limit is set with: nara-stash start --max-stash' },
  NotFoundError: { status: 404, exitCode: exitCodes.nothingFound },
  StillSearchingError: {
    status: 404, exitCode: exitCodes.nothingFound, hint: 'wait for it: nara-stash status --wait settled'
  },
  UnreachableError: {
    status: 503, exitCode: exitCodes.nothingFound, hint: 'no peer to ask: nara-stash peers'
  },
  TimeoutError: { status: 504, exitCode: exitCodes.error },
  RefusedError: { status: 409, exitCode: exitCodes.error },
  RecoveredFirstError: {
    status: 409, exitCode: exitCodes.error, hint: 'nothing was overwritten: read it with nara-stash get, then put again'
  },
  DoubtfulError: {
    status: 409, exitCode: exitCodes.doubtful, hint: 'decide: nara-stash recover'
  },
  TwinError: { status: 409, exitCode: exitCodes.twin, hint: 'end one of the two processes, then decide: nara-stash recover' },
  NotDoubtfulError: { status: 409, exitCode: exitCodes.error, hint: 'there is nothing to decide: nara-stash status' },
  TooManyWritesError: { status: 503, exitCode: exitCodes.error, hint: 'they wait for recovery: nara-stash status' },
  NotEnoughConfidantsError: { status: 409, exitCode: exitCodes.degraded, hint: 'those found are kept: nara-stash confidants' },
  NoSoulError: { status: 409, exitCode: exitCodes.error },
  StoppingError: { status: 503, exitCode: exitCodes.noDaemon }
}

export function errorRule (name: string): ErrorRule {
  return rules[name] ?? UNEXPECTED
}

/** A request that is not as README.md, "HTTP API", asks. */
export class BadRequestError extends Error {
  override name = 'BadRequestError'
}

/** Nothing is known yet: peers are still being asked. */
export class StillSearchingError extends Error {
  override name = 'StillSearchingError'
}

/** There is no stash. */
export class NoStashError extends Error {
  override name = 'NotFoundError'
}

/** More than the largest stash. */
export class TooLargeError extends Error {
  override name = 'TooLargeError'
}

/** A body of no bytes, and it was not said that it is meant. */
export class EmptyInputError extends Error {
  override name = 'EmptyInputError'
}

/** A body that does not go on. */
export class SlowInputError extends Error {
  override name = 'SlowInputError'
}

/** The daemon was stopped in the middle of what was asked. */
export class StoppingError extends Error {
  override name = 'StoppingError'
}

/** A newer or another version was seen, and what there is was not asked for in spite of it. */
export class InDoubtError extends Error {
  override name = 'DoubtfulError'
}
