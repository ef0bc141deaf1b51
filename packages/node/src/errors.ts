import type { RefusalReason } from '@nara-stash/protocol'

export { NotHeldError, TimeoutError, UnreachableError } from '@nara-stash/protocol'

/** A peer, or everyone asked, holds nothing of ours. */
export class NotFoundError extends Error {
  override name = 'NotFoundError'
}

/** A copy is intact but our soul does not open it. */
export class WrongKeyError extends Error {
  override name = 'WrongKeyError'
}

/** A stash was recovered before a write was made or while it waited. Both are kept: read, then write again. */
export class RecoveredFirstError extends Error {
  override name = 'RecoveredFirstError'
}

/** The data is larger than maxStash. */
export class TooLargeError extends Error {
  override name = 'TooLargeError'
}

/** The nara has no soul of its own and only holds for others. */
export class NoSoulError extends Error {
  override name = 'NoSoulError'
}

/** Newer or other versions were seen; a person or a merge function decides. */
export class DoubtfulError extends Error {
  override name = 'DoubtfulError'
}

/** Another process uses our soul, and what it wrote is with the holders: a write of ours was not kept. It is one of the versions to decide on. */
export class TwinError extends Error {
  override name = 'TwinError'
}

/** There is nothing to decide: the state is not doubtful. */
export class NotDoubtfulError extends Error {
  override name = 'NotDoubtfulError'
}

/** As many writes wait for recovery, for their turn or for their answer as may, or hold as many bytes; this one was not taken. */
export class TooManyWritesError extends Error {
  override name = 'TooManyWritesError'
}

/** A merge function called what changes the stash, which would wait for the merge for ever. */
export class InsideMergeError extends Error {
  override name = 'InsideMergeError'
}

/** A peer refused to keep our stash. */
export class RefusedError extends Error {
  override name = 'RefusedError'

  constructor (message: string, readonly reason: RefusalReason) {
    super(message)
  }
}

/** The nara stops, or was stopped: what was asked of it is not finished. */
export class StoppingError extends Error {
  override name = 'StoppingError'
}

/** A list of confidants that cannot be. */
export class InvalidConfidantsError extends Error {
  override name = 'InvalidConfidantsError'
}

/** Fewer willing peers than the target; those found are kept. */
export class NotEnoughConfidantsError extends Error {
  override name = 'NotEnoughConfidantsError'

  constructor (readonly found: number, readonly target: number) {
    super(`found ${found} willing ${found === 1 ? 'peer' : 'peers'} of ${target}; the search goes on by itself`)
  }
}

/** The host's peer id is not the soul's, so the owner could not be authenticated. */
export class WrongIdentityError extends Error {
  override name = 'WrongIdentityError'
}

/** An option that cannot be: the message names it, its value and what is allowed. */
export class InvalidOptionError extends Error {
  override name = 'InvalidOptionError'
}
