import { bodyMatches } from '../record/body.ts'
import { DatastoreKeys } from './datastore-keys.ts'
import { isNotFound } from './not-found.ts'
import { RunningClock } from './running-clock.ts'
import { decodeEntry, encodeEntry } from './stored-entry.ts'
import type { HeldStash } from './held-stash.ts'
import type { DamagedStash, LoadedStashes, Stamp, StashStore } from './stash-store.ts'
import type { Clock } from '../clock.ts'
import type { RecordHeader } from '../record/header.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore, Key } from 'interface-datastore'

/** As much of a datastore as is needed. */
export type StashDatastore = Pick<Datastore, 'put' | 'get' | 'delete' | 'query' | 'queryKeys'>

export interface DatastoreStashStoreInit {
  datastore: StashDatastore
  clock: Clock
  /**
   * Everything under it belongs to this store.
   *
   * @default '/nara/stash'
   */
  prefix?: string
}

/** What the datastore has, or may have, of one owner. */
interface Shelf {
  /** The revision of the entry that counts; 0 if none does. */
  revision: number
  /** The record whose body counts. */
  recordId?: string
  /** By its text, every key that may be there. */
  keys: Map<string, Key>
}

interface Entry {
  revision: number
  bytes: Uint8Array
}

/**
 * Keeps held stashes in a datastore, so that a restart finds them. The body is written first, then the entry under a
 * revision of its own, and only then is what they replace cleared away. So whatever moment a crash picks, and whether the
 * write that it hit was lost, torn or done, the old copy or the new one is whole. At the start the highest revision counts
 * whose entry and body are whole by their digests.
 *
 * What a finished write is worth is the datastore's promise: one that does not wait for the disk outlives its process, but
 * may lose its last writes in a power cut. Then, too, a copy is whole or it is not there.
 */
export class DatastoreStashStore implements StashStore {
  readonly persistent = true
  private readonly datastore: StashDatastore
  private readonly clock: Clock
  private readonly keys: DatastoreKeys
  private readonly time: RunningClock
  private readonly shelves = new Map<string, Shelf>()

  constructor (init: DatastoreStashStoreInit) {
    this.datastore = init.datastore
    this.clock = init.clock
    this.keys = new DatastoreKeys(init.prefix ?? '/nara/stash')
    this.time = new RunningClock(init.clock)
  }

  async load (options?: AbortOptions): Promise<LoadedStashes> {
    const stashes: HeldStash[] = []
    const damaged: DamagedStash[] = []
    this.time.load(await this.readStamps(options))

    for (const [owner, entries] of await this.readEntries(options)) {
      const found = await this.newestWhole(owner, entries, options)

      if ('reason' in found) {
        damaged.push(found)
      } else {
        stashes.push(found)
      }
    }

    await this.noteBodies(options)

    for (const owner of this.shelves.keys()) {
      await this.clear(owner).catch(() => { /* tried again before the owner's next write */ })
      this.removeIfEmpty(owner)
    }

    const { lastWall } = this.time

    return { stashes, damaged, ...(lastWall == null ? {} : { lastWall }) }
  }

  async put (stash: HeldStash, body: Uint8Array): Promise<void> {
    await this.write(stash, body)
  }

  async update (stash: HeldStash): Promise<void> {
    await this.write(stash)
  }

  async body (record: RecordHeader, options?: AbortOptions): Promise<Uint8Array | undefined> {
    const body = await this.getIfThere(this.keys.body(record.owner, record.id), options)

    return body != null && await bodyMatches(record, body, this.clock, options) ? body : undefined
  }

  /** Deletes all that may be there of an owner but the entry and the body that count. */
  async clear (owner: string): Promise<void> {
    const shelf = this.shelf(owner)
    const counting = new Set([
      this.keys.entry(owner, shelf.revision).toString(),
      this.keys.body(owner, shelf.recordId ?? '').toString()
    ])

    for (const [text, key] of shelf.keys) {
      if (!counting.has(text)) {
        await this.deleteAt(shelf, key)
      }
    }
  }

  async delete (owner: string): Promise<void> {
    const shelf = this.shelves.get(owner)

    if (shelf == null) {
      return
    }

    // the entry that counts goes last: were it first, a crash would bring back an older one that failed to go before
    await this.clear(owner)
    await this.deleteAt(shelf, this.keys.entry(owner, shelf.revision))
    shelf.revision = 0
    delete shelf.recordId
    await this.clear(owner).catch(() => { /* a body without an entry is nobody's; tried again before the next write */ })
    this.removeIfEmpty(owner)
  }

