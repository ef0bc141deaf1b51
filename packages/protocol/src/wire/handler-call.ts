import { raceSignal } from 'race-signal'
import type { StashResponse, WantsBody } from '../messages.ts'

/** Who answers a request failed: a bug or a disk fault on our side. Its cause is logged and never sent. */
export class HandlerFailure extends Error {
  override name = 'HandlerFailure'
}

/**
 * What the promise brings, unless the signal aborts first.
 *
 * @throws {HandlerFailure} the promise rejects
 */
export async function untilAborted <T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return await raceSignal(promise.catch(fail), signal)
}

/**
 * The handler's answer, unless the signal aborts first. A handler that asks for a body after that is told that none will come, so it
 * is never left waiting.
 *
 * @throws {HandlerFailure} the handler rejects
 */
export async function callOrAbandon (
  handler: () => Promise<StashResponse | WantsBody>,
  signal: AbortSignal
): Promise<StashResponse | WantsBody> {
  signal.throwIfAborted()

  const { promise, resolve, reject } = Promise.withResolvers<StashResponse | WantsBody>()
  const onAbort = (): void => { reject(signal.reason) }
  signal.addEventListener('abort', onAbort)

  handler().catch(fail).then(response => {
    if (!signal.aborted) {
      resolve(response)
    } else if ('receive' in response) {
      response.abandon()
    }
  }).catch(reject)

  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function fail (err: unknown): never {
  throw new HandlerFailure('the handler failed', { cause: err })
}
