import type { Answer } from '../policy/settle.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** What a peer says that it holds. */
export interface Holding {
  record: RecordHeader
  placement: Placement
  direct: boolean
}

/** What each stash peer said on this search, and what was said before by those who say something else since. */
export class Answers {
  private readonly now = new Map<string, Answer>()
  /** The holdings of peers that came back without them, by record: to have seen a version once is to know of it. */
  private readonly before = new Map<string, Answer>()

  clear (): void {
    this.now.clear()
    this.before.clear()
  }

  get (peer: string): Answer | undefined {
    return this.now.get(peer)
  }

  /** The latest word of every peer. */
  list (): Answer[] {
    return [...this.now.values()]
  }

  /** The latest word of every peer, and former holdings that are nobody's any longer. */
  all (): Answer[] {
    const present = new Set(this.list().map(({ record }) => record?.id))

    return [...this.list(), ...[...this.before.values()].filter(({ record }) => !present.has(record?.id))]
  }

  /** A peer is here and is asked. */
  asked (peer: string): void {
    this.put({ peer, connected: true, status: 'pending' })
  }

  answered (peer: string, holding: Holding | undefined): void {
    this.put({ peer, connected: true, status: 'answered', ...(holding == null ? {} : pick(holding)) })
  }

  /** It does not say. */
  failed (peer: string): void {
    const answer = this.now.get(peer)

    // it may have pushed meanwhile
    if (answer?.status === 'pending') {
      this.put({ ...answer, status: 'failed' })
    }
  }

  lost (peer: string): void {
    const answer = this.now.get(peer)

    if (answer != null) {
      this.put({ ...answer, connected: false, status: answer.status === 'pending' ? 'failed' : answer.status })
    }
  }

  private put (answer: Answer): void {
    const before = this.now.get(answer.peer)

    if (before?.record != null && before.record.id !== answer.record?.id) {
      // a copy that is gone proves nothing but that the version was there
      this.before.set(before.record.id, { ...before, connected: false, status: 'failed', direct: false })
    }

    this.now.set(answer.peer, answer)
  }
}

function pick ({ record, placement, direct }: Holding): Holding {
  return { record, placement, direct }
}
