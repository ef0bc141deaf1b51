import { VirtualClock } from '@nara-stash/testing'
import { Writes } from '../../../src/services/owner/writes.ts'
import type { WriteOptions, WriteResult } from '../../../src/api.ts'
import type { PendingWrite } from '../../../src/services/owner/writes.ts'

export const kept: WriteResult = { outcome: 'kept', seq: '1', copies: 3, minimum: 2, target: 3, failures: [] }
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes, and those whom they are committed to. */
export class Desk {
  readonly clock = new VirtualClock()
  readonly committed: Array<{ text: string, preferred: string | undefined, waited: boolean, at: number }> = []
  ready = true
  commit: (write: PendingWrite) => Promise<WriteResult | undefined> = async () => kept
  /** What is committed is as good as kept at once. */
  result = async (): Promise<WriteResult> => kept
  readonly writes: Writes

  constructor (ready = true) {
    this.ready = ready
    this.writes = new Writes({
      clock: this.clock,
      maxWaiting: 20,
      isReady: () => this.ready,
      commit: async write => {
        this.committed.push({ text: new TextDecoder().decode(write.data), preferred: write.preferred, waited: write.waited, at: this.clock.now() })
        const done = await this.commit(write)

        return done == null ? undefined : { turn: Promise.resolve(), result: this.result() }
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
