import { MAX_TOMBSTONES, SLOTS_PER_ADDRESS } from '../constants.ts'
import { addressShare } from './address-share.ts'
import { leaseLeft } from './held-stash.ts'
import type { HeldStash } from './held-stash.ts'

const minute = 60_000

/** Expired tombstones are looked for this often at most: they do no harm, and there may be a thousand. Milliseconds. */
const SWEEP_GAP = 5 * minute

/**
 * The tombstones kept, one per owner, a bounded number (SPEC.md, "Tombstones").
 *
 * One that met no copy takes free room only, and of that no more than a share for each address: whoever invents owners fills it once
 * and displaces nobody. It goes when a copy needs that room. One that ended a copy always gets in. If there is no room, the one goes
 * whose copy had been here for the shortest time, of equals the one that was met last. To stay longer than the others an attacker would
 * have to hold slots for longer than their owners did, and slots are few.
 */
export class Tombstones {
  private readonly max: number
  /** In the order in which they were met. */
  private readonly byOwner = new Map<string, HeldStash>()
  private sweptAt = -Infinity

  constructor (max: number = MAX_TOMBSTONES) {
    this.max = max
  }

  /** Undefined, too, once its time is over. */
  get (owner: string, now: number): HeldStash | undefined {
    const tombstone = this.byOwner.get(owner)

    return tombstone == null || leaseLeft(tombstone, now) === 0 ? undefined : tombstone
  }

  admits (tombstone: HeldStash): boolean {
    return tombstone.heldSince != null || this.byOwner.has(tombstone.record.owner) || (this.byOwner.size < this.max && this.hasShare(tombstone))
  }

  /** How many are kept that met no copy. */
  get uninvited (): number {
    return this.metNoCopy().length
  }

  private hasShare ({ address }: HeldStash): boolean {
    if (address == null) {
      return true
    }

    const share = addressShare(address)
    const others = this.metNoCopy().filter(({ address }) => address != null && addressShare(address) === share)

    return others.length < Math.max(1, Math.floor(this.max * SLOTS_PER_ADDRESS))
  }

  private metNoCopy (): HeldStash[] {
    return [...this.byOwner.values()].filter(({ heldSince }) => heldSince == null)
  }

  /** @returns the owner whose tombstone had to go for this one */
  put (tombstone: HeldStash): string | undefined {
    const { owner } = tombstone.record
    const displaced = this.byOwner.size < this.max || this.byOwner.has(owner) ? undefined : this.weakest()

    if (displaced != null) {
      this.byOwner.delete(displaced)
    }

    this.byOwner.set(owner, tombstone)

    return displaced
  }

  /**
   * So that no more than `count` are kept that met no copy: of these the ones go that were met last.
   *
   * @returns the owners whose tombstones had to go
   */
  shrink (count: number): string[] {
    const displaced = this.metNoCopy().slice(Math.max(count, 0)).map(({ record }) => record.owner)
    displaced.forEach(owner => { this.byOwner.delete(owner) })

    return displaced
  }

  delete (owner: string): void {
    this.byOwner.delete(owner)
  }

  /** The owners of those whose time is over. Looks at them all, so nothing is done if it did so less than 5 minutes ago. */
  expired (now: number): string[] {
    if (now - this.sweptAt < SWEEP_GAP) {
      return []
    }

    this.sweptAt = now

    return [...this.byOwner.values()]
      .filter(tombstone => leaseLeft(tombstone, now) === 0)
      .map(({ record }) => record.owner)
  }

  private weakest (): string | undefined {
    let weakest: HeldStash | undefined

    for (const tombstone of this.byOwner.values()) {
      if (weakest == null || heldFor(tombstone) <= heldFor(weakest)) {
        weakest = tombstone
      }
    }

    return weakest?.record.owner
  }
}

/** Milliseconds for which the copy had been here that the tombstone ended. */
function heldFor ({ heldSince, leaseNotedAt }: HeldStash): number {
  return heldSince == null ? 0 : leaseNotedAt - heldSince
}
