import { VirtualClock } from '@nara-stash/testing'
import { Writes } from '../../../src/services/owner/writes.ts'
import type { WriteOptions, WriteResult } from '../../../src/api.ts'
import type { PendingWrite } from '../../../src/services/owner/writes.ts'

export const kept: WriteResult = { outcome: 'kept', copies: 3, minimum: 2, target: 3, failures: [] }
export const unstored: WriteResult = { outcome: 'unstored', copies: 0, minimum: 2, target: 3, failures: [] }
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes, and those whom they are committed to. */
export class Desk {
  readonly clock = new VirtualClock()
  readonly committed: Array<{ text: string, preferred: string | undefined, waited: boolean, at: number }> = []
  readonly writes: Writes
  ready: boolean
  /** False: it has to wait after all. */
  commit: (write: PendingWrite) => Promise<boolean> = async () => true
  /** What becomes of what is committed: as good as kept at once. */
  outcome: () => Promise<WriteResult> = async () => kept
  /** Until when the next one waits. */
  way: () => Promise<void> = async () => {}

  constructor ({ ready = true, merges = false } = {}) {
    this.ready = ready
    this.writes = new Writes({
      clock: this.clock,
      maxWaiting: 20,
      merges,
      isReady: () => this.ready,
      commit: async write => {
        this.committed.push({ text: new TextDecoder().decode(write.data), preferred: write.preferred, waited: write.waited, at: this.clock.now() })
        const seq = String(this.committed.length)

        if (!await this.commit(write)) {
          return
        }

        write.sealed({ seq, outcome: this.outcome })

        return { way: this.way() }
      },
      result: () => kept
    })
  }

  add (text: string, options: WriteOptions = {}, preferred?: string): Promise<WriteResult> {
    return this.writes.add(bytes(text), options, preferred)
  }

  open (): void {
    this.ready = true
    this.writes.flush()
  }

  get texts (): string[] {
    return this.committed.map(({ text }) => text)
  }
}
