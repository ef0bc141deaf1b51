import { NotHeldError } from './errors.ts'
import type { Clock } from './clock.ts'
import type { HeldStashes } from './held/held-stashes.ts'
import type { OfferResponse } from './messages.ts'
import type { StashNetwork } from './network.ts'
import type { NewestTable } from './record/newest-table.ts'
import type { Placement } from './record/placement.ts'
import type { RecordHeader } from './record/header.ts'
import type { AbortOptions } from '@libp2p/interface'

const second = 1_000

/** Milliseconds before an offer that failed is made again on the same connection. The owner asks by itself, too. */
const RETRY_STEPS = [2 * second, 5 * second, 15 * second]

export interface PusherInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  held: HeldStashes
  newest: NewestTable
  clock: Clock
  liveHolders (placement: Placement): string[]
  onPushed (owner: string, record: RecordHeader, outcome: OfferResponse['type'] | 'failed'): void
}

interface Attempt {
  connection: string
  boot: string | undefined
  cancelRetry (): void
}

/**
 * Brings owners back what we hold of theirs: by OFFER, once per owner, boot and connection. Many things wake it (a connection, a
 * hey-there); it looks whether there is anything to do.
 */
export class Pusher {
  private readonly init: PusherInit
  private readonly attempts = new Map<string, Attempt>()

  constructor (init: PusherInit) {
    this.init = init
  }

  /**
   * An owner may have come back.
   *
   * @param boot - the boot it told in its presence, if it did
   */
  wake (owner: string, boot?: string): void {
    const peer = this.init.network.peers().find(({ id }) => id === owner)

    if (peer == null || this.init.held.get(owner) == null) {
      return
    }

    const before = this.attempts.get(owner)

    if (before?.connection === peer.connection && (boot == null || before.boot == null || before.boot === boot)) {
      before.boot ??= boot
      return
    }

    before?.cancelRetry()
    const attempt: Attempt = { connection: peer.connection, boot, cancelRetry: () => {} }
    this.attempts.set(owner, attempt)
    void this.attempt(owner, attempt, 0)
  }

  /** The owner left: the next time it is here is a return. */
  forget (owner: string): void {
    this.attempts.get(owner)?.cancelRetry()
    this.attempts.delete(owner)
  }

  /** Ends all retries. */
  stop (): void {
    for (const owner of [...this.attempts.keys()]) {
      this.forget(owner)
    }
  }

  /**
   * Offers `owner` what we hold of it and does what the answer asks: an owner that relieves us gets its slot freed.
   *
   * @throws {NotHeldError | UnreachableError | TimeoutError}
   */
  async push (owner: string, options?: AbortOptions): Promise<OfferResponse> {
    const whole = await this.init.held.read(owner)

    if (whole == null) {
      throw new NotHeldError(`no stash is held for ${owner}`)
    }

    const { stash, body } = whole
    const answer = await this.init.network.ask(owner, {
      type: 'offer',
      record: stash.record,
      placement: stash.placement,
      liveHolders: this.init.liveHolders(stash.placement),
      leaseRemaining: stash.leaseRemaining,
      direct: stash.direct,
      body
    }, options)

    if (answer.type === 'relieved') {
      await this.init.held.drop(owner, stash.record.id)
    } else if ((answer.type === 'newer' || answer.type === 'conflict') && answer.record.owner === owner) {
      this.init.newest.see(answer.record)
    }

    this.init.onPushed(owner, stash.record, answer.type)

    return answer
  }

  private async attempt (owner: string, attempt: Attempt, failures: number): Promise<void> {
    const record = this.init.held.get(owner)?.record

    try {
      await this.push(owner)
    } catch {
      const delay = RETRY_STEPS[failures]

      if (record == null || this.attempts.get(owner) !== attempt) {
        return
      }

      this.init.onPushed(owner, record, 'failed')

      if (delay != null) {
        attempt.cancelRetry = this.init.clock.setTimer(() => { void this.attempt(owner, attempt, failures + 1) }, delay)
      }
    }
  }
}
