import { DAMAGED, parseDamaged } from './stash-file.ts'
import type { HeldFolder } from './held-folder.ts'

/** Damaged files that are kept for who wants to know what happened; of the largest stash 64 MiB each. */
const MAX_DAMAGED = 4

/** The files of a folder that did not hold what they should. They count for nothing, and the last ones are kept for who wants to know. */
export class SetAside {
  /** The oldest first. */
  private names: string[]

  constructor (names: string[] = []) {
    this.names = names
  }

  /** Those that a folder has, in the order in which they were written. */
  static async of (folder: HeldFolder, names: readonly string[]): Promise<SetAside> {
    const dated = await Promise.all(names.map(async name => {
      const at = await folder.read(name, async file => (await file.stat()).mtimeMs).catch(() => undefined)

      return { name, at: at ?? 0 }
    }))

    return new SetAside(dated.sort((a, b) => a.at - b.at).map(({ name }) => name))
  }

  async add (folder: HeldFolder, name: string): Promise<void> {
    await folder.rename(name, name + DAMAGED)
    this.names.push(name + DAMAGED)

    while (this.names.length > MAX_DAMAGED) {
      await folder.remove(this.names.shift() as string)
    }
  }

  /** @returns true if there was one of this owner's */
  async remove (folder: HeldFolder, owner: string): Promise<boolean> {
    const own = this.names.filter(name => parseDamaged(name) === owner)

    for (const name of own) {
      await folder.remove(name)
      this.names = this.names.filter(other => other !== name)
    }

    return own.length > 0
  }
}
