import { BodyMismatchError, createSha256, deadlineSignal } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { ASK_AGAIN, ASK_RETRIES, ASK_TIMEOUT, BODY_RETRY } from '../constants.ts'
import { settle } from '../policy/settle.ts'
import { wantedBodies } from '../policy/wanted-bodies.ts'
import { Answers } from './answers.ts'
import { isOurs } from './strangers.ts'
import type { Answer, Decision } from '../policy/settle.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Caller, Clock, FetchResponse, IncomingRequest, RecordHeader, StashNetwork, StashResponse, WantsBody } from '@nara-stash/protocol'

export type Offer = Extract<IncomingRequest, { type: 'offer' }>

export interface RecoveryInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  /** Peers that are not dealt with are not asked. */
  admits (peer: string): boolean
  /** Headers of ours that were heard of. */
  heard (): RecordHeader[]
  onFound (version: Version, via: 'push' | 'fetch', from: string): void
  onDecision (decision: Decision): void
}

/** Which way a version came back first. */
export interface Origin {
  via: 'push' | 'fetch'
  from: string
}

export type Found = Version & { origin: Origin }

/**
 * The search for our own stash: asks every stash peer it meets, takes what is pushed, and has the policy decide what is known. Asking
 * and being pushed to feed one table of answers.
 */
export class Recovery {
  private readonly init: RecoveryInit
  private readonly answers = new Answers()
  private readonly found = new Map<string, Found>()
  private readonly coming = new Set<string>()
  private readonly tried = new Map<string, number>()
  /** When each peer was asked last; an answer to an earlier question does not count. */
  private readonly askedAt = new Map<string, number>()
  private questions = 0
  private readonly open = new Map<string, number>()
  private firstContact: number | undefined
  private cancelTimer: () => void = () => {}
  private abort = new AbortController()
  private running = false

  constructor (init: RecoveryInit) {
    this.init = init
  }

  /** Starts over, knowing nothing. */
  begin (): void {
    this.stop()
    this.answers.clear()
    this.askedAt.clear()
    this.firstContact = undefined
    this.abort = new AbortController()
    this.running = true
    this.init.network.peers().forEach(({ id }) => { this.met(id) })
    this.evaluate()
  }

