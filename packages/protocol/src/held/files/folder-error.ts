import { HeldStoreError } from '../../errors.ts'
import { LockedError } from './folder-lock.ts'
import { codeOf } from './file-system.ts'

/** A folder in which held stashes are to be kept cannot be used. Nothing in it was changed. */
export class HeldFolderError extends HeldStoreError {
  override name = 'HeldFolderError'
  /** The folder. */
  readonly path: string
  /** What to do about it. */
  readonly mend: string

  constructor (path: string, reason: string, mend: string, cause?: unknown) {
    super(`cannot keep what is held in ${path}: ${reason}`, { cause })
    this.path = path
    this.mend = mend
  }
}

const TOO_FEW_FILES = ['this process may not open more files (file descriptors)', 'raise the limit, with "ulimit -n 1024" for one'] as const
const NO_PERMISSION = ['permission denied', 'give the folder to the user who runs this, or choose another'] as const
const NOT_A_FOLDER = ['it is not a folder', 'move away what has this name, or choose another folder'] as const
const FULL = ['there is no space left on the disk', 'make room there, or choose a folder on another disk'] as const

const REASONS: Readonly<Record<string, readonly [reason: string, mend: string]>> = {
  EMFILE: TOO_FEW_FILES,
  ENFILE: TOO_FEW_FILES,
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: ['the file system is read-only', 'mount it for writing, or choose another folder'],
  ENOENT: ['the folder that it is to be in does not exist', 'make that folder, or choose another'],
  EIO: ['the disk fails to read or write', 'choose a folder on another disk']
}

/** What kept a folder from being used, in words. */
export function folderError (path: string, err: unknown): HeldFolderError {
  if (err instanceof HeldFolderError) {
    return err
  }

  if (err instanceof LockedError) {
    return new HeldFolderError(path, 'it is in use, by another daemon for one', 'stop that one, or choose another folder: one folder is for one', err)
  }

  const message = err instanceof Error ? err.message : String(err)
  const [reason, mend] = REASONS[codeOf(err) ?? ''] ?? [message, 'choose another folder']

  return new HeldFolderError(path, reason, mend, err)
}
