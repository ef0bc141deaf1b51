import { Story } from './story.ts'

/** What the simulation knows of one stash, whatever its owner does. */
export class Truth {
  readonly story = new Story()
  /** The last version that minCopies acknowledged, and its record; undefined if there is none, or none any longer. */
  kept: { version: number, id: string } | undefined
  /** The last version that was written. */
  written = 0
  /** The record that its owner brings out, and how many copies of it so far. */
  private bringing = { id: '', copies: 0 }

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

  /** A holder took the record from its owner: one of the first `target` copies of a version is what writing it takes, each more is repair. */
  broughtOut (id: string, target: number): 'written' | 'byOwner' {
    if (this.bringing.id !== id) {
      // what was kept before this process began has all its first copies
      this.bringing = { id, copies: this.kept?.id === id ? target : 0 }
    }

    return ++this.bringing.copies > target ? 'byOwner' : 'written'
  }
}
