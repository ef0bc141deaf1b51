import { HeldFolderError } from './folder-error.ts'
import { codeOf, readAt } from './file-system.ts'
import { MAX_HEAD_BYTES, PART, bodyStart, entryIn, parseDamaged, parseName } from './stash-file.ts'
import { decodeEntry } from '../stored-entry.ts'
import type { CountingFile } from './stash-file.ts'
import type { HeldFolder } from './held-folder.ts'
import type { Shelf } from './shelf.ts'
import type { HeldStash } from '../held-stash.ts'
import type { RunningClock } from '../running-clock.ts'
import type { DamagedStash } from '../stash-store.ts'
import type { AbortOptions } from '@libp2p/interface'

const UNREADABLE_MEND = 'check the disk, and start again; if that file stays unreadable, move it out of the folder: it costs that one stash'

export interface FoundShelves {
  shelves: Map<string, Shelf>
  stashes: HeldStash[]
  damaged: DamagedStash[]
  /** Names of what was on its way. */
  parts: string[]
  /** Names of what was set aside by an earlier start. */
  setAside: string[]
}

interface Found {
  stash?: HeldStash
  damage?: DamagedStash
}

/**
 * Reads all entries in a folder, and changes nothing there. A body is held against its length only: it was synced before its file got its
 * name, and is hashed whenever it is read.
 *
 * @throws {HeldFolderError} the disk fails to read a file, which says nothing of what is in it
 * @throws {EntryVersionError}
 */
export async function readShelves (folder: HeldFolder, time: RunningClock, { signal }: AbortOptions = {}): Promise<FoundShelves> {
  const names = await folder.names()
  const found: FoundShelves = {
    shelves: new Map(), stashes: [], damaged: [], parts: names.filter(name => name.endsWith(PART)), setAside: names.filter(name => parseDamaged(name) != null)
  }

  for (const [owner, files] of Map.groupBy(names.flatMap(name => parseName(name) ?? []), ({ owner }) => owner)) {
    signal?.throwIfAborted()
    const shelf: Shelf = { revision: Math.max(...files.map(({ revision }) => revision)), names: new Set(files.map(({ name }) => name)), unsettled: false, damaged: [] }
    const { stash, damage } = await readShelf(folder, shelf, files.sort((a, b) => b.revision - a.revision), time)
    found.shelves.set(owner, shelf)
    found.stashes.push(...stash == null ? [] : [time.withLease(stash)])
    found.damaged.push(...damage == null ? [] : [damage])
  }

  return found
}

/**
 * The file of the highest revision counts: each was whole, and on the disk, when it got its name. A note that was damaged since costs what
 * it noted, and nothing else: what it was written beside counts again.
 */
async function readShelf (folder: HeldFolder, shelf: Shelf, files: CountingFile[], time: RunningClock): Promise<Found> {
  const [newest, ...older] = files as [CountingFile, ...CountingFile[]]
  const entry = await readEntry(folder, newest, time)

  if (newest.kind === 'note' && entry?.isWhole !== true && older.some(({ kind }) => kind === 'stash')) {
    const found = await readShelf(folder, shelf, older, time)
    shelf.damaged.push(newest)

    return found
  }

  const stash = entry?.stash
  const damage = (...damaged: CountingFile[]): Found => {
    shelf.damaged = damaged

    return {
      damage: stash == null
        ? { owner: newest.owner, reason: 'its entry is unreadable' }
        : { owner: newest.owner, recordId: stash.record.id, reason: 'its body is missing or damaged' }
    }
  }

  if (stash == null || entry?.isWhole !== true) {
    return damage(newest)
  }

  const bodies = newest.kind === 'stash' ? [newest] : files.filter(({ kind }) => kind === 'stash')

  if (bodies.length === 0) {
    // a deletion was cut short
    return {}
  }

  const body = newest.kind === 'stash' ? newest : await wholeOf(folder, stash.record.id, bodies, time)

  if (body == null) {
    return damage(newest, ...bodies)
  }

  shelf.stash = body
  shelf.recordId = stash.record.id
  shelf.isTombstone = stash.record.kind === 'tombstone'

  if (newest.kind === 'note') {
    shelf.note = newest
  }

  return { stash }
}

/** Of these, newest first, the one with the whole body of a record. */
async function wholeOf (folder: HeldFolder, recordId: string, files: CountingFile[], time: RunningClock): Promise<CountingFile | undefined> {
  for (const file of files) {
    const entry = await readEntry(folder, file, time)

    if (entry?.isWhole === true && entry.stash.record.id === recordId) {
      return file
    }
  }
}

/**
 * What a file notes, and whether it is as long as that promises. Undefined if it is damaged.
 *
 * @throws {HeldFolderError} the disk fails there
 * @throws {EntryVersionError}
 */
async function readEntry (folder: HeldFolder, { name, owner, kind }: CountingFile, time: RunningClock): Promise<{ stash: HeldStash, isWhole: boolean } | undefined> {
  let size = 0
  const head = await folder.read(name, async file => {
    ({ size } = await file.stat())

    return await readAt(file, 0, Math.min(size, MAX_HEAD_BYTES))
  }).catch((err: unknown) => {
    throw codeOf(err) === 'EIO' ? new HeldFolderError(folder.path, `the disk fails to read ${name}`, UNREADABLE_MEND, err) : err
  })
  const start = head == null ? undefined : bodyStart(head, size)
  const stash = head == null || start == null ? undefined : await decodeEntry(owner, entryIn(head, start), time)

  return stash == null || start == null ? undefined : { stash, isWhole: size === start + (kind === 'stash' ? stash.record.bodyLength : 0) }
}
