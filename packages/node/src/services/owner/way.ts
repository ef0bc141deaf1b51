import { deadlineSignal } from '@nara-stash/protocol'
import { wayTime } from '../../policy/coalescing.ts'
import type { Version } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'
import type { Clock } from '@nara-stash/protocol'

export interface WayInit {
  replication: Pick<Replication, 'outcome'>
  clock: Clock
}

/** How long the version that was sealed last is on its way: until then, what is written waits and becomes one version. */
export class Way {
  private readonly init: WayInit
  /** How many versions in a row gave way to the next one before they had come to anything. */
  private yielded = 0

  constructor (init: WayInit) {
    this.init = init
  }

  /** Resolves when the next one may take its place: it is kept, everybody willing was tried, or its time is over. */
  async of ({ body }: Version): Promise<void> {
    const { replication, clock } = this.init
    const deadline = deadlineSignal(clock, wayTime(body.byteLength, this.yielded))

    try {
      await replication.outcome({ signal: deadline.signal })
      this.yielded = 0
    } catch {
      // it goes on being stored until the next one is sealed
      this.yielded++
    } finally {
      deadline.clear()
    }
  }
}
