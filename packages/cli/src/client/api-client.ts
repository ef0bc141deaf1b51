import { request } from 'node:http'
import { errorRule } from '../api/errors.ts'
import { DaemonError, DaemonGoneError, NoDaemonError, OtherUserError } from '../cli/errors.ts'
import { socketPath } from '../daemon/daemon-file.ts'
import { formatDuration } from '../text/units.ts'
import type {
  ConfidantsAnswer, DaemonEvent, DaemonStatus, DecisionAnswer, ErrorAnswer, ForgetAnswer, FreshAnswer, LeaveAnswer, PeersAnswer, PutAnswer, RecoverAnswer, SetAsideAnswer, StashAnswer
} from '../api/types.ts'
import type { DrillResult, VerifyResult } from '@nara-stash/node'
import type { IncomingMessage } from 'node:http'

/** An answer in JSON at most, in bytes: 4,096 peers of 300 bytes. */
const MAX_JSON_ANSWER = 4 * 1024 * 1024

/** The largest stash that can be set, and a little. */
const MAX_STASH_ANSWER = 65 * 1024 * 1024

/** How long the daemon may be silent, in milliseconds, beyond what a request itself takes. */
const SILENCE = 10_000
const RECOVERY_SILENCE = 60_000

/** A recovery and the bytes of a large stash from a slow peer, or a challenge of everybody. */
const PROOF_SILENCE = 180_000

export interface PutOptions {
  /** How long to wait for enough copies, in milliseconds. */
  timeout: number
  /** Take no bytes, too. @default false: they are refused, with an EmptyInputError */
  allowEmpty?: boolean
  /** The daemon has all of it, and goes on even if nobody waits for its answer. */
  onTaken?: () => void
}

/** The daemon of a folder, as the other commands see it. Each method throws what `call` throws. */
export interface ApiClient {
  status (): Promise<DaemonStatus>
  peers (): Promise<PeersAnswer>
  confidants (): Promise<ConfidantsAnswer>
  setConfidants (peers: readonly string[]): Promise<ConfidantsAnswer>
  addConfidants (peers: readonly string[]): Promise<ConfidantsAnswer>
  removeConfidants (peers: readonly string[]): Promise<ConfidantsAnswer>
  selectConfidants (): Promise<ConfidantsAnswer>
  put (data: Uint8Array, options: PutOptions): Promise<PutAnswer>
  get (options?: { doubtful?: boolean }): Promise<{ data: Buffer, about: StashAnswer }>
  /** A version that was set aside, 1 being the latest. */
  setAside (number: number): Promise<{ data: Buffer, about: SetAsideAnswer }>
  recover (): Promise<RecoverAnswer>
  /** Times in milliseconds. */
  acceptOlder (timeout: number): Promise<DecisionAnswer>
  /** @param id - of a version in doubt or set aside: its first 8 hex digits or more */
  adopt (id: string, timeout: number): Promise<DecisionAnswer>
  startFresh (): Promise<FreshAnswer>
  forget (timeout: number): Promise<ForgetAnswer>
  verify (): Promise<VerifyResult>
  drill (): Promise<DrillResult>
  /** The daemon hands on what it holds for others, in its `leaveTimeout`, answers, and stops. */
  leave (): Promise<LeaveAnswer>
  /** Every event from the moment this resolves; ends when the daemon stops. Break off to stop listening. */
  events (signal?: AbortSignal): Promise<AsyncIterable<DaemonEvent>>
}

/**
 * Finds the daemon of a folder.
 *
 * @throws {NoDaemonError}
 * @throws {OtherUserError} another user's
 */
export async function connect (dir: string): Promise<ApiClient> {
  const socket = await socketPath(dir).catch(error => { throw denied(error) ? new OtherUserError(dir, error) : error })

  if (socket == null) {
    throw new NoDaemonError(dir)
  }

  const call = caller(socket, dir)
  const json = async <T>(method: string, path: string, options: Partial<Call> = {}): Promise<T> =>
    JSON.parse((await readAll(await call({ method, path, silence: SILENCE, ...options }), MAX_JSON_ANSWER)).toString()) as T
  const bytes = async <T>(path: string): Promise<{ data: Buffer, about: T }> => {
    const answer = await call({ method: 'GET', path, silence: SILENCE })

    return { data: await readAll(answer, MAX_STASH_ANSWER), about: JSON.parse(String(answer.headers['nara-stash'])) as T }
  }
  const withPeers = async (method: string, path: string, peers: readonly string[]): Promise<ConfidantsAnswer> =>
    await json(method, path, { body: JSON.stringify({ peers }) })

  return {
    status: async () => await json('GET', '/v1/status'),
    peers: async () => await json('GET', '/v1/peers'),
    confidants: async () => await json('GET', '/v1/confidants'),
    setConfidants: async peers => await withPeers('PUT', '/v1/confidants', peers),
    addConfidants: async peers => await withPeers('POST', '/v1/confidants/add', peers),
    removeConfidants: async peers => await withPeers('POST', '/v1/confidants/remove', peers),
    selectConfidants: async () => await json('POST', '/v1/confidants/auto', { silence: RECOVERY_SILENCE }),
    put: async (data, { timeout, allowEmpty = false, onTaken }) =>
      await json('PUT', `/v1/stash?timeout=${timeout}ms&allowEmpty=${allowEmpty}`, { body: data, silence: timeout + SILENCE, ...(onTaken == null ? {} : { onTaken }) }),
    get: async ({ doubtful = false } = {}) => await bytes<StashAnswer>(`/v1/stash?doubtful=${doubtful}`),
    setAside: async number => await bytes<SetAsideAnswer>(`/v1/set-aside/${number}`),
    recover: async () => await json('POST', '/v1/recover', { silence: RECOVERY_SILENCE }),
    acceptOlder: async timeout => await json('POST', `/v1/recover/accept-older?timeout=${timeout}ms`, { silence: timeout + SILENCE }),
    adopt: async (id, timeout) => await json('POST', `/v1/recover/adopt?timeout=${timeout}ms`, { body: JSON.stringify({ id }), silence: timeout + SILENCE }),
    startFresh: async () => await json('POST', '/v1/recover/fresh'),
    forget: async timeout => await json('POST', `/v1/forget?timeout=${timeout}ms`, { silence: timeout + SILENCE }),
    verify: async () => await json('POST', '/v1/verify', { silence: PROOF_SILENCE }),
    drill: async () => await json('POST', '/v1/drill', { silence: PROOF_SILENCE }),
    // it takes as long as the daemon's own bound says, and that may be set to hours
    leave: async () => JSON.parse((await readAll(await call({ method: 'POST', path: '/v1/leave' }), MAX_JSON_ANSWER)).toString()) as LeaveAnswer,
    events: async signal => lines(await call({ method: 'GET', path: '/v1/events', ...(signal == null ? {} : { signal }) }))
  }
}

