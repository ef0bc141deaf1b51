import { Tombstones } from './tombstones.ts'
import type { Claim } from './capacity.ts'
import type { HeldStash } from './held-stash.ts'
import type { NewestTable } from '../record/newest-table.ts'

/**
 * What is held and which tombstones are kept, in RAM: of an owner at most one of the two. Both keep their owner's place in the newest
 * table. Tombstones take no slot and no bytes.
 */
export class HeldIndex {
  private readonly newest: Pick<NewestTable, 'see' | 'pin' | 'unpin'>
  private readonly stashes = new Map<string, HeldStash>()
  private readonly tombstones: Tombstones
  private bodies = 0

  constructor (newest: Pick<NewestTable, 'see' | 'pin' | 'unpin'>, maxTombstones?: number) {
    this.newest = newest
    this.tombstones = new Tombstones(maxTombstones)
  }

  get count (): number {
    return this.stashes.size
  }

  /** Bytes of all bodies. */
  get bytes (): number {
    return this.bodies
  }

  list (): HeldStash[] {
    return [...this.stashes.values()]
  }

  get (owner: string): HeldStash | undefined {
    return this.stashes.get(owner)
  }

  tombstone (owner: string, now: number): HeldStash | undefined {
    return this.tombstones.get(owner, now)
  }

  /** What is kept of an owner, be it a stash or a tombstone. */
  known (owner: string, now: number): HeldStash | undefined {
    return this.stashes.get(owner) ?? this.tombstones.get(owner, now)
  }

  /** How many tombstones are kept that met no copy. */
  get uninvited (): number {
    return this.tombstones.uninvited
  }

  /** True if there is room for it, or none is needed. */
  admits (tombstone: HeldStash): boolean {
    return this.tombstones.admits(tombstone)
  }

  keep (stash: HeldStash): void {
    const { owner } = stash.record
    this.tombstones.delete(owner)
    this.bodies += stash.record.bodyLength - (this.stashes.get(owner)?.record.bodyLength ?? 0)
    this.stashes.set(owner, stash)
    this.newest.pin(owner)
    this.newest.see(stash.record)
  }

  /** @returns the owner whose tombstone had to go for this one */
  bury (tombstone: HeldStash): string | undefined {
    const { owner } = tombstone.record
    this.bodies -= this.stashes.get(owner)?.record.bodyLength ?? 0
    this.stashes.delete(owner)
    const displaced = this.tombstones.put(tombstone)
    this.newest.pin(owner)
    this.newest.see(tombstone.record)

    if (displaced != null) {
      this.newest.unpin(displaced)
    }

    return displaced
  }

  /**
   * So that no more than `count` tombstones are kept that met no copy.
   *
   * @returns the owners whose tombstones had to go
   */
  shrink (count: number): string[] {
    const displaced = this.tombstones.shrink(count)
    displaced.forEach(owner => { this.newest.unpin(owner) })

    return displaced
  }

  forget (owner: string): void {
    this.bodies -= this.stashes.get(owner)?.record.bodyLength ?? 0
    this.stashes.delete(owner)
    this.tombstones.delete(owner)
    this.newest.unpin(owner)
  }

  expired (now: number): string[] {
    return this.tombstones.expired(now)
  }

  /** @param room - what a body of so many bytes takes of the capacity */
  claims (room: (bodyLength: number) => number): Map<string, Claim> {
    return new Map(this.list().map(({ record: { owner, bodyLength: bytes }, direct, address }) =>
      [owner, { owner, bytes, room: room(bytes), direct, address }]))
  }
}
