import type { DatabaseSync } from 'node:sqlite'

/** SQLITE_BUSY (https://sqlite.org/rescode.html): somebody else has the lock. */
const BUSY = 5

/**
 * An exclusive lock is taken in steps, and two that want it at once stand in each other's way for a moment: the one that is told BUSY
 * tries again for so long, so that one of them gets it. Milliseconds.
 */
const PATIENCE = 1_000

export interface Lock {
  release (): void
}

/** Another process, or another part of this one, has the lock. */
export class LockedError extends Error {
  static override readonly name = 'LockedError'
  override readonly name = 'LockedError'
}

/**
 * Takes a lock that is a file of its own.
 *
 * It is a lock of the operating system, which ends with the process that holds it, however that ends: nothing is left to be cleared, no
 * process id is looked up that may be another program's by now, and of two that start at once exactly one gets it. SQLite is Node's way
 * to such a lock: an exclusive transaction on a database that stays empty. Nothing else of a process may open the file: closing it would
 * end the lock.
 *
 * @throws {LockedError}
 */
export function takeLock (path: string): Lock {
  let database: DatabaseSync | undefined

  try {
    database = openDatabase(path)
    // nothing ever is stored, so no journal needs a file. In locking_mode EXCLUSIVE who fails would keep its shared lock, and all could fail
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    throw (error as { errcode?: number }).errcode === BUSY ? new LockedError(`${path} is locked`, { cause: error }) : error
  }

  // the lock ends when the database is closed, and it is closed when it is garbage: the closure keeps it
  return { release: () => { database.close() } }
}

function openDatabase (path: string): DatabaseSync {
  const { emitWarning } = process

  // Node 22 warns that SQLite is experimental there; opening, locking and closing is all that is asked of it
  process.emitWarning = () => {}

  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')

    return new DatabaseSync(path, { timeout: PATIENCE })
  } finally {
    process.emitWarning = emitWarning
  }
}
