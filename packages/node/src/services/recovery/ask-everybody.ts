import { deadlineSignal } from '@nara-stash/protocol'
import { ASK_TIMEOUT } from '../../constants.ts'
import { NotFoundError, UnreachableError } from '../../errors.ts'
import { isOurs } from '../owner/is-ours.ts'
import type { OwnStash } from '../owner/own-stash.ts'
import type { Clock, FetchResponse, Placement, RecordHeader, StashNetwork } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface AskEverybodyInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  admits (peer: string): boolean
}

/**
 * Asks every stash peer what it holds of ours.
 *
 * @throws {UnreachableError} nobody to ask, or nobody answered
 * @throws {NotFoundError} nobody holds anything, and we have nothing either
 */
export async function askEverybody (init: AskEverybodyInit, options: AbortOptions): Promise<Array<{ peer: string, record: RecordHeader, placement: Placement }>> {
  const { network, own, admits } = init
  const peers = network.peers().map(({ id }) => id).filter(admits)
  const answers = await Promise.allSettled(peers.map(async peer => ({ peer, answer: await askHeader(init, peer, options) })))
  const heard = answers.flatMap(result => result.status === 'fulfilled' && result.value.answer.type !== 'refused' ? [result.value] : [])

  options.signal?.throwIfAborted()

  if (heard.length === 0) {
    throw new UnreachableError(peers.length === 0 ? 'no stash peer is connected' : `none of ${peers.length} connected stash peers answered`)
  }

  const found = heard.flatMap(({ peer, answer }) => answer.type === 'found' && isOurs(answer, own.owner) ? [{ peer, ...answer }] : [])

  if (found.length === 0 && own.current == null) {
    throw new NotFoundError(`none of ${heard.length} stash peers that answered holds anything of ours`)
  }

  return found
}

/** Rejects if there is no answer within ASK_TIMEOUT. */
export async function askHeader ({ network, clock }: Pick<AskEverybodyInit, 'clock'> & { network: Pick<StashNetwork, 'ask'> }, peer: string, { signal }: AbortOptions): Promise<FetchResponse> {
  const deadline = deadlineSignal(clock, ASK_TIMEOUT, signal)

  try {
    return await network.ask(peer, { type: 'fetch', whole: false }, { signal: deadline.signal })
  } finally {
    deadline.clear()
  }
}
