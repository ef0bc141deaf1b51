import * as nodeFs from 'node:fs/promises'
import { equals } from 'uint8arrays/equals'
import { bodyMatches } from '../../record/body.ts'
import { RunningClock } from '../running-clock.ts'
import { encodeEntry } from '../stored-entry.ts'
import { HeldFolderError, folderError } from './folder-error.ts'
import { codeOf } from './file-system.ts'
import { takeLock } from './folder-lock.ts'
import { HeldFolder } from './held-folder.ts'
import { SetAside } from './set-aside.ts'
import { emptyShelf, letGo, removeRest, settle } from './shelf.ts'
import { readShelves } from './shelves.ts'
import { CLOCK_FILE, fileOf, headOf, readBody, roomOf } from './stash-file.ts'
import type { FileSystem } from './file-system.ts'
import type { Lock } from './folder-lock.ts'
import type { Shelf } from './shelf.ts'
import type { Clock } from '../../clock.ts'
import type { RecordHeader } from '../../record/header.ts'
import type { HeldStash } from '../held-stash.ts'
import type { LoadedStashes, RoomOptions, Stamp, StashStore } from '../stash-store.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface FileStashStoreInit {
  /** The folder. It is made if it is not there; the one above it has to be. */
  path: string
  /**
   * Bytes of the disk that are left free: a copy that would take more is refused.
   *
   * @default 5 % of the disk, 1 GiB at most
   */
  keepFree?: number
  clock: Clock
  fs?: FileSystem
  takeLock? (path: string): Lock
}

/**
 * Keeps held stashes as files, so that a restart and a power cut find them. A copy is a file of its own: its entry and its body are
 * written aside, synced, and renamed to the owner's next revision; then the folder is synced, and only then does what it replaces go. So
 * whatever moment a crash picks, the old copy or the new one is whole, and no failure of one owner's write touches what is kept of
 * another. What changes of a copy without its body, its placement for one, is a small file of the next revision beside it.
 *
 * A write costs two syncs, and all that wait for the folder at the same moment share one.
 */
export class FileStashStore implements StashStore {
  readonly persistent = true
  private readonly init: FileStashStoreInit & { fs: FileSystem }
  private readonly time: RunningClock
  private shelves = new Map<string, Shelf>()
  private folder: HeldFolder | undefined
  private isOpen = false
  /** Of what is in `clock`, if it was this that wrote it. */
  private lastStamp: Uint8Array | undefined
  private damaged = new SetAside()
  private readonly writing = new Set<Promise<unknown>>()

  constructor (init: FileStashStoreInit) {
    this.init = { fs: nodeFs, ...init }
    this.time = new RunningClock(init.clock)
  }

  /** @throws {HeldFolderError} */
  async open (): Promise<void> {
    if (this.isOpen) {
      return
    }

    const { path, fs } = this.init
    const folder = await HeldFolder.open({ path, fs, takeLock: this.init.takeLock ?? takeLock })

    try {
      if (this.lastStamp != null && !equals(this.lastStamp, await folder.readWhole(CLOCK_FILE) ?? new Uint8Array(0))) {
        throw new HeldFolderError(path, 'another process has used it since this one stopped', 'start anew, with a new store')
      }
    } catch (err) {
      await folder.close()
      throw folderError(path, err)
    }

    this.folder = folder
    this.isOpen = true
  }

  async close (): Promise<void> {
    if (this.isOpen) {
      this.isOpen = false
      await Promise.allSettled(this.writing)
      await this.folder?.close()
    }
  }

  async load (options?: AbortOptions): Promise<LoadedStashes> {
    return await this.write(async folder => {
      // a stamp that the disk fails to read is as good as lost
      const stamp = await folder.readWhole(CLOCK_FILE).catch((err: unknown) => codeOf(err) === 'EIO' ? undefined : this.asFolderError(err))
      this.time.load(stamp == null ? [] : [stamp])
      const { shelves, stashes, damaged, unnoted, parts, setAside } = await readShelves(folder, this.time, options).catch(this.asFolderError)
      this.shelves = shelves
      this.damaged = await SetAside.of(folder, setAside)

      // all is read: from here on what does not count can go. What does not go is tried again before the owner's next write
      for (const part of parts) {
        await folder.remove(part).catch(() => {})
      }

      for (const [owner, shelf] of shelves) {
        // what does not come to its end is found as it was by the next start
        await this.setDamagedAside(folder, shelf, unnoted.get(owner)).catch(() => {})
        await removeRest(folder, shelf).catch(() => {})
        this.removeIfEmpty(owner)
      }

      return { stashes, damaged, ...(this.time.lastWall != null && { lastWall: this.time.lastWall }) }
    })
  }

  async put (stash: HeldStash, body: Uint8Array): Promise<void> {
    await this.keep(stash, 'stash', body)
  }

  async update (stash: HeldStash): Promise<void> {
    await this.keep(stash, 'note')
  }

  async body (record: RecordHeader, options?: AbortOptions): Promise<Uint8Array | undefined> {
    const { folder } = this
    const shelf = this.shelves.get(record.owner)

    if (folder == null || shelf?.stash == null || shelf.recordId !== record.id) {
      return
    }

    const { name } = shelf.stash
    const body = await folder.read(name, async file => await readBody(file, record.bodyLength))

    if (body != null && await bodyMatches(record, body, this.init.clock, options)) {
      return body
    }

    if (body != null) {
      await folder.checkThere()
      // once it is closed this is left to the next start
      await this.write(async folder => { await this.setAside(folder, shelf, name) }).catch(() => {})
    }
  }