interface Call {
  method: string
  path: string
  body?: string | Uint8Array
  /** Milliseconds without a byte after which the daemon counts as gone. @default for ever */
  silence?: number
  signal?: AbortSignal
  /** The daemon has the whole body: 102 (RFC 2518, section 10.1). */
  onTaken?: () => void
}

/** @throws {NoDaemonError | OtherUserError | DaemonGoneError | DaemonError} nobody there, another user's, broken off, or what it answered itself */
function caller (socketPath: string, dir: string): (call: Call) => Promise<IncomingMessage> {
  return async ({ method, path, body, silence, signal, onTaken }) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    // 0 is none: left out, it would be the 5 s of Node's agent, and events may be rarer
    const limits = { timeout: silence ?? 0, ...(signal == null ? {} : { signal }) }
    const req = request({ socketPath, method, path, ...limits })

    req.once('response', resolve)
    req.on('information', ({ statusCode }) => { if (statusCode === 102) { onTaken?.() } })
    req.on('error', error => { reject(gone(error, dir)) })
    req.once('timeout', () => {
      req.destroy(new DaemonGoneError(`the daemon did not answer within ${formatDuration(silence ?? 0)}`))
    })

    req.end(body)

    const answer = await promise

    return answer.statusCode != null && answer.statusCode < 300 ? answer : await refused(answer)
  }
}

async function refused (answer: IncomingMessage): Promise<never> {
  const text = (await readAll(answer, MAX_JSON_ANSWER)).toString()
  let error: Partial<ErrorAnswer['error']> | undefined

  try {
    error = (JSON.parse(text) as Partial<ErrorAnswer>).error
  } catch {
    // not this daemon's own answer: its status is all there is
  }

  const { name = 'DaemonError', message = `the daemon answered ${answer.statusCode ?? 0}`, hint } = error ?? {}

  throw daemonError(name, message, hint)
}

/** An error as the daemon would tell it. */
export function daemonError (name: string, message: string, hint = errorRule(name).hint): DaemonError {
  return new DaemonError(name, message, { exitCode: errorRule(name).exitCode, ...(hint == null ? {} : { hint }) })
}

function denied (error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException

  return code === 'EACCES' || code === 'EPERM' || (cause != null && denied(cause))
}

function gone (error: NodeJS.ErrnoException, dir: string): Error {
  if (denied(error)) {
    return new OtherUserError(dir, error)
  }

  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
    return new NoDaemonError(dir)
  }

  return error instanceof DaemonGoneError || error.name === 'AbortError'
    ? error
    : new DaemonGoneError('the daemon ended before it answered', { cause: error })
}

async function readAll (answer: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0

  for await (const chunk of chunksOf(answer)) {
    chunks.push(chunk)
    length += chunk.length

    if (length > limit) {
      throw new DaemonGoneError(`the daemon's answer is larger than ${limit} bytes`)
    }
  }

  return Buffer.concat(chunks)
}

/** @throws {DaemonGoneError} the answer breaks off */
async function * chunksOf (answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield * answer as AsyncIterable<Buffer>
  } catch (error) {
    throw (error as Error).name === 'AbortError'
      ? error
      : new DaemonGoneError('the daemon ended in the middle of its answer', { cause: error })
  }
}

async function * lines (answer: IncomingMessage): AsyncGenerator<DaemonEvent> {
  const decoder = new TextDecoder()
  let rest = ''

  for await (const chunk of chunksOf(answer)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')

    rest = parts.pop() ?? ''

    if (rest.length > MAX_JSON_ANSWER) {
      throw new DaemonGoneError('the daemon sent a line without end')
    }

    yield * parts.map(line => JSON.parse(line) as DaemonEvent)
  }
}
