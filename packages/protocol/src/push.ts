import { setMaxListeners } from 'main-event'
import { NotHeldError } from './errors.ts'
import { leaseLeft } from './held/held-stash.ts'
import type { Clock } from './clock.ts'
import type { HeldStashes } from './held/held-stashes.ts'
import type { OfferResponse } from './messages.ts'
import type { StashNetwork } from './network.ts'
import type { Placement } from './record/placement.ts'
import type { RecordHeader } from './record/header.ts'
import type { Trust } from './trust.ts'
import type { AbortOptions } from '@libp2p/interface'

const second = 1_000

/**
 * Milliseconds before an offer that failed is made again on the same connection; an owner that says it is busy may ask for longer. The
 * owner asks by itself, too.
 */
const RETRY_STEPS: readonly number[] = [2 * second, 5 * second, 15 * second]

export interface PusherInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  held: Pick<HeldStashes, 'get' | 'read' | 'drop' | 'hearOf'>
  trust: Pick<Trust, 'admits'>
  clock: Clock
  liveHolders (placement: Placement): string[]
  onPushed (owner: string, record: RecordHeader, outcome: OfferResponse['type'] | 'failed'): void
  /** Its owner needs this copy no more, and it is no longer held. */
  onRelieved (owner: string): void
}

interface Attempt {
  connection: string
  boot: string | undefined
  /** The last offer said that the copy may have been deleted. Undefined as long as there was none. */
  isMarked?: boolean
  cancelRetry (): void
}

/**
 * Brings owners back what we hold of theirs: by OFFER, once per owner, boot and connection (SPEC.md, "Bringing it back"). Many things wake
 * it (a connection, a hey-there); it looks whether there is anything to do.
 */
export class Pusher {
  private readonly init: PusherInit
  private readonly attempts = new Map<string, Attempt>()
  /** Ends what is under way. Absent before the start and after the stop. */
  private running: AbortController | undefined

  constructor (init: PusherInit) {
    this.init = init
  }

  /** Offers all owners that are here what is theirs, and from here on those that come. */
  start (): void {
    this.running ??= new AbortController()
    // one listener per owner that is being offered its stash
    setMaxListeners(Infinity, this.running.signal)
    this.init.network.peers().forEach(({ id }) => { this.wake(id) })
  }

  /** Ends all offers and retries. */
  stop (): void {
    this.running?.abort()
    this.running = undefined

    for (const owner of [...this.attempts.keys()]) {
      this.forget(owner)
    }
  }

  /**
   * An owner may have come back.
   *
   * @param boot - the boot it told in its presence, if it did
   */
  wake (owner: string, boot?: string): void {
    const { held, network, trust } = this.init
    const peer = network.peers().find(({ id }) => id === owner)

    if (this.running == null || peer == null || held.get(owner) == null || !trust.admits(owner)) {
      return
    }

    const before = this.attempts.get(owner)

    if (before?.connection === peer.connection && (boot == null || before.boot == null || before.boot === boot)) {
      before.boot ??= boot
      return
    }

    // what the attempt before has under way goes on: over another connection it may be the one that arrives
    before?.cancelRetry()
    const attempt: Attempt = { connection: peer.connection, boot, cancelRetry: () => {} }
    this.attempts.set(owner, attempt)
    void this.attempt(owner, attempt, RETRY_STEPS, this.running.signal)
  }

  /** A copy came from somebody else: what was offered before on this connection was not this one. */
  renew (owner: string): void {
    this.forget(owner)
    this.wake(owner)
  }

  /** A copy may be one that its owner deleted: an owner that was offered it as if it were not is to know. */
  marked (owner: string): void {
    if (this.attempts.get(owner)?.isMarked === false) {
      this.renew(owner)
    }
  }

  /** The owner left: the next time it is here is a return. */
  forget (owner: string): void {
    this.attempts.get(owner)?.cancelRetry()
    this.attempts.delete(owner)
  }

  /**
   * Offers `owner` what we hold of it and does what the answer asks: an owner that relieves us gets its slot freed.
   *
   * @throws {NotHeldError | UnreachableError | TimeoutError}
   * @throws {HeldStoreError} the copy could not be read, or an owner that relieved us of it could not be obeyed
   */
  async push (owner: string, options?: AbortOptions): Promise<OfferResponse> {
    const { held, network, clock } = this.init
    const whole = await held.read(owner, options)

    if (whole == null) {
      throw new NotHeldError(`no stash is held for ${owner}`)
    }

    const { stash, body } = whole
    const attempt = this.attempts.get(owner)

    if (attempt != null) {
      attempt.isMarked = stash.mayBeDeleted
    }

    const answer = await network.ask(owner, {
      type: 'offer',
      record: stash.record,
      placement: stash.placement,
      liveHolders: this.init.liveHolders(stash.placement),
      leaseRemaining: leaseLeft(stash, clock.now()),
      direct: stash.direct,
      ...(stash.mayBeDeleted && { mayBeDeleted: true }),
      body
    }, options)

    // what it relieved us of is this very record: one that its owner stored meanwhile stays
    const dropped = answer.type === 'relieved' && await held.drop(owner, stash.record.id)

    if ((answer.type === 'newer' || answer.type === 'conflict') && answer.record.owner === owner) {
      // a tombstone among them ends what is held
      await held.hearOf(answer.record)
    }

    this.init.onPushed(owner, stash.record, answer.type)

    if (dropped) {
      this.init.onRelieved(owner)
    }

    return answer
  }

  private async attempt (owner: string, attempt: Attempt, [step, ...later]: readonly number[], signal: AbortSignal): Promise<void> {
    const wait = await this.tryOnce(owner, attempt, signal)

    if (wait != null && step != null && this.attempts.get(owner) === attempt) {
      attempt.cancelRetry = this.init.clock.setTimer(() => {
        void this.attempt(owner, attempt, later, signal)
      }, Math.max(step, wait))
    }
  }

  /** Returns for how many milliseconds another try must wait at least; undefined if there is none to make. */
  private async tryOnce (owner: string, attempt: Attempt, signal: AbortSignal): Promise<number | undefined> {
    const record = this.init.held.get(owner)?.record

    try {
      const answer = await this.push(owner, { signal })

      // any other reason lasts
      return answer.type === 'refused' && answer.reason === 'rate limited' ? answer.retryAfter : undefined
    } catch (err) {
      if (record == null || err instanceof NotHeldError || this.attempts.get(owner) !== attempt) {
        return
      }

      this.init.onPushed(owner, record, 'failed')

      return 0
    }
  }
}
