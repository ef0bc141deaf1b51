import { AlreadyRunningError } from '../cli/errors.ts'
import { fileError } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'
import type { DatabaseSync } from 'node:sqlite'

/** SQLITE_BUSY (https://sqlite.org/rescode.html): somebody else has the lock. */
const BUSY = 5

/**
 * An exclusive lock is taken in steps, and two that want it at once stand in each other's way for a moment: who is told BUSY tries again for so long, so that one of them gets
 * it. Milliseconds.
 */
const PATIENCE = 1_000

export interface Lock {
  release (): void
}

/**
 * Takes the lock of a folder, so that one daemon runs in it.
 *
 * It is a lock of the operating system, which ends with the process that holds it, however that ends: nothing is left to be
 * cleared, no process id is looked up that may be another program's by now, and of two that start at once exactly one gets
 * it. SQLite is Node's way to such a lock: an exclusive transaction on a database that stays empty.
 *
 * @throws {AlreadyRunningError} another process has it
 * @throws {FileError}
 */
export function takeLock (path: string, dir: string): Lock {
  let database: DatabaseSync | undefined

  try {
    database = openDatabase(path)
    // nothing ever is stored, so no journal needs a file. In locking_mode EXCLUSIVE who fails would keep its shared lock, and all could fail
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()

    if ((error as { errcode?: number }).errcode === BUSY) {
      throw new AlreadyRunningError(`a daemon runs in ${printable(dir)} already`, {
        hint: 'one folder is one nara: use that one, or give another --dir'
      })
    }

    throw fileError('lock', path, error)
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
