import { deadlineSignal } from '@nara-stash/protocol'
import { ABSENCE_TICK, TELLING_TIMEOUT } from '../../constants.ts'
import type { Duty } from './duty.ts'
import type { Exchanges } from './exchanges.ts'
import type { Clock, HeldStash, HeldStashes, ReleaseReason } from '@nara-stash/protocol'

export interface LettingGoInit {
  held: Pick<HeldStashes, 'get' | 'drop'>
  exchanges: Exchanges
  clock: Clock
  onDropped (owner: string, why: string): void
}

/** Why a copy ends, and whether that still holds. */
export interface Ending {
  reason: ReleaseReason
  why: string
  isDue (stash: HeldStash): boolean
}

/** Ends our own copy of a record, and sees that nobody counts on it. */
export class LettingGo {
  private readonly init: LettingGoInit

  constructor (init: LettingGoInit) {
    this.init = init
  }

  /** Tells the other holders first: they are not to count on us any longer. */
  async end (duty: Duty, { reason, why, isDue }: Ending, signal: AbortSignal | undefined): Promise<void> {
    const { held, clock } = this.init
    duty.ending = true
    await this.tell(duty, reason, signal)

    try {
      // while they were told its owner may have come back, and chosen us, or others have gone
      if (await held.drop(duty.owner, duty.recordId, { isDue })) {
        this.init.onDropped(duty.owner, why)
      } else if (held.get(duty.owner)?.record.id === duty.recordId) {
        duty.stay()
      }
    } catch {
      // its store fails: it is still held
      duty.endAfter = clock.now() + ABSENCE_TICK
    }

    duty.ending = false
  }

  async tell (duty: Duty, reason: ReleaseReason, signal: AbortSignal | undefined): Promise<void> {
    const deadline = deadlineSignal(this.init.clock, TELLING_TIMEOUT, signal)

    await Promise.all(duty.present().map(async ({ peer }) =>
      await this.init.exchanges.release(peer, duty.owner, duty.recordId, reason, { signal: deadline.signal })))
    deadline.clear()
  }
}