  /** What was found is forgotten; what was answered stays to be shown. */
  stop (): void {
    this.running = false
    this.cancelTimer()
    this.abort.abort()
    this.found.clear()
    this.coming.clear()
    this.tried.clear()
    this.open.clear()
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
      void this.askHeader(peer)
    }
  }

  lost (peer: string): void {
    this.open.delete(peer)
    this.askedAt.delete(peer)
    this.answers.lost(peer)
    this.evaluate()
  }

  /** A holder pushes: what it says counts like an answer, and its body is taken unless it is here or on its way. */
  offered (caller: Caller, offer: Offer): StashResponse | WantsBody {
    const { record } = offer
    const { signal } = this.abort
    const wanted = !this.found.has(record.id) && !this.coming.has(record.id)

    if (wanted) {
      this.coming.add(record.id)
    }

    this.heardFrom(caller.peer, offer)
    this.evaluate()

    if (!wanted) {
      return { type: 'have' }
    }

    return {
      type: 'wanted',
      receive: async (body) => {
        this.take(record, body, { via: 'push', from: caller.peer })

        return { type: 'stored' }
      },
      abandon: () => {
        if (!signal.aborted) {
          this.coming.delete(record.id)
          this.evaluate()
        }
      }
    }
  }

  /** The version of a record that was found and could be read. */
  version (record: string): Found | undefined {
    return this.found.get(record)
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

    const { clock, heard } = this.init
    const now = clock.now()

    this.cancelTimer()
    this.fetchBodies()
    this.askAgain()

    const decision = settle({
      answers: this.answers.all(),
      readable: new Set(this.found.keys()),
      heard: heard(),
      firstContact: this.firstContact,
      now
    })
    const until = decision.type === 'waiting' && decision.until != null ? decision.until - now : BODY_RETRY

    // with nobody to ask there is nothing to look at before somebody comes
    if (decision.type !== 'searching') {
      this.cancelTimer = clock.setTimer(() => { this.evaluate() }, Math.min(Math.max(until, 1), BODY_RETRY))
    }

    this.init.onDecision(decision)
  }

  private heardFrom (peer: string, answer: Offer | FetchResponse): void {
    this.firstContact ??= this.init.clock.now()
    this.open.delete(peer)

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

  private async askHeader (peer: string): Promise<void> {
    const { signal } = this.abort
    const question = ++this.questions

    this.open.set(peer, question)
    this.askedAt.set(peer, this.init.clock.now())

    for (let attempt = 0; attempt <= ASK_RETRIES; attempt++) {
      const deadline = deadlineSignal(this.init.clock, ASK_TIMEOUT, signal)
      let answer: FetchResponse | undefined

      try {
        answer = await this.init.network.ask(peer, { type: 'fetch', whole: false }, { signal: deadline.signal })
      } catch {
        // silence and broken connections are answers of their own: see below
      } finally {
        deadline.clear()
      }

      // it may have connected anew, or pushed, or be no longer asked
      if (signal.aborted || this.open.get(peer) !== question) {
        return
      }

      if (answer != null) {
        this.heardFrom(peer, answer)
        this.evaluate()

        return
      }
    }

    this.open.delete(peer)
    this.answers.failed(peer)
    this.evaluate()
  }

  /** Who did not answer may do so later. */
  private askAgain (): void {
    const now = this.init.clock.now()

    for (const { peer, connected, status } of this.tally()) {
      if (connected && status === 'failed' && !this.open.has(peer) && now - (this.askedAt.get(peer) ?? 0) >= ASK_AGAIN) {
        void this.askHeader(peer)
      }
    }
  }

  private fetchBodies (): void {
    const now = this.init.clock.now()
    const wanted = wantedBodies({
      answers: this.tally(),
      isCared: record => this.found.has(record) || this.coming.has(record),
      mayAsk: (peer, record) => now - (this.tried.get(`${peer}/${record}`) ?? -Infinity) >= BODY_RETRY
    })

    wanted.forEach(({ peer, record }) => {
      this.coming.add(record.id)
      this.tried.set(`${peer}/${record.id}`, now)
      void this.fetchBody(peer, record)
    })
  }

  private async fetchBody (peer: string, record: RecordHeader): Promise<void> {
    const { signal } = this.abort

    try {
      const answer = await this.init.network.ask(peer, { type: 'fetch', whole: true }, { signal })

      if (!signal.aborted) {
        this.heardFrom(peer, answer)

        if (answer.type === 'found' && answer.body != null && isOurs(answer, this.init.own.owner)) {
          this.take(answer.record, answer.body, { via: 'fetch', from: peer })
        }
      }
    } catch {
      // another holder, or the same one later: evaluate() looks what is missing
    } finally {
      if (!signal.aborted) {
        this.coming.delete(record.id)
        this.evaluate()
      }
    }
  }

  private take (record: RecordHeader, body: Uint8Array, origin: Origin): void {
    this.coming.delete(record.id)

    if (!this.found.has(record.id)) {
      const version = this.init.own.open(record, verified(record, body))

      this.found.set(record.id, { ...version, origin })
      this.init.onFound(version, origin.via, origin.from)
    }

    this.evaluate()
  }
}

/**
 * @throws {BodyMismatchError}
 */
export function verified (record: RecordHeader, body: Uint8Array): Uint8Array {
  if (body.byteLength !== record.bodyLength || toString(createSha256().update(body).digest(), 'base16') !== record.bodyDigest) {
    throw new BodyMismatchError('a body does not match its header')
  }

  return body
}
