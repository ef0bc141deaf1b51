import { Story } from './story.ts'

/** What the simulation knows of one stash, whatever its owner does. */
export class Truth {
  readonly story = new Story()
  /** The last version that minCopies acknowledged, and its record; undefined if there is none, or none any longer. */
  kept: { version: number, id: string } | undefined
  /** The last version that was written. */
  written = 0
  /** The version that its owner brings out, and how many copies of it so far. */
  private bringing = { version: 0, copies: 0 }

  /** `version` is acknowledged, as the record `id`. True if that is news. */
  keep (version: number, id: string): boolean {
    if (this.kept?.id === id) {
      return false
    }

    this.kept = { version, id }

    return true
  }

  lose (): void {
    this.kept = undefined
  }

  /**
   * A holder took a copy of this version from its owner: the first `target` are what writing it takes, each more is repair, also if what was written is sealed
   * once more.
   */
  broughtOut (version: number, target: number): 'written' | 'byOwner' {
    if (this.bringing.version !== version) {
      this.bringing = { version, copies: 0 }
    }

    return ++this.bringing.copies > target ? 'byOwner' : 'written'
  }
}
