import { deadlineSignal } from './deadline.ts'
import { leaseLeft } from './held/held-stash.ts'
import type { CancelTimer, Clock } from './clock.ts'
import type { CoHolders } from './held/co-holders.ts'
import type { HeldStash, HeldStashes } from './held/held-stashes.ts'
import type { StashNetwork } from './network.ts'

const second = 1_000
const minute = 60 * second

/** How often promises are looked at: they last for days. Milliseconds. */
const LOOK_INTERVAL = 10 * minute

/** Co-holders have this long to hear that a copy goes. Milliseconds. */
const TELLING_TIMEOUT = 3 * second

export interface LeaseWatchInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  held: Pick<HeldStashes, 'absent' | 'drop' | 'get' | 'lapsed' | 'renew'>
  coHolders: Pick<CoHolders, 'list'>
  clock: Clock
  /** The copy of an owner that stayed away for too long is no longer held. */
  onLapsed (owner: string): void
}

/**
 * Sees to the promises of a nara that holds for others and leaves repair to them (SPEC.md, "Leases"): that of an owner which is here does not
 * run, none runs while nobody is here, and one that is over ends the copy, or the slots would fill with ghosts.
 */
export class LeaseWatch {
  private readonly init: LeaseWatchInit
  private cancel: CancelTimer | undefined
  private lookedAt = 0
  private wasAlone = true

  constructor (init: LeaseWatchInit) {
    this.init = init
  }

  start (): void {
    this.stop()
    this.lookedAt = this.init.clock.now()
    this.wasAlone = true
    this.arm()
  }

  stop (): void {
    this.cancel?.()
    this.cancel = undefined
  }

  private arm (): void {
    this.cancel = this.init.clock.setTimer(() => {
      this.arm()
      this.look()
    }, LOOK_INTERVAL)
  }

  private look (): void {
    const { network, held, clock } = this.init
    const now = clock.now()
    const peers = network.peers()
    const isAlone = peers.length === 0

    if (isAlone && this.wasAlone) {
      held.absent(now - this.lookedAt)
    }

    this.lookedAt = now
    this.wasAlone = isAlone
    peers.forEach(({ id }) => { held.renew(id) })
    held.lapsed().forEach(stash => { void this.end(stash) })
  }

  private async end ({ record: { owner, id }, placement }: HeldStash): Promise<void> {
    const { held, coHolders, clock } = this.init
    await this.tell([...new Set([...placement.holders, ...coHolders.list(owner)])], owner, id)
    const stash = held.get(owner)

    // its owner may have come back meanwhile; where the store fails, the next look tries again
    if (stash != null && leaseLeft(stash, clock.now()) === 0 && await held.drop(owner, id).catch(() => false)) {
      this.init.onLapsed(owner)
    }
  }

  /** Co-holders may count on this copy. Who cannot be told finds out. */
  private async tell (holders: readonly string[], owner: string, recordId: string): Promise<void> {
    const { network, clock } = this.init
    const deadline = deadlineSignal(clock, TELLING_TIMEOUT)
    const present = new Set(network.peers().map(({ id }) => id))

    await Promise.allSettled(holders.filter(peer => present.has(peer)).map(async peer =>
      await network.ask(peer, { type: 'release', owner, recordId, reason: 'lease' }, { signal: deadline.signal })))
    deadline.clear()
  }
}
