import { verifyBody } from '@nara-stash/protocol'
import { NotFoundError, RefusedError } from '../../errors.ts'
import { isOurs } from '../owner/is-ours.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { StashNetwork } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

/**
 * What `peer` holds for us, opened.
 *
 * @throws {NotFoundError | WrongKeyError | RefusedError | TimeoutError | UnreachableError | BodyMismatchError}
 */
export async function requestFrom (
  { network, own }: { network: Pick<StashNetwork, 'ask'>, own: Pick<OwnStash, 'open' | 'owner'> }, peer: string, options?: AbortOptions
): Promise<Version> {
  const answer = await network.ask(peer, { type: 'fetch', whole: true }, options)

  if (answer.type === 'refused') {
    throw new RefusedError(`${peer} refuses: ${answer.reason}`, answer.reason)
  }

  if (answer.type === 'not-found' || answer.body == null || answer.record.kind === 'tombstone' || !isOurs(answer, own.owner)) {
    throw new NotFoundError(`${peer} holds nothing of ours`)
  }

  return own.open(answer.record, verifyBody(answer.body, answer.record))
}
