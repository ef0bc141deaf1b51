import type { Clock, HeldStash } from '@nara-stash/protocol'
import type { Process } from '../simulated/world.ts'

/** Where holders keep what they have. */
interface Shelf {
  index: { known (owner: string, now: number): HeldStash | undefined }
  clock: Clock
}

/** What a process has of an owner, be it a copy or a tombstone: looked up where that is kept, since what it says of it is what a bug may be about. */
export function heldOf ({ parts }: Process, owner: string): HeldStash | undefined {
  const { index, clock } = parts.held as unknown as Shelf

  return index.known(owner, clock.now())
}
