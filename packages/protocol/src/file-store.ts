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
import { systemClock } from './clock.ts'
import { FileStashStore } from './held/files/file-store.ts'
import type { FileStashStoreInit } from './held/files/file-store.ts'

/**
 * @param path - the folder, which is made if it is not there. One nara at a time uses it, from its start to its stop
 * @throws {HeldFolderError} when the nara starts: it cannot be used; the error says why, and what to do about it
 */
export function fileStore (path: string, options: Partial<Pick<FileStashStoreInit, 'keepFree' | 'clock'>> = {}): FileStashStore {
  return new FileStashStore({ clock: systemClock, ...options, path })
}

export { FileStashStore } from './held/files/file-store.ts'
export type { FileStashStoreInit } from './held/files/file-store.ts'
export type { FileSystem, OpenFile } from './held/files/file-system.ts'
export { HeldFolderError } from './held/files/folder-error.ts'
export { LockedError, takeLock } from './held/files/folder-lock.ts'
export type { Lock } from './held/files/folder-lock.ts'
