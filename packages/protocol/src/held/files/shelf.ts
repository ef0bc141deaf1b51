import { PART } from './stash-file.ts'
import type { HeldFolder } from './held-folder.ts'
import type { CountingFile } from './stash-file.ts'

/** What a folder has, or may have, of one owner. */
export interface Shelf {
  /** The highest that was given to a file that counted; 0 if none was. */
  revision: number
  /** Whose body counts, and whose entry if there is no note. */
  stash?: CountingFile
  /** Whose entry counts in place of the stash's. */
  note?: CountingFile
  recordId?: string
  isTombstone?: boolean
  /** Every name that may be there. */
  names: Set<string>
  /** Something was removed that a crash may bring back. */
  unsettled: boolean
  /** Of its files those that do not hold what they should, and are to be set aside. */
  damaged: CountingFile[]
  /** Of its files those that the disk fails to read, which may pass. */
  unreadable: CountingFile[]
}

export function emptyShelf (): Shelf {
  return { revision: 0, names: new Set(), unsettled: false, damaged: [], unreadable: [] }
}

/** Removes what is there and does not count. What is damaged or cannot be read stays until something newer takes its place. */
export async function removeRest (folder: HeldFolder, shelf: Shelf): Promise<void> {
  for (const name of shelf.names) {
    if (name !== shelf.stash?.name && name !== shelf.note?.name && ![...shelf.damaged, ...shelf.unreadable].some(file => file.name === name)) {
      shelf.unsettled = await folder.remove(name) || shelf.unsettled
      shelf.names.delete(name)
    }
  }
}

/** Takes a file its name, so that it counts no longer, for good. If it fails, the file counts as before. */
export async function letGo (folder: HeldFolder, shelf: Shelf, name: string): Promise<void> {
  const aside = name + PART

  try {
    await folder.rename(name, aside)
    await settle(folder, shelf)
  } catch (err) {
    await folder.rename(aside, name).catch(() => { /* it has its name already, or is found damaged when it is read */ })
    throw err
  }

  shelf.names.delete(name)
  shelf.names.add(aside)
}

/** So that a crash brings nothing back that was removed, and takes nothing that was written. */
export async function settle (folder: HeldFolder, shelf: Shelf): Promise<void> {
  await folder.settle()
  shelf.unsettled = false
}
