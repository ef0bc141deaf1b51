import { ProtocolViolationError } from '../errors.ts'
import type { StashRequest } from '../messages.ts'
import type { WireResponse } from './response-codec.ts'

type ResponseType = WireResponse['type']

/** Which responses a request allows (SPEC.md, "Messages"). SEND and WANTED ask for the body, the others are final. */
const CALLS: Record<StashRequest['type'], readonly ResponseType[]> = {
  store: ['send'],
  fetch: [],
  offer: ['wanted'],
  challenge: [],
  witness: [],
  release: []
}

const ANSWERS: Record<StashRequest['type'], readonly ResponseType[]> = {
  store: ['stored', 'have', 'stale', 'conflict', 'refused'],
  fetch: ['found', 'not-found', 'refused'],
  offer: ['stored', 'have', 'relieved', 'newer', 'conflict', 'refused'],
  challenge: ['proof', 'other', 'not-found', 'busy', 'refused'],
  witness: ['witnessed', 'not-found', 'refused'],
  release: ['have', 'not-found', 'refused']
}

/**
 * Checks that a response is one that its request allows, and about the owner it asked for.
 *
 * @param bodyAwaited the body was not sent yet, so that the peer may call for it
 * @param owner whose record may come back, if known
 * @throws {ProtocolViolationError}
 */
export function checkAllowed (request: StashRequest, response: WireResponse, bodyAwaited: boolean, owner?: string): void {
  const allowed = [...ANSWERS[request.type], ...(bodyAwaited ? CALLS[request.type] : [])]

  if (!allowed.includes(response.type)) {
    throw new ProtocolViolationError(`'${response.type}' in answer to '${request.type}'`)
  }

  if (owner != null && 'record' in response && response.record.owner !== owner) {
    throw new ProtocolViolationError('the record of another owner in answer')
  }
}
