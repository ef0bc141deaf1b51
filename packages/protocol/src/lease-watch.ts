import { OWN_ABSENCE } from './constants.ts'
import { deadlineSignal } from './deadline.ts'
import { leaseLeft } from './held/held-stash.ts'
import type { CancelTimer, Clock } from './clock.ts'
import type { CoHolders } from './held/co-holders.ts'
import type { HeldStash, HeldStashes } from './held/held-stashes.ts'
import type { NetworkEvents, StashNetwork } from './network.ts'

const second = 1_000
const minute = 60 * second

/** How often promises are looked at: they last for days. Milliseconds. */
const LOOK_INTERVAL = 10 * minute

/** Co-holders have this long to hear that a copy goes. Milliseconds. */
const TELLING_TIMEOUT = 3 * second

export interface LeaseWatchInit {
  network: Pick<StashNetwork, 'addEventListener' | 'ask' | 'peers' | 'removeEventListener'>
  held: Pick<HeldStashes, 'absent' | 'drop' | 'lapsed' | 'renew'>
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
    this.init.network.addEventListener('peer:connect', this.onContact)
    this.init.network.addEventListener('peer:disconnect', this.onContact)
    this.arm()
  }

  stop (): void {
    this.init.network.removeEventListener('peer:connect', this.onContact)
    this.init.network.removeEventListener('peer:disconnect', this.onContact)
    this.cancel?.()
    this.cancel = undefined
  }

  /** An owner that comes back while the others are told that its time is over is in time; one that goes was here to the last. */
  private readonly onContact = ({ detail: { id } }: NetworkEvents['peer:connect' | 'peer:disconnect']): void => {
    this.init.held.renew(id)
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

    // who looks so late was stopped, or slept: the connections that it finds may be those of before
    if ((isAlone && this.wasAlone) || now - this.lookedAt >= LOOK_INTERVAL + OWN_ABSENCE) {
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

    // its owner may have come back meanwhile; where the store fails, the next look tries again
    if (await held.drop(owner, id, { isDue: stash => leaseLeft(stash, clock.now()) === 0 }).catch(() => false)) {
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
