import { HeldFolderError } from './folder-error.ts'
import { isUnreadable, readAt } from './file-system.ts'
import { emptyShelf } from './shelf.ts'
import { MAX_HEAD_BYTES, bodyStart, entryIn, isPart, parseDamaged, parseName } from './stash-file.ts'
import { EntryVersionError, decodeEntry } from '../stored-entry.ts'
import type { CountingFile } from './stash-file.ts'
import type { HeldFolder } from './held-folder.ts'
import type { Shelf } from './shelf.ts'
import type { HeldStash } from '../held-stash.ts'
import type { RunningClock } from '../running-clock.ts'
import type { DamagedStash } from '../stash-store.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface FoundShelves {
  shelves: Map<string, Shelf>
  stashes: HeldStash[]
  damaged: DamagedStash[]
  /** Of `stashes` those beside which a damaged note is to be replaced. */
  unnoted: Map<string, HeldStash>
  /** Names of what was on its way. */
  parts: string[]
  /** Names of what was set aside by an earlier start. */
  setAside: string[]
}

interface Found {
  stash?: HeldStash
  damage?: DamagedStash
  /** Its note is damaged. */
  isUnnoted?: boolean
}

interface Entry {
  stash: HeldStash
  /** The file is as long as its entry promises. */
  isWhole: boolean
}

/**
 * Reads all entries in a folder, and changes nothing there. A body is held against its length only: it was synced before its file got its
 * name, and is hashed whenever it is read. A file that the disk fails to read costs its stash until the next start: it stays where it is.
 *
 * @throws {HeldFolderError} a newer version wrote one of the files
 */
export async function readShelves (folder: HeldFolder, time: RunningClock, { signal }: AbortOptions = {}): Promise<FoundShelves> {
  const names = await folder.names()
  const found: FoundShelves = {
    shelves: new Map(), stashes: [], damaged: [], unnoted: new Map(), parts: names.filter(isPart), setAside: names.filter(name => parseDamaged(name) != null)
  }

  for (const [owner, files] of Map.groupBy(names.flatMap(name => parseName(name) ?? []), ({ owner }) => owner)) {
    signal?.throwIfAborted()
    const shelf = { ...emptyShelf(), revision: Math.max(...files.map(({ revision }) => revision)), names: new Set(files.map(({ name }) => name)) }
    const { stash, damage, isUnnoted } = await readShelf(folder, shelf, files.sort((a, b) => b.revision - a.revision), time)
    const held = stash == null ? undefined : time.withLease(stash)
    found.shelves.set(owner, shelf)
    found.stashes.push(...held == null ? [] : [held])
    found.damaged.push(...damage == null ? [] : [damage])

    if (isUnnoted === true && held != null) {
      found.unnoted.set(owner, held)
    }
  }

  return found
}

/**
 * The file of the highest revision counts: each was whole, and on the disk, when it got its name. A note that was damaged since, or cannot be
 * read, costs what it noted, and nothing else: what it was written beside counts again, marked, for the note may have said so.
 */
async function readShelf (folder: HeldFolder, shelf: Shelf, files: CountingFile[], time: RunningClock): Promise<Found> {
  const [newest, ...older] = files as [CountingFile, ...CountingFile[]]
  const entry = await readEntry(folder, newest, time)

  if (newest.kind === 'note' && !isGood(entry) && older.some(({ kind }) => kind === 'stash')) {
    const { stash, ...found } = await readShelf(folder, shelf, older, time)
    shelf[entry === 'unreadable' ? 'unreadable' : 'damaged'].push(newest)

    return stash == null
      ? found
      : { stash: { ...stash, mayBeDeleted: stash.record.kind === 'data' }, isUnnoted: entry !== 'unreadable' && found.isUnnoted !== false }
  }

  const stash = entry === 'unreadable' ? undefined : entry?.stash
  const damage = (...damaged: CountingFile[]): Found => {
    shelf[entry === 'unreadable' ? 'unreadable' : 'damaged'] = damaged

    return {
      damage: stash == null
        ? { owner: newest.owner, reason: entry === 'unreadable' ? 'the disk fails to read it' : 'its entry is unreadable' }
        : { owner: newest.owner, recordId: stash.record.id, reason: 'its body is missing or damaged' }
    }
  }

  if (stash == null || !isGood(entry)) {
    return damage(newest)
  }

  const bodies = newest.kind === 'stash' ? [newest] : files.filter(({ kind }) => kind === 'stash')

  if (bodies.length === 0) {
    // a deletion was cut short
    return {}
  }

  const body = newest.kind === 'stash' ? newest : await wholeOf(folder, stash.record.id, bodies, time)

  if (body === 'unreadable') {
    shelf.unreadable = files

    return { damage: { owner: newest.owner, recordId: stash.record.id, reason: 'the disk fails to read it' } }
  }

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

/** Of these, newest first, the one with the whole body of a record. Unreadable if it may be in one that cannot be read. */
async function wholeOf (
  folder: HeldFolder, recordId: string, files: CountingFile[], time: RunningClock
): Promise<CountingFile | 'unreadable' | undefined> {
  let none: 'unreadable' | undefined

  for (const file of files) {
    const entry = await readEntry(folder, file, time)

    if (entry === 'unreadable') {
      none = entry
    } else if (isGood(entry) && entry.stash.record.id === recordId) {
      return file
    }
  }

  return none
}

function isGood (entry: Entry | 'unreadable' | undefined): entry is Entry {
  return entry != null && entry !== 'unreadable' && entry.isWhole
}

/**
 * What a file notes. Undefined if it is damaged.
 *
 * @throws {HeldFolderError} a newer version wrote it
 */
async function readEntry (folder: HeldFolder, { name, owner, kind }: CountingFile, time: RunningClock): Promise<Entry | 'unreadable' | undefined> {
  let size = 0

  try {
    const head = await folder.read(name, async file => {
      ({ size } = await file.stat())

      return await readAt(file, 0, Math.min(size, MAX_HEAD_BYTES))
    })
    const start = head == null ? undefined : bodyStart(head, size)
    const stash = head == null || start == null ? undefined : await decodeEntry(owner, entryIn(head, start), time)

    return stash == null || start == null ? undefined : { stash, isWhole: size === start + (kind === 'stash' ? stash.record.bodyLength : 0) }
  } catch (err) {
    if (isUnreadable(err)) {
      return 'unreadable'
    }

    throw err instanceof EntryVersionError
      ? new HeldFolderError(folder.path, `a newer version wrote ${name}, in form ${err.form}`, 'run the version that wrote it, or choose another folder', err)
      : err
  }
}
