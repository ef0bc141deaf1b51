import { WriteWaiters } from './write-waiters.ts'
import type { WriteResult } from '../../api.ts'
import type { Keeping } from './keeping.ts'
import type { Stores } from './stores.ts'
import type { WaitOptions } from './write-waiters.ts'
import type { Clock } from '@nara-stash/protocol'

export interface OutcomeOptions extends WaitOptions {
  /** `kept` by minCopies, by `all`, or acknowledged or not by one `peer`. @default 'kept' */
  until?: 'kept' | 'all' | { peer: string }
  /** Goes on waiting though everybody willing was tried, as with a timeout. */
  isPatient?: boolean
}

/** Tells who wrote what became of the current version. */
export class Outcomes {
  private readonly keeping: Keeping
  private readonly stores: Stores
  private readonly waiters: WriteWaiters<WriteResult>

  constructor (clock: Clock, keeping: Keeping, stores: Stores) {
    this.keeping = keeping
    this.stores = stores
    this.waiters = new WriteWaiters(clock)
  }

  async wait (options: OutcomeOptions): Promise<WriteResult> {
    const { until = 'kept', timeout = 0, isPatient = timeout > 0 } = options
    const { keeping, stores } = this
    const isDone = (tried: boolean): boolean => {
      return typeof until === 'object'
        ? stores.isHeard(until.peer, keeping.version?.record.id)
        : (until === 'kept' ? keeping.isKept : keeping.isWhole) || (tried && !isPatient)
    }

    return await this.waiters.wait(options, isDone, () => keeping.result())
  }

  /** @param tried - everybody willing was asked and has answered */
  progress (tried: boolean): void {
    this.waiters.progress(tried)
  }

  /** Nothing more will come. */
  end (): void {
    this.waiters.end()
  }
}
