import { BodyMismatchError, BodyWithheldError, MalformedError, ProtocolViolationError, TimeoutError, UnreachableError } from '../errors.ts'

/** True if a peer broke the protocol, as opposed to being slow or gone. */
export function isViolation (err: unknown): err is Error {
  return err instanceof MalformedError || err instanceof ProtocolViolationError || err instanceof BodyMismatchError
}

/**
 * What the caller of a request is told when it fails: the caller's own reason if it gave up, a named error of this package
 * for everything else. Whatever a stream throws when it breaks becomes an UnreachableError.
 *
 * @param signal the caller's
 * @param deadline the signal of the request's deadline
 */
export function requestError (err: unknown, signal: AbortSignal | undefined, deadline?: AbortSignal): unknown {
  if (isViolation(err)) {
    return err
  }

  if (signal?.aborted === true) {
    return signal.reason
  }

  if (deadline?.aborted === true) {
    return deadline.reason
  }

  return err instanceof UnreachableError || err instanceof TimeoutError || err instanceof BodyWithheldError ? err : new UnreachableError('the stream broke', { cause: err })
}
