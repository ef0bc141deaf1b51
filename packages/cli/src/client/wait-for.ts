import { DaemonGoneError, NoDaemonError, WaitTimeoutError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { formatDuration } from '../text/units.ts'
import type { ApiClient } from './api-client.ts'
import type { DaemonStatus } from '../api/types.ts'
import type { Clock } from '../clock.ts'

export interface Condition {
  /** As it was asked for. */
  text: string
  holds: (status: DaemonStatus) => boolean
}

export interface Wait {
  condition: Condition
  connect: () => Promise<ApiClient>
  /** Milliseconds. */
  timeout: number
  clock: Pick<Clock, 'wait' | 'setTimer'>
  /** Ends the waiting early, with its reason. */
  signal?: AbortSignal
}

/** Between two looks for a daemon that is not there yet, in milliseconds. Once there, it tells by itself. */
const LOOK_INTERVAL = 50

/**
 * The status, as soon as the condition holds. A daemon that is not there, or that ends, may still (again) start.
 *
 * @throws {WaitTimeoutError} with the state at the end; exit code 6 if that is doubtful
 * @throws {NoDaemonError} no daemon was there at the end
 */
export async function waitFor ({ condition, connect, timeout, clock, signal }: Wait): Promise<DaemonStatus> {
  const deadline = new AbortController()
  const abort = (): void => { deadline.abort() }
  const cancel = clock.setTimer(abort, timeout)
  let last: DaemonStatus | undefined
  let missing: NoDaemonError | undefined

  signal?.addEventListener('abort', abort, { once: true })

  try {
    while (!deadline.signal.aborted) {
      try {
        const found = await watch(await connect(), condition, deadline.signal, status => {
          last = status
          missing = undefined
        })

        if (found != null) {
          return found
        }
      } catch (error) {
        if (error instanceof NoDaemonError) {
          missing = error
        } else if (!(error instanceof DaemonGoneError) && !deadline.signal.aborted) {
          throw error
        }
      }

      await clock.wait(LOOK_INTERVAL, deadline.signal).catch(() => {})
    }
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
    deadline.abort()
  }

  signal?.throwIfAborted()

  throw missing ?? timeoutError(condition, timeout, last)
}

type Seen = (status: DaemonStatus) => void

/** Looks at the status now and after each event; undefined if the daemon ends first. */
async function watch (daemon: ApiClient, condition: Condition, signal: AbortSignal, seen: Seen): Promise<DaemonStatus | undefined> {
  // the subscription stands before the first look, so no change falls between them
  const events = await daemon.events(signal)
  const look = async (): Promise<DaemonStatus | undefined> => {
    const status = await daemon.status()

    seen(status)

    return condition.holds(status) ? status : undefined
  }
  let found = await look()

  if (found != null) {
    return found
  }

  for await (const _ of events) {
    found = await look()

    if (found != null) {
      return found
    }
  }

  return undefined
}

function timeoutError ({ text }: Condition, timeout: number, last: DaemonStatus | undefined): WaitTimeoutError {
  const { state = 'unknown', copies } = last ?? {}
  const have = copies == null ? '' : `, with ${copies.have} of ${copies.target} copies`

  return new WaitTimeoutError(`waited ${formatDuration(timeout)} for ${text}: the stash is ${state}${have}`,
    state === 'doubtful' ? { exitCode: exitCodes.doubtful } : {})
}
