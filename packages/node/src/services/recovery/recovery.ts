import { newestOf, order } from '@nara-stash/protocol'
import { ASK_AGAIN, BODY_RETRY } from '../../constants.ts'
import { lateComers, ripen } from '../../policy/overtime.ts'
import { settle } from '../../policy/settle.ts'
import { Answers } from './answers.ts'
import { Bodies } from './bodies.ts'
import { Questions } from './questions.ts'
import { isOurs } from '../owner/is-ours.ts'
import type { Ripe } from '../../policy/overtime.ts'
import type { Answer, Decision } from '../../policy/settle.ts'
import type { BodiesInit, Found } from './bodies.ts'
import type { OwnStash } from '../owner/own-stash.ts'
import type { Caller, Clock, FetchResponse, IncomingRequest, RecordHeader, StashNetwork, StashResponse, WantsBody } from '@nara-stash/protocol'

export type Offer = Extract<IncomingRequest, { type: 'offer' }>

export interface RecoveryInit extends Pick<BodiesInit, 'onFound'> {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: Pick<OwnStash, 'open' | 'owner' | 'note' | 'isDecided'>
  clock: Clock
  /** Peers that are not dealt with are not asked. */
  admits (peer: string): boolean
  /** Peers that were pinned or allowed by name, or whose stash is held here. */
  isKnown (peer: string): boolean
  /** Headers of ours that were heard of, among them what others have `witnessed`. */
  heard (witnessed: readonly RecordHeader[]): RecordHeader[]
  onDecision (decision: Decision): void
}

/**
 * The search for our own stash: asks every stash peer it meets, takes what is pushed, and has the policy decide what is known. Asking
 * and being pushed to feed one table of answers.
 */
export class Recovery {
  private readonly init: RecoveryInit
  private readonly answers: Answers
  private readonly bodies: Bodies
  /** When each peer was asked last; an answer to an earlier question does not count. */
  private readonly askedAt = new Map<string, number>()
  private readonly questions: Questions
  /** The newest headers that others have seen. */
  private witnessed: RecordHeader[] = []
  private firstContact: number | undefined
  /** What is decided unless somebody says more. */
  private ripe: Ripe | undefined
  private cancelTimer: () => void = () => {}
  private running = false

  constructor (init: RecoveryInit) {
    this.init = init
    this.answers = new Answers(init.clock)
    this.questions = new Questions(init)
    this.bodies = new Bodies({
      ...init,
      onAnswer: (peer, answer) => { this.heardFrom(peer, answer) },
      onChange: () => { this.evaluate() }
    })
  }

  /** Starts over, knowing nothing. */
  begin (): void {
    this.stop()
    this.answers.clear()
    this.askedAt.clear()
    this.witnessed = []
    this.firstContact = undefined
    this.running = true
    this.askAnew()
    this.evaluate()
  }

  /** Asks everybody who is here, and gives them their time. */
  askAnew (): void {
    this.ripe = undefined
    this.answers.anew()
    this.init.network.peers().forEach(({ id }) => { this.met(id) })
  }

  /** What was found is forgotten; what was answered stays to be shown. */
  stop (): void {
    this.running = false
    this.cancelTimer()
    this.bodies.clear()
    this.questions.stop()
  }

  /** True from `begin` to `stop`. */
  get active (): boolean {
    return this.running
  }

  /** A stash peer connected, or connected once more. */
  met (peer: string): void {
    if (this.running && this.init.admits(peer)) {
      this.firstContact ??= this.init.clock.now()
      this.answers.asked(peer)
      this.question(peer)
    }
  }

  lost (peer: string): void {
    this.questions.drop(peer, 'fetch')
    this.questions.drop(peer, 'witness')
    this.askedAt.delete(peer)
    this.answers.lost(peer)
    this.evaluate()
  }

  /** A holder pushes: what it says counts like an answer, and its body is taken unless it is here or on its way. */
  offered (caller: Caller, offer: Offer): StashResponse | WantsBody {
    const { record } = offer
    const abandon = this.bodies.isCared(record.id) || this.isDead(record) ? undefined : this.bodies.expect(record.id)

    this.heardFrom(caller.peer, offer)
    this.evaluate()

    if (abandon == null) {
      return { type: 'have' }
    }

    return {
      type: 'wanted',
      receive: async (body) => {
        this.bodies.take(record, body, { via: 'push', from: caller.peer })

        return { type: 'stored' }
      },
      abandon
    }
  }

  /** The version of a record that was found and could be read. */
  version (record: string): Found | undefined {
    return this.bodies.get(record)
  }

