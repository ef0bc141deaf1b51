import { createHash } from 'node:crypto'
import { BodyMismatchError, MAX_INLINE_BODY, ProtocolViolationError } from '@nara-stash/protocol'
import type {
  IncomingRequest, Placement, RecordHeader, StashRequest, StashResponse, WantsBody
} from '@nara-stash/protocol'

/** What frames, field tags and the small fields of a message come to, in bytes: near enough for counting. */
const FRAMING_BYTES = 16

/** A peer id's multihash with its field tag, in bytes. */
const PEER_ID_BYTES = 40

/** A record id, in bytes. */
const ID_BYTES = 32

/** What a message may carry beside small numbers. */
interface HeadFields {
  record?: RecordHeader
  beside?: RecordHeader
  placement?: Placement
  liveHolders?: readonly string[]
  owner?: string
  recordId?: string
  nonce?: Uint8Array
  proof?: Uint8Array
}

/** The answers that each question allows. */
const ANSWERS: Record<StashRequest['type'], ReadonlyArray<StashResponse['type']>> = {
  store: ['stored', 'have', 'stale', 'conflict', 'refused'],
  fetch: ['found', 'not-found', 'refused'],
  offer: ['stored', 'have', 'relieved', 'newer', 'conflict', 'refused'],
  challenge: ['proof', 'other', 'not-found', 'busy', 'refused'],
  witness: ['witnessed', 'not-found', 'refused'],
  release: ['have', 'not-found', 'refused']
}

export function bodyOf (message: StashRequest | StashResponse): Uint8Array | undefined {
  return 'body' in message ? message.body : undefined
}

/** The body of a small store rides inside its request (SPEC.md, "STORE"). */
export function isInline (request: StashRequest): boolean {
  return request.type === 'store' && request.body.byteLength <= MAX_INLINE_BODY
}

/** About what a message takes on the wire, in bytes, without its body. */
export function headBytes (message: StashRequest | StashResponse): number {
  const { record, beside, placement, liveHolders, owner, recordId, nonce, proof } = message as HeadFields
  const envelopes = [record, beside, placement].map(part => part?.envelope.byteLength ?? 0)
  const digests = [recordId == null ? 0 : ID_BYTES, nonce?.byteLength ?? 0, proof?.byteLength ?? 0]

  return [FRAMING_BYTES, ...envelopes, ...digests].reduce((sum, bytes) => sum + bytes) +
    PEER_ID_BYTES * ((liveHolders?.length ?? 0) + (owner == null ? 0 : 1))
}

/** The request as its receiver first sees it. Nothing in it that can change is shared with the sender. */
export function incoming (request: StashRequest): IncomingRequest {
  if (request.type === 'offer') {
    const { body: _body, withheld: _withheld, ...head } = request

    return { ...head, liveHolders: [...head.liveHolders] }
  }

  if (request.type === 'store') {
    const { body: _body, ...head } = request

    return { ...head, liveHolders: [...head.liveHolders] }
  }

  return request.type === 'challenge' ? { ...request, nonce: request.nonce.slice() } : { ...request }
}

/** A copy that shares only what cannot change: verified headers and placements. */
export function copyOfAnswer (response: StashResponse): StashResponse {
  if (response.type === 'proof') {
    return { ...response, proof: response.proof.slice() }
  }

  if (response.type !== 'found') {
    return { ...response }
  }

  const { body, ...head } = response

  return { ...head, liveHolders: [...head.liveHolders], ...(body === undefined ? {} : { body: body.slice() }) }
}

export function wantsBody (answer: StashResponse | WantsBody): answer is WantsBody {
  return answer.type === 'send' || answer.type === 'wanted'
}

/**
 * What every implementation of the port checks before it hands an answer on.
 *
 * @throws {ProtocolViolationError} the question does not allow this answer, or it is about another owner
 * @throws {BodyMismatchError} the body is not the one that its header promises
 */
export function checkAnswer (asker: string, request: StashRequest, response: StashResponse): void {
  if (!ANSWERS[request.type].includes(response.type)) {
    throw new ProtocolViolationError(`${response.type} is no answer to ${request.type}`)
  }

  const about = 'record' in request ? request.record.owner : 'owner' in request ? request.owner : asker

  if ('record' in response && response.record.owner !== about) {
    throw new ProtocolViolationError('the record of another owner in answer')
  }

  if (request.type !== 'fetch' || response.type !== 'found') {
    return
  }

  const { body, record } = response

  if (!request.whole) {
    if (body !== undefined) {
      throw new ProtocolViolationError('a body that nobody asked for')
    }
  } else if ((body?.byteLength ?? 0) !== record.bodyLength) {
    throw new BodyMismatchError(`a body of ${body?.byteLength ?? 0} bytes where the header promises ${record.bodyLength}`)
  } else if (body !== undefined && record.kind === 'data' && sha256(body) !== record.bodyDigest) {
    throw new BodyMismatchError('the body\'s SHA-256 is not the one that the header promises')
  }
}

function sha256 (bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
