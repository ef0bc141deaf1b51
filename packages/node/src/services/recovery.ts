import { BodyMismatchError, createSha256, deadlineSignal, newestOf } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { ASK_RETRIES, ASK_TIMEOUT } from '../constants.ts'
import { settle } from '../policy/settle.ts'
import type { Answer, Decision } from '../policy/settle.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Caller, Clock, IncomingRequest, Placement, RecordHeader, StashNetwork, StashResponse, WantsBody } from '@nara-stash/protocol'

const second = 1_000

/** A body that a peer could not give is asked of it again after this long. Milliseconds. */
const BODY_RETRY = 5 * second

type Offer = Extract<IncomingRequest, { type: 'offer' }>

export interface RecoveryInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  /** Peers that are not dealt with are not asked. */
  admits (peer: string): boolean
  /** Headers of ours that were heard of. */
  heard (): RecordHeader[]
  onFound (version: Version, via: 'push' | 'fetch', from: string): void
  onDecision (decision: Decision, recovery: Recovery): void
}

/** Which way a version came back first. */
export interface Origin {
  via: 'push' | 'fetch'
  from: string
}

/**
 * The search for our own stash: asks every stash peer it meets, takes what is pushed, and has the policy decide what is known. Asking
 * and being pushed to feed one table of answers.
 */
export class Recovery {
  private readonly init: RecoveryInit
  private readonly answers = new Map<string, Answer>()
  private readonly found = new Map<string, Version & { origin: Origin }>()
  private readonly coming = new Set<string>()
  private readonly tried = new Map<string, number>()
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
    this.found.clear()
    this.coming.clear()
    this.tried.clear()
    this.firstContact = undefined
    this.abort = new AbortController()
    this.running = true
    this.init.network.peers().forEach(({ id }) => { this.met(id) })
    this.evaluate()
  }

  stop (): void {
    this.running = false
    this.cancelTimer()
    this.abort.abort()
  }

  /** True from `begin` to `stop`. */
  get active (): boolean {
    return this.running
  }

  /** A stash peer connected, or connected once more. */
  met (peer: string): void {
    if (!this.running || !this.init.admits(peer)) {
      return
    }

    this.contact(peer)
    this.answers.set(peer, { peer, connected: true, status: 'pending' })
    void this.askHeader(peer)
  }

  lost (peer: string): void {
    const answer = this.answers.get(peer)

    if (answer != null) {
      this.answers.set(peer, { ...answer, connected: false, status: answer.status === 'pending' ? 'failed' : answer.status })
      this.evaluate()
    }
  }

  /** A holder pushes: what it says counts like an answer, and its body is taken unless it is here or on its way. */
  offered (caller: Caller, { record, placement, direct }: Offer): StashResponse | WantsBody {
    this.contact(caller.peer)
    this.heardFrom(caller.peer, { record, placement, direct })

    if (this.found.has(record.id) || this.coming.has(record.id)) {
      this.evaluate()

      return { type: 'have' }
    }

    this.coming.add(record.id)

    return {
      type: 'wanted',
      receive: async (body) => {
        this.take(record, body, { via: 'push', from: caller.peer })

        return { type: 'stored' }
      },
      abandon: () => {
        this.coming.delete(record.id)
        this.evaluate()
      }
    }
  }

  /** The version of a record that was found and could be read. */
  version (record: string): (Version & { origin: Origin }) | undefined {
    return this.found.get(record)
  }

  /** All that could be read, in no order. */
  versions (): Version[] {
    return [...this.found.values()]
  }

  /** What was answered so far. */
  tally (): Answer[] {
    return [...this.answers.values()]
  }

  /** Looks at what is known and says what follows. */
  evaluate (): void {
    if (!this.running) {
      return
    }

    this.cancelTimer()
    this.fetchBodies()

    const decision = settle({
      answers: this.tally(),
      readable: new Set(this.found.keys()),
      heard: this.init.heard(),
      firstContact: this.firstContact,
      now: this.init.clock.now()
    })

    if (decision.type === 'waiting' || decision.type === 'doubtful') {
      const until = decision.type === 'waiting' && decision.until != null ? decision.until - this.init.clock.now() : BODY_RETRY

      this.cancelTimer = this.init.clock.setTimer(() => { this.evaluate() }, Math.min(Math.max(until, 1), BODY_RETRY))
    }

    this.init.onDecision(decision, this)
  }

  private contact (peer: string): void {
    if (!this.answers.has(peer)) {
      this.answers.set(peer, { peer, connected: true, status: 'pending' })
    }

    this.firstContact ??= this.init.clock.now()
  }

  private heardFrom (peer: string, holds: { record: RecordHeader, placement: Placement, direct: boolean } | undefined): void {
    if (holds != null) {
      this.init.own.note(holds.record)
    }

    this.answers.set(peer, { peer, connected: true, status: 'answered', ...holds })
  }

  private async askHeader (peer: string): Promise<void> {
    const { signal } = this.abort

    for (let attempt = 0; attempt <= ASK_RETRIES; attempt++) {
      const deadline = deadlineSignal(this.init.clock, ASK_TIMEOUT, signal)

      try {
        const answer = await this.init.network.ask(peer, { type: 'fetch', whole: false }, { signal: deadline.signal })

        if (signal.aborted || answer.type === 'refused') {
          break
        }

        this.heardFrom(peer, answer.type === 'found' && answer.record.owner === this.owner ? answer : undefined)
        this.evaluate()

        return
      } catch {
        // silence and broken connections are answers of their own: see below
      } finally {
        deadline.clear()
      }
    }

    const answer = this.answers.get(peer)

    // it may have pushed meanwhile
    if (!signal.aborted && answer?.status === 'pending') {
      this.answers.set(peer, { ...answer, status: 'failed' })
      this.evaluate()
    }
  }

  private get owner (): string {
    return this.init.own.owner
  }

  /** Of the newest records seen, fetches those that cannot be read yet, each from one peer at a time. */
  private fetchBodies (): void {
    const now = this.init.clock.now()
    const seen = this.tally().flatMap(({ record }) => record ?? [])

    for (const record of newestOf(seen)) {
      if (this.found.has(record.id) || this.coming.has(record.id)) {
        continue
      }

      const holder = this.tally().find(({ peer, connected, record: held }) =>
        connected && held?.id === record.id && now - (this.tried.get(`${peer}/${record.id}`) ?? -Infinity) >= BODY_RETRY)

      if (holder != null) {
        this.coming.add(record.id)
        this.tried.set(`${holder.peer}/${record.id}`, now)
        void this.fetchBody(holder.peer, record)
      }
    }
  }

  private async fetchBody (peer: string, record: RecordHeader): Promise<void> {
    const { signal } = this.abort

    try {
      const answer = await this.init.network.ask(peer, { type: 'fetch', whole: true }, { signal })

      if (signal.aborted) {
        return
      }

      if (answer.type === 'found' && answer.record.owner === this.owner && answer.body != null) {
        this.heardFrom(peer, answer)
        this.take(answer.record, answer.body, { via: 'fetch', from: peer })
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
