import { TWIN_AFTER } from '../../constants.ts'
import type { Clock, StashNetwork, StashResponse } from '@nara-stash/protocol'

/** Peers remembered at most, the last who answered for the first time: whoever asks for long meets ever more. Of who is forgotten nothing is news, as of who never answered. */
export const MAX_WITNESSES = 1_024

/**
 * Whom this process asked what they have seen of ours, and when they first answered on their present connection. What they show only later came
 * while we were connected. What they heard while they were away may be what a predecessor left with others.
 */
export class Witnesses {
  private readonly clock: Pick<Clock, 'now'>
  private readonly boot: string
  private readonly fresh: boolean
  /** Infinity for who has seen nothing of ours, when it was asked last. */
  private readonly firstAnswers = new Map<string, number>()

  /**
   * @param boot - who is asked hears which process of ours this is
   * @param fresh - the soul was made by this process, so it has no predecessors
   */
  constructor (clock: Pick<Clock, 'now'>, boot: string, fresh: boolean) {
    this.clock = clock
    this.boot = boot
    this.fresh = fresh
  }

  /** The network, listened to. */
  listening <T extends Pick<StashNetwork, 'ask' | 'peers'>> (network: T): Pick<StashNetwork, 'ask' | 'peers'> {
    return {
      peers: () => network.peers(),
      ask: async (peer, request, options) => {
        const answer = await network.ask(peer, request.type === 'witness' ? { ...request, boot: this.boot } : request, options)

        if (request.type === 'witness') {
          this.note(peer, answer.type)
        }

        return answer
      }
    }
  }

  /** It may have heard anything since it answered. */
  connected (peer: string): void {
    this.firstAnswers.delete(peer)
  }

  /** True if `peer` has answered on its present connection. */
  hasAnswered (peer: string): boolean {
    return this.firstAnswers.has(peer)
  }

  /** `peer` told of something at the time `at`, and had told of something else since it was first asked on this connection. What a predecessor sent may have been on its way for a moment. */
  isNewsTo (peer: string, at: number): boolean {
    return this.fresh || (this.firstAnswers.get(peer) ?? Infinity) + TWIN_AFTER <= at
  }

  private note (peer: string, answer: StashResponse['type']): void {
    const first = this.firstAnswers.get(peer) ?? Infinity

    // who has seen nothing may have been restarted a moment ago, and hear from others of what is long over
    this.firstAnswers.set(peer, answer === 'not-found' ? Infinity : Math.min(first, this.clock.now()))

    if (this.firstAnswers.size > MAX_WITNESSES) {
      const [oldest = ''] = this.firstAnswers.keys()

      this.firstAnswers.delete(oldest)
    }
  }
}
