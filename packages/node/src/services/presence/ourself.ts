import { MAX_RUMOURS, TWIN_AFTER, TWIN_ANSWERS } from '../../constants.ts'
import type { Presence } from '../../presence-message.ts'
import type { Clock } from '@nara-stash/protocol'

export interface OurselfInit {
  clock: Clock
  /** Of this very process. */
  boot: string
  /** Another process speaks with our own key, and has heard us: it lives. */
  onTwin? (boot: string): void
}

/**
 * Listens to what is said with our own key. What an earlier process of ours said can be said again by anybody, at any pace; but
 * only a living one names our boot, which nobody knew before this process spoke.
 */
export class Ourself {
  private readonly init: OurselfInit
  /** By boot that was heard: how often it was named, and when last. */
  private readonly named = new Map<string, { times: number, at: number }>()

  constructor (init: OurselfInit) {
    this.init = init
  }

  /** True if what was heard is to be answered by a message that names its boot. */
  heard ({ boot, kind, twin }: Presence): boolean {
    const now = this.init.clock.now()

    if (boot === this.init.boot || kind === 'chau') {
      return false
    }

    if (twin === this.init.boot) {
      this.init.onTwin?.(boot)
    }

    const { times, at } = this.named.get(boot) ?? { times: 0, at: -Infinity }
    const isDue = times < TWIN_ANSWERS && now - at >= TWIN_AFTER && (times > 0 || this.named.size < MAX_RUMOURS)

    if (isDue) {
      this.named.set(boot, { times: times + 1, at: now })
    }

    return isDue
  }
}