  /** Every version that was found and could be read. */
  versions (): Found[] {
    return this.bodies.list()
  }

  /** Every header that was seen, held or heard of. */
  seen (): RecordHeader[] {
    return [...this.said().flatMap(({ record }) => record ?? []), ...this.heard()]
  }

  /** What everybody says, but for what is deleted. */
  living (): Answer[] {
    const tombstones = this.tombstones()

    return this.said().filter(({ record }) => record == null || !endedBy(tombstones, record))
  }

  /** The latest word of every peer. */
  tally (): Answer[] {
    return this.answers.list()
  }

  /** Looks at what is known and says what follows. */
  evaluate (): void {
    if (!this.running) {
      return
    }

    const { clock } = this.init
    const now = clock.now()

    this.cancelTimer()
    this.bodies.fetch(this.living())
    this.askAgain()

    const input = {
      answers: this.said(),
      readable: new Set(this.bodies.list().map(({ record }) => record.id)),
      coming: this.bodies.onTheWay(),
      heard: this.heard(),
      firstContact: this.firstContact,
      now,
      isKnown: this.init.isKnown
    }
    this.ripe = ripen(this.ripe, input)

    const decision = settle({ ...input, answers: lateComers(input.answers, this.ripe, peer => this.askedAt.get(peer)) })
    const until = decision.type === 'waiting' && decision.until != null ? decision.until - now : BODY_RETRY

    // with nobody to ask there is nothing to look at before somebody comes
    if (decision.type !== 'searching') {
      this.cancelTimer = clock.setTimer(() => { this.evaluate() }, Math.min(Math.max(until, 1), BODY_RETRY))
    }

    this.init.onDecision(decision)
  }

  /** What everybody says, but for records that it was decided not to take. */
  private said (): Answer[] {
    return this.answers.all().map(answer => {
      const { record, placement: _, direct: __, mayBeDeleted: ___, ...rest } = answer

      return record != null && this.init.own.isDecided(record) ? rest : answer
    })
  }

  private heard (): RecordHeader[] {
    return this.init.heard(this.witnessed).filter(record => !this.init.own.isDecided(record))
  }

  private isDead (record: RecordHeader): boolean {
    return endedBy(this.tombstones(), record)
  }

  private tombstones (): RecordHeader[] {
    return this.seen().filter(({ kind }) => kind === 'tombstone')
  }

  private heardFrom (peer: string, answer: Offer | FetchResponse): void {
    this.firstContact ??= this.init.clock.now()
    this.questions.drop(peer, 'fetch')

    if (answer.type === 'not-found') {
      this.answers.answered(peer, undefined)
    } else if (answer.type !== 'refused' && isOurs(answer, this.init.own.owner)) {
      this.init.own.note(answer.record)
      this.answers.answered(peer, answer)
    } else {
      // a refusal, or somebody else's stash, says nothing of ours
      this.answers.failed(peer)
    }
  }

  private question (peer: string): void {
    this.askedAt.set(peer, this.init.clock.now())
    void this.askHeader(peer)
    void this.askWitness(peer)
  }

  private async askHeader (peer: string): Promise<void> {
    const answer = await this.questions.ask(peer, { type: 'fetch', whole: false })

    if (answer === 'void') {
      return
    }

    if (answer === 'silent') {
      this.answers.failed(peer)
    } else {
      this.heardFrom(peer, answer)
    }

    this.evaluate()
  }

  /** Who holds nothing may have seen how new the newest is. */
  private async askWitness (peer: string): Promise<void> {
    const answer = await this.questions.ask(peer, { type: 'witness' })

    if (answer === 'void') {
      return
    }

    this.answers.witnessed(peer)

    if (answer !== 'silent' && answer.type === 'witnessed') {
      const records = [answer.record, ...(answer.beside == null ? [] : [answer.beside])].filter(({ owner }) => owner === this.init.own.owner)

      records.forEach(record => { this.init.own.note(record) })
      this.witnessed = newestOf([...this.witnessed, ...records])
    }

    this.evaluate()
  }

  /** Who did not answer may do so later. */
  private askAgain (): void {
    const now = this.init.clock.now()

    for (const { peer, connected, status } of this.tally()) {
      if (connected && status === 'failed' && !this.questions.isOpen(peer, 'fetch') && now - (this.askedAt.get(peer) ?? 0) >= ASK_AGAIN) {
        this.question(peer)
      }
    }
  }
}

/** One of them deletes it, or it is one itself. */
function endedBy (tombstones: readonly RecordHeader[], record: RecordHeader): boolean {
  return record.kind === 'tombstone' || tombstones.some(tombstone => order(tombstone, record) === 'supersedes')
}
