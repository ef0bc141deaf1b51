/** A signed envelope, payload or message that breaks the rules of SPEC.md. Its sender is cut off. */
export class MalformedError extends Error {
  override name = 'MalformedError'
}

/** A peer answered something that its question does not allow, or sent frames out of order. */
export class ProtocolViolationError extends Error {
  override name = 'ProtocolViolationError'
}

/** A peer is not connected, or the connection broke before it answered. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
}

/** A peer did not answer, or did not send or take a body, in time. */
export class TimeoutError extends Error {
  override name = 'TimeoutError'
}

/** A body does not match the length or the SHA-256 that its header promises. */
export class BodyMismatchError extends Error {
  override name = 'BodyMismatchError'
}

/** A peer wants the body of a record that it was merely shown. */
export class BodyWithheldError extends Error {
  override name = 'BodyWithheldError'
}

/** The datastore that keeps held stashes failed. It says nothing about whether a stash is there. */
export class HeldStoreError extends Error {
  override name = 'HeldStoreError'
  /** A copy was to be kept, and nothing of it is left: no later start finds it. */
  isNotKept = false
}

/** `pushTo` was asked for an owner whose stash is not held here. */
export class NotHeldError extends Error {
  override name = 'NotHeldError'
}

/** `stash()` and `stashProtocol()` stand on one host, or one of them twice. */
export class AlreadyRegisteredError extends Error {
  override name = 'AlreadyRegisteredError'
}
