import { supersedesOrIs } from '@nara-stash/protocol'
import type { Answer } from '../../policy/settle.ts'
import type { Clock, Placement, RecordHeader } from '@nara-stash/protocol'

/** What a peer says that it holds. */
export interface Holding {
  record: RecordHeader
  placement: Placement
  direct: boolean
  /** It was away for so long that we may have deleted it. */
  mayBeDeleted?: boolean
}

/** Peers remembered at most, but for those that are connected: far more than can be. Who goes on searching meets ever more. */
export const MAX_ANSWERS = 1_024

/** What each stash peer said on this search, and what was said before by those who say something else since. */
export class Answers {
  private readonly now = new Map<string, Answer>()
  /** The holdings of peers that came back without them, by record: to have seen a version once is to know of it. */
  private readonly before = new Map<string, Answer>()
  /** Peers that are still to say which header they have seen. */
  private readonly witnessing = new Set<string>()
  /** When each peer was asked first: one that connects again and again gains no time. */
  private readonly askedAt = new Map<string, number>()
  private readonly clock: Pick<Clock, 'now'>

  constructor (clock: Pick<Clock, 'now'>) {
    this.clock = clock
  }

  clear (): void {
    this.now.clear()
    this.before.clear()
    this.witnessing.clear()
    this.askedAt.clear()
  }

  /** Everybody has their time again. */
  anew (): void {
    this.askedAt.clear()
  }

  /** The latest word of every peer. */
  list (): Answer[] {
    return [...this.now.values()].map(answer => {
      const askedAt = this.askedAt.get(answer.peer)

      return { ...answer, ...(askedAt == null ? {} : { askedAt }), ...(this.witnessing.has(answer.peer) ? { witnessing: true } : {}) }
    })
  }

  /** The latest word of every peer, and former holdings that are nobody's any longer. */
  all (): Answer[] {
    const present = new Set(this.list().map(({ record }) => record?.id))

    return [...this.list(), ...[...this.before.values()].filter(({ record }) => !present.has(record?.id))]
  }

  /** A peer is here and is asked. */
  asked (peer: string): void {
    this.witnessing.add(peer)
    this.askedAt.set(peer, this.askedAt.get(peer) ?? this.clock.now())
    this.put({ peer, connected: true, status: 'pending' })
  }

  /** Its word. One that shows an older record than its last word on this connection did was under way for longer. */
  answered (peer: string, holding: Holding | undefined): void {
    const before = this.now.get(peer)

    if (holding != null && isLate(before, holding)) {
      this.keep({ peer, connected: true, status: 'answered', ...pick(holding) })

      return
    }

    const isSaid = before?.status === 'answered' && before.record?.id === holding?.record.id

    this.put({ peer, connected: true, status: 'answered', saidAt: isSaid ? before.saidAt : this.clock.now(), ...(holding == null ? {} : pick(holding)) })
  }

  /** It said which header it has seen, or will not. */
  witnessed (peer: string): void {
    this.witnessing.delete(peer)
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
    this.witnessing.delete(peer)
    const answer = this.now.get(peer)

    if (answer != null) {
      this.put({ ...answer, connected: false, status: answer.status === 'pending' ? 'failed' : answer.status })
    }
  }

  private put (answer: Answer): void {
    const before = this.now.get(answer.peer)

    if (before?.record?.id !== answer.record?.id) {
      this.keep(before)
    }

    this.now.set(answer.peer, answer)

    if (this.now.size > MAX_ANSWERS) {
      this.forgetOne()
    }
  }

  /** A copy that is gone proves nothing but that the version was there. */
  private keep (answer: Answer | undefined): void {
    if (answer?.record != null) {
      this.before.set(answer.record.id, { ...answer, connected: false, status: 'failed', direct: false })
    }
  }

  /** Of those that are gone, the first that held nothing, or else the first. */
  private forgetOne (): void {
    const gone = this.list().filter(({ connected }) => !connected)
    const first = gone.find(({ record }) => record == null) ?? gone[0]

    if (first != null) {
      this.keep(first)
      this.now.delete(first.peer)
      this.askedAt.delete(first.peer)
    }
  }
}

/** On one connection a copy is replaced by a newer one alone, and no two messages come in the order in which they were sent. */
function isLate (before: Answer | undefined, { record }: Holding): boolean {
  return before?.record != null && before.connected && before.status === 'answered' && before.record.id !== record.id && supersedesOrIs(before.record, record)
}

function pick ({ record, placement, direct, mayBeDeleted }: Holding): Holding {
  return { record, placement, direct, ...(mayBeDeleted === true && { mayBeDeleted }) }
}
