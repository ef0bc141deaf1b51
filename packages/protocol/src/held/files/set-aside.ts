import { DAMAGED, blocksOf, parseDamaged } from './stash-file.ts'
import type { HeldFolder } from './held-folder.ts'

/** Damaged files that are kept for who wants to know what happened; of the largest stash 64 MiB each. */
const MAX_DAMAGED = 4

interface AsideFile {
  name: string
  /** Bytes that it takes of the disk. */
  bytes: number
}

/**
 * The files of a folder that did not hold what they should. They count for nothing, and the last ones are kept for who wants to know, as long as
 * nothing needs their room.
 */
export class SetAside {
  /** The oldest first. */
  private files: AsideFile[]

  constructor (files: AsideFile[] = []) {
    this.files = files
  }

  /** Those that a folder has, in the order in which they were written. */
  static async of (folder: HeldFolder, names: readonly string[]): Promise<SetAside> {
    const dated = await Promise.all(names.map(async name => {
      const { mtimeMs = 0, size } = await statOf(folder, name)

      return { name, bytes: blocksOf(size), at: mtimeMs }
    }))

    return new SetAside(dated.sort((a, b) => a.at - b.at))
  }

  /** What they take of the disk. */
  get bytes (): number {
    return this.files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async add (folder: HeldFolder, name: string): Promise<void> {
    const { size } = await statOf(folder, name)
    await folder.rename(name, name + DAMAGED)
    this.files.push({ name: name + DAMAGED, bytes: blocksOf(size) })
    await this.trim(folder, Infinity)
  }

  /** Removes the oldest, until they take no more than so many bytes. */
  async trim (folder: HeldFolder, bytes: number): Promise<void> {
    while (this.files.length > MAX_DAMAGED || this.bytes > Math.max(bytes, 0)) {
      const oldest = this.files[0] as AsideFile
      await folder.remove(oldest.name)
      this.files = this.files.filter(other => other !== oldest)
    }
  }

  /** @returns true if there was one of this owner's */
  async remove (folder: HeldFolder, owner: string): Promise<boolean> {
    const own = this.files.filter(({ name }) => parseDamaged(name) === owner)

    for (const file of own) {
      await folder.remove(file.name)
      this.files = this.files.filter(other => other !== file)
    }

    return own.length > 0
  }
}

/** A disk that does not tell is no reason to keep a damaged file, or not to. */
async function statOf (folder: HeldFolder, name: string): Promise<{ size: number, mtimeMs?: number }> {
  return await folder.read(name, async file => await file.stat()).catch(() => undefined) ?? { size: 0 }
}
