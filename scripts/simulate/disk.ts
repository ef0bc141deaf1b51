import { exponential } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import type { Random } from '@nara-stash/protocol'

export interface DiskInit {
  /** Mean time until it is lost, in milliseconds; Infinity: never. */
  loss: number
  random: Random
}

/** The disk of one nara: what its processes keep for others is there for the next one, until the disk is lost. */
export class Disk {
  datastore = new MemoryDatastore()
  /** By owner, the record that the last process left on it. */
  private left: ReadonlyMap<string, string> = new Map()
  private readonly init: DiskInit
  private lostAt: number

  constructor (init: DiskInit) {
    this.init = init
    this.lostAt = this.nextLoss(0)
  }

  /** The id of the record of `owner` that is on this disk while no process runs. */
  holds (owner: string): string | undefined {
    return this.left.get(owner)
  }

  /** A process ended at `now`, with these records by owner. True if its disk is lost: the next process finds an empty one. */
  leave (now: number, records: ReadonlyMap<string, string>): boolean {
    const isLost = now >= this.lostAt
    this.left = isLost ? new Map() : records

    if (isLost) {
      this.datastore = new MemoryDatastore()
      this.lostAt = this.nextLoss(now)
    }

    return isLost
  }

  private nextLoss (now: number): number {
    return Number.isFinite(this.init.loss) ? now + exponential(this.init.random, this.init.loss) : Infinity
  }
}