  /** Removes all that may be there of an owner but what counts. */
  async clear (owner: string): Promise<void> {
    await this.write(async folder => {
      const shelf = this.shelves.get(owner)

      if (shelf != null) {
        await this.clearShelf(folder, owner, shelf)
        this.removeIfEmpty(owner)
      }
    })
  }

  async delete (owner: string): Promise<void> {
    await this.write(async folder => {
      const shelf = this.shelves.get(owner)

      if (shelf == null) {
        return
      }

      // what counts goes last
      Object.assign(shelf, { damaged: [], unreadable: [] })
      await this.clearShelf(folder, owner, shelf)

      if (shelf.stash != null) {
        await letGo(folder, shelf, shelf.stash.name)
      }

      // a note without its stash counts for nothing
      delete shelf.stash
      delete shelf.note
      await removeRest(folder, shelf).catch(() => { /* tried again before the owner's next write, and at the next start */ })
      this.removeIfEmpty(owner)
    })
  }

  /** It may be lost in a crash, and then the one before counts. */
  async stamp (stamp: Stamp): Promise<void> {
    await this.write(async folder => {
      await this.time.stamp(stamp, async bytes => {
        await folder.write(CLOCK_FILE, [bytes])
        this.lastStamp = bytes
      })
    })
  }

  cost (bodyLength: number): number {
    return roomOf(bodyLength)
  }

  async hasRoom (bytes: number, { makeWay = false }: RoomOptions = {}): Promise<boolean> {
    const missing = bytes - (await this.folder?.room(this.init.keepFree) ?? Infinity)

    if (!makeWay || missing <= 0 || missing > this.damaged.bytes) {
      return missing <= this.damaged.bytes
    }

    // what does not go is tried again when the next one comes
    await this.trim(this.damaged.bytes - missing).catch(() => {})

    return bytes <= (await this.folder?.room(this.init.keepFree) ?? Infinity)
  }

  async trim (bytes: number): Promise<void> {
    await this.write(async folder => { await this.damaged.trim(folder, bytes) })
  }

  /** What the system refuses at the start is no word on any stash. */
  private readonly asFolderError = (err: unknown): never => {
    throw codeOf(err) == null ? err : folderError(this.init.path, err)
  }

  private async keep (stash: HeldStash, kind: 'stash' | 'note', body: Uint8Array = new Uint8Array(0)): Promise<void> {
    await this.write(async folder => {
      const { owner, id } = stash.record
      const shelf = this.shelves.get(owner) ?? emptyShelf()
      const file = fileOf(owner, shelf.revision + 1, kind)

      // if what an earlier write left behind cannot go, nothing is added to it: an owner never takes more than two copies' room
      await removeRest(folder, shelf)
      this.shelves.set(owner, shelf)
      // a write that fails may have happened, in part or in whole
      shelf.names.add(file.name)

      try {
        await folder.write(file.name, [headOf(encodeEntry(stash, this.time)), body])
        await settle(folder, shelf)
      } catch (err) {
        await removeRest(folder, shelf).catch(() => { /* tried again before the next write, or when it matters */ })
        this.removeIfEmpty(owner)
        throw err
      }

      shelf.revision = file.revision
      shelf.recordId = id

      if (kind === 'stash') {
        shelf.stash = file
        delete shelf.note
        Object.assign(shelf, { damaged: [], unreadable: [] })
        shelf.isTombstone = stash.record.kind === 'tombstone'
      } else {
        shelf.note = file
      }

      await removeRest(folder, shelf).catch(() => { /* the write has succeeded; tried again, as above */ })
    })
  }

  private async clearShelf (folder: HeldFolder, owner: string, shelf: Shelf): Promise<void> {
    if (shelf.isTombstone === true) {
      shelf.unsettled = await this.damaged.remove(folder, owner) || shelf.unsettled
    }

    await removeRest(folder, shelf)

    if (shelf.unsettled) {
      await settle(folder, shelf)
    }
  }

  /** A file does not hold what it should: it counts no longer, and is kept for who wants to know. */
  private async setAside (folder: HeldFolder, shelf: Shelf, name: string): Promise<void> {
    if (shelf.stash?.name === name) {
      delete shelf.stash
    }

    await this.damaged.add(folder, name)
    shelf.names.delete(name)
    shelf.damaged = shelf.damaged.filter(file => file.name !== name)
  }

  /** @param unnoted - what a damaged note cannot say any more: it is noted anew before that goes */
  private async setDamagedAside (folder: HeldFolder, shelf: Shelf, unnoted: HeldStash | undefined): Promise<void> {
    if (unnoted != null) {
      await this.update(unnoted)
    }

    for (const { name } of shelf.damaged) {
      await this.setAside(folder, shelf, name)
    }
  }

  private removeIfEmpty (owner: string): void {
    const shelf = this.shelves.get(owner)

    if (shelf?.names.size === 0 && !shelf.unsettled) {
      this.shelves.delete(owner)
    }
  }

  /** Runs what changes the folder; `close` waits for it. */
  private async write <T> (task: (folder: HeldFolder) => Promise<T>): Promise<T> {
    if (this.folder == null || !this.isOpen) {
      throw new Error('the folder of held stashes is not open')
    }

    const running = task(this.folder)
    this.writing.add(running)

    try {
      return await running
    } finally {
      this.writing.delete(running)
    }
  }
}
