import type { SimulationInit } from './arguments.ts'
import type { Counts } from './counts.ts'
import type { PresenceBoard } from './presence-board.ts'
import type { SimulatedNara } from './simulated-nara.ts'
import type { SimNetwork, VirtualClock } from '@nara-stash/testing'

/** What the naras of one simulation share. */
export interface World {
  readonly init: SimulationInit
  readonly clock: VirtualClock
  readonly net: SimNetwork
  readonly board: PresenceBoard
  readonly counts: Counts
  readonly naras: readonly SimulatedNara[]
  nara (id: string): SimulatedNara | undefined
  /** Who is up and holds the newest version of `owner`'s stash. */
  holdersOf (owner: SimulatedNara): SimulatedNara[]
  /** The same, and those who are away and have it on their disk. */
  keepersOf (owner: SimulatedNara): SimulatedNara[]
  /** A return ended with a stash lost. */
  onLost (owner: SimulatedNara): void
}
