import { formatTime } from './durations.ts'

/** Lines that are kept of each stash. */
const LINES = 400

/** What happened to one stash, told when it is lost. */
export class Story {
  private readonly lines: Array<[at: number, text: string]> = []
  private dropped = 0

  note (at: number, text: string): void {
    this.lines.push([at, text])

    if (this.lines.length > 2 * LINES) {
      this.dropped += this.lines.splice(0, LINES).length
    }
  }

  /** From `since` on. */
  tell (since = 0): string[] {
    const told = this.lines.filter(([at]) => at >= since)

    return [
      ...(this.dropped > 0 && told.length === this.lines.length ? [`(${this.dropped} lines before)`] : []),
      ...told.map(([at, text]) => `${formatTime(at)}  ${text}`)
    ]
  }
}
