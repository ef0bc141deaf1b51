/**
 * A folder in which a nara keeps what it holds for others (ciphertext), over restarts and power cuts. For Node alone: browsers never load
 * it.
 *
 * @example
 *
 * ```ts
 * import { createNara } from '@nara-stash/node'
 * import { fileStore } from '@nara-stash/protocol/file-store'
 *
 * const nara = await createNara({ held: fileStore('/var/lib/kiosk/held') })
 * ```
 */
import { readdir } from 'node:fs/promises'
import { systemClock } from './clock.ts'
import { FileStashStore } from './held/files/file-store.ts'
import { codeOf } from './held/files/file-system.ts'
import { folderError } from './held/files/folder-error.ts'
import { FORMAT_FILE, parseName } from './held/files/stash-file.ts'
import type { FileStashStoreInit } from './held/files/file-store.ts'

/**
 * @param path - the folder, which is made if it is not there. One nara at a time uses it, from its start to its stop
 * @throws {HeldFolderError} when the nara starts: it cannot be used; the error says why, and what to do about it
 */
export function fileStore (path: string, options: Partial<Pick<FileStashStoreInit, 'keepFree' | 'clock'>> = {}): FileStashStore {
  return new FileStashStore({ clock: systemClock, ...options, path })
}

/**
 * Whether something is kept in a folder for others, be it a copy or the word that one was deleted. Nothing is changed there.
 *
 * @returns undefined if no nara used what is there, as where a disk is not mounted
 * @throws {HeldFolderError} the folder cannot be read
 */
export async function keepsStashes (path: string): Promise<boolean | undefined> {
  try {
    const names = await readdir(path)

    return names.some(name => parseName(name)?.kind === 'stash') || (names.includes(FORMAT_FILE) ? false : undefined)
  } catch (err) {
    if (codeOf(err) === 'ENOENT') {
      return
    }

    throw folderError(path, err)
  }
}

export { FileStashStore } from './held/files/file-store.ts'
export type { FileStashStoreInit } from './held/files/file-store.ts'
export type { FileSystem, OpenFile } from './held/files/file-system.ts'
export { HeldFolderError } from './held/files/folder-error.ts'
export { LockedError, takeLock } from './held/files/folder-lock.ts'
export type { Lock } from './held/files/folder-lock.ts'
