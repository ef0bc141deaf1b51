import { TWIN_AFTER } from '../../constants.ts'
import type { Presence } from '../../presence-message.ts'
import type { Clock } from '@nara-stash/protocol'

export interface OurselfInit {
  clock: Clock
  /** Of this very process. */
  boot: string
  /** Another process speaks with our own key: it goes on speaking, so it is no message of ours from before a restart. */
  onTwin? (boot: string): void
}

/** Listens to what is said with our own key. */
export class Ourself {
  private readonly init: OurselfInit
  /** Another boot of ours that was heard, and when first. */
  private twin: { boot: string, since: number } | undefined

  constructor (init: OurselfInit) {
    this.init = init
  }

  /** What this process said before a restart may still go round for a moment; who says more after that lives. */
  heard ({ boot, kind }: Presence): void {
    const now = this.init.clock.now()

    if (boot === this.init.boot || kind === 'chau') {
      return
    }

    if (this.twin?.boot !== boot) {
      this.twin = { boot, since: now }
    } else if (now - this.twin.since >= TWIN_AFTER) {
      this.init.onTwin?.(boot)
    }
  }
}