  async stamp (stamp: Stamp): Promise<void> {
    // to two places in turn: whatever a crash leaves of one, the one before is whole, and a disk that deletes nothing does not fill
    await this.time.stamp(stamp, async (bytes, revision) => await this.datastore.put(this.keys.stamp(revision), bytes))
  }

  private async write (stash: HeldStash, body?: Uint8Array): Promise<void> {
    const { owner, id } = stash.record
    const shelf = this.shelf(owner)
    const revision = shelf.revision + 1

    // if what an earlier write left behind cannot go, nothing is added to it: an owner never takes more than two copies' room
    await this.clear(owner)

    if (body != null && body.byteLength > 0) {
      await this.putAt(shelf, this.keys.body(owner, id), body)
    }

    await this.putAt(shelf, this.keys.entry(owner, revision), encodeEntry(stash, this.time))
    shelf.revision = revision
    shelf.recordId = id
    await this.clear(owner).catch(() => { /* the write has succeeded; tried again before the next one, or when it matters */ })
  }

  private async readStamps (options?: AbortOptions): Promise<Uint8Array[]> {
    const stamps: Uint8Array[] = []

    for await (const { value } of this.datastore.query({ prefix: this.keys.stamps }, options)) {
      stamps.push(value)
    }

    return stamps
  }

  private async readEntries (options?: AbortOptions): Promise<Map<string, Entry[]>> {
    const entries = new Map<string, Entry[]>()

    for await (const { key, value } of this.datastore.query({ prefix: this.keys.entries }, options)) {
      const parsed = this.keys.parseEntry(key)

      if (parsed != null) {
        const { owner, revision } = parsed
        this.note(this.shelf(owner), key)
        entries.set(owner, [...entries.get(owner) ?? [], { revision, bytes: value }])
      }
    }

    return entries
  }

  private async newestWhole (owner: string, entries: Entry[], options?: AbortOptions): Promise<HeldStash | DamagedStash> {
    let damage: DamagedStash = { owner, reason: 'its entry is unreadable' }

    for (const { revision, bytes } of entries.sort((a, b) => b.revision - a.revision)) {
      const stash = await decodeEntry(owner, bytes, this.time)

      if (stash != null && (stash.record.kind === 'tombstone' || await this.body(stash.record, options) != null)) {
        Object.assign(this.shelf(owner), { revision, recordId: stash.record.id })

        return this.time.withLease(stash)
      }

      if (stash != null) {
        damage = { owner, recordId: stash.record.id, reason: 'its body is missing or damaged' }
      }
    }

    return damage
  }

  private async noteBodies (options?: AbortOptions): Promise<void> {
    for await (const key of this.datastore.queryKeys({ prefix: this.keys.bodies }, options)) {
      const owner = this.keys.parseBody(key)

      if (owner != null) {
        this.note(this.shelf(owner), key)
      }
    }
  }

  private removeIfEmpty (owner: string): void {
    if (this.shelves.get(owner)?.keys.size === 0) {
      this.shelves.delete(owner)
    }
  }

  private shelf (owner: string): Shelf {
    const shelf = this.shelves.get(owner) ?? { revision: 0, keys: new Map<string, Key>() }
    this.shelves.set(owner, shelf)

    return shelf
  }

  private note (shelf: Shelf, key: Key): void {
    shelf.keys.set(key.toString(), key)
  }

  private async putAt (shelf: Shelf, key: Key, value: Uint8Array): Promise<void> {
    // noted first: a write that fails may have happened, in part or in whole
    this.note(shelf, key)
    await this.datastore.put(key, value)
  }

  private async deleteAt (shelf: Shelf, key: Key): Promise<void> {
    try {
      await this.datastore.delete(key)
    } catch (err) {
      if (!isNotFound(err)) {
        throw err
      }
    }

    shelf.keys.delete(key.toString())
  }

  private async getIfThere (key: Key, options?: AbortOptions): Promise<Uint8Array | undefined> {
    try {
      const { buffer, byteOffset, byteLength } = await this.datastore.get(key, options)

      // some datastores return a Buffer, whose slice() does not copy
      return new Uint8Array(buffer, byteOffset, byteLength)
    } catch (err) {
      if (!isNotFound(err)) {
        throw err
      }
    }
  }
}
