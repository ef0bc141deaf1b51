import { deadlineSignal } from '@nara-stash/protocol'
import { ASK_RETRIES, ASK_TIMEOUT } from '../../constants.ts'
import type { Clock, FetchRequest, ResponseTo, StashNetwork, WitnessRequest } from '@nara-stash/protocol'

type Question = FetchRequest | WitnessRequest

export interface QuestionsInit {
  network: Pick<StashNetwork, 'ask'>
  clock: Clock
}

/** Puts short questions to peers, each once more if there is no answer. Only the answer to the latest question of a kind counts. */
export class Questions {
  private readonly init: QuestionsInit
  private readonly latest = new Map<string, number>()
  private asked = 0
  private abort = new AbortController()

  constructor (init: QuestionsInit) {
    this.init = init
  }

  /** Whoever is waiting for an answer is not any longer. */
  stop (): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.latest.clear()
  }

  /** The peer is gone, or has said it in another way. */
  drop (peer: string, type: Question['type']): void {
    this.latest.delete(keyOf(peer, type))
  }

  isOpen (peer: string, type: Question['type']): boolean {
    return this.latest.has(keyOf(peer, type))
  }

  /** Resolves with the answer; with `silent` if there is none; with `void` if nobody wants to know any longer. Does not reject. */
  async ask <R extends Question> (peer: string, question: R): Promise<ResponseTo<R> | 'silent' | 'void'> {
    const key = keyOf(peer, question.type)
    const id = ++this.asked
    const { signal } = this.abort

    this.latest.set(key, id)

    for (let attempt = 0; attempt <= ASK_RETRIES; attempt++) {
      const answer = await this.once(peer, question, signal)

      // it may have connected anew, or pushed, or be no longer asked
      if (signal.aborted || this.latest.get(key) !== id) {
        return 'void'
      }

      if (answer != null) {
        this.latest.delete(key)

        return answer
      }
    }

    this.latest.delete(key)

    return 'silent'
  }

  private async once <R extends Question> (peer: string, question: R, signal: AbortSignal): Promise<ResponseTo<R> | undefined> {
    const deadline = deadlineSignal(this.init.clock, ASK_TIMEOUT, signal)

    try {
      return await this.init.network.ask(peer, question, { signal: deadline.signal })
    } catch {
      // silence and broken connections are answers of their own
      return undefined
    } finally {
      deadline.clear()
    }
  }
}

function keyOf (peer: string, type: Question['type']): string {
  return `${type}/${peer}`
}
