import type { LoadedStashes, StashStore } from './stash-store.ts'
import type { HeldStash } from './held-stash.ts'
import type { RecordHeader } from '../record/header.ts'

/** Keeps bodies in RAM, the default: nothing that a confidant holds touches a disk, and a restart forgets it. */
export class MemoryStashStore implements StashStore {
  readonly persistent = false
  private readonly byOwner = new Map<string, Uint8Array>()

  async load (): Promise<LoadedStashes> {
    return { stashes: [], damaged: [] }
  }

  async put ({ record }: HeldStash, body: Uint8Array): Promise<void> {
    if (record.kind === 'tombstone') {
      this.byOwner.delete(record.owner)

      return
    }

    // a view into a larger buffer, of a received frame for one, would keep all of that alive
    this.byOwner.set(record.owner, body.byteLength === body.buffer.byteLength ? body : body.slice())
  }

  async update (): Promise<void> {}

  async body ({ owner }: RecordHeader): Promise<Uint8Array | undefined> {
    return this.byOwner.get(owner)
  }

  async delete (owner: string): Promise<void> {
    this.byOwner.delete(owner)
  }
}
