import { LockedError, takeLock as lockFile } from '@nara-stash/node/file-store'
import { AlreadyRunningError } from '../cli/errors.ts'
import { fileError } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'
import type { Lock } from '@nara-stash/node/file-store'

/**
 * Takes the lock of a folder, so that one daemon runs in it.
 *
 * @throws {AlreadyRunningError} another process has it
 * @throws {FileError}
 */
export function takeLock (path: string, dir: string): Lock {
  try {
    return lockFile(path)
  } catch (error) {
    if (error instanceof LockedError) {
      throw new AlreadyRunningError(`a daemon runs in ${printable(dir)} already`, {
        hint: 'one folder is one nara: use that one, or give another --dir'
      })
    }

    throw fileError('lock', path, error)
  }
}
