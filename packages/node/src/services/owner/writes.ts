import { MAX_WAITING_WRITES } from '../../constants.ts'
import { TooManyWritesError } from '../../errors.ts'
import type { WriteOptions, WriteResult } from '../../api.ts'
import type { Clock } from '@nara-stash/protocol'

export interface PendingWrite {
  data: Uint8Array
  options: WriteOptions
  /** Wall time, of the call. */
  writtenAt: number
  /** When its time is over, on the clock's scale. */
  until: number | undefined
  /** A peer that shall be among the confidants. */
  preferred: string | undefined
  /** A stash may have been recovered, or merged, that whoever wrote this did not know of: known only when it has its turn. */
  waited: boolean
}

/** A write that has become the current version. */
export interface Committed {
  /** Resolves when the next write may have its turn. Does not reject. */
  turn: Promise<void>
  result: Promise<WriteResult>
}

/** Of the time to wait for copies, what passed before is gone. */
export function optionsAt ({ options, until }: Pick<PendingWrite, 'options' | 'until'>, now: number): WriteOptions {
  return until == null ? options : { ...options, timeout: Math.max(until - now, 1) }
}

interface Entry extends PendingWrite {
  resolve (result: WriteResult): void
  reject (err: unknown): void
  cancel (): void
}

export interface WritesInit {
  clock: Clock
  /** Bytes of writes that may wait; one may in any case. */
  maxWaiting: number
  /** May writes go through? */
  isReady (): boolean
  /** Undefined if it has to wait after all. */
  commit (write: PendingWrite): Promise<Committed | undefined>
  /** What there is, for a write that waited too long. */
  result (): WriteResult
}

/**
 * Writes in the order in which they were made, one at a time: the next one does not wait until the one before has all its copies. Before it is known what the stash is they wait; none is lost and none goes over
 * what recovery brings.
 */
export class Writes {
  /** A stash was recovered after the application had been told that there is none; the next write does not know of it. */
  unread = false

  private readonly init: WritesInit
  private readonly queue: Entry[] = []
  private running = false
  /** It has its turn, or waits for it. */
  private committing: Entry | undefined
  private stopped = false

  constructor (init: WritesInit) {
    this.init = init
  }

  /** The latest write that waits, be it for recovery or for its turn. */
  get latest (): PendingWrite | undefined {
    return this.queue.at(-1)
  }

  /** How many are not sealed yet. */
  get waiting (): number {
    return this.queue.length + (this.committing == null ? 0 : 1)
  }

  /**
   * @throws {TooManyWritesError}
   */
  async add (data: Uint8Array, options: WriteOptions, preferred?: string): Promise<WriteResult> {
    options.signal?.throwIfAborted()

    if (this.stopped) {
      return { ...this.init.result(), outcome: 'unstored' }
    }

    this.checkRoom(data)

    return await new Promise((resolve, reject) => {
      const until = options.timeout == null || options.timeout === 0 ? undefined : this.init.clock.now() + options.timeout
      const entry: Entry = { data, options, writtenAt: Math.round(this.init.clock.wallTime()), preferred, waited: this.unread, until, resolve, reject, cancel: () => {} }

      this.unread = false
      entry.cancel = this.giveUp(entry)
      this.queue.push(entry)
      this.flush()
    })
  }

  /** A stash was found that the waiting writes did not know of. */
  recovered (): void {
    this.queue.forEach(entry => { entry.waited = true })

    if (this.committing != null) {
      this.committing.waited = true
    }
  }

  /** Returns what answers the writes that are waiting now: what is deleted takes along what was written before. */
  mark (): () => void {
    const before = new Set([...this.queue, ...(this.committing == null ? [] : [this.committing])])

    return () => {
      const { minimum, target } = this.init.result()

      this.queue.splice(0, Infinity, ...this.queue.filter(entry => !before.has(entry)))
      before.forEach(entry => {
        if (entry !== this.committing) {
          entry.cancel()
          entry.resolve({ outcome: 'unstored', copies: 0, minimum, target, failures: [] })
        }
      })
    }
  }

  /** Lets writes through if they may. */
  flush (): void {
    if (!this.running && !this.stopped) {
      void this.run()
    }
  }

  /** Takes writes again after a stop. */
  start (): void {
    this.stopped = false
    this.flush()
  }

  /** Answers those who wait: what they wrote is not stored. */
  stop (): void {
    this.stopped = true
    this.queue.splice(0).forEach(entry => {
      entry.cancel()
      entry.resolve({ ...this.init.result(), outcome: 'unstored' })
    })
  }

  private checkRoom (data: Uint8Array): void {
    const waiting = this.queue.reduce((sum, entry) => sum + entry.data.byteLength, 0)

    if (this.queue.length >= MAX_WAITING_WRITES || (this.queue.length > 0 && waiting + data.byteLength > this.init.maxWaiting)) {
      throw new TooManyWritesError(`${this.queue.length} writes of ${waiting} bytes already wait; ${MAX_WAITING_WRITES} of ${this.init.maxWaiting} bytes may`)
    }
  }

  private async run (): Promise<void> {
    this.running = true

    while (this.init.isReady() && this.queue.length > 0) {
      const entry = this.queue.shift() as Entry
      this.committing = entry

      try {
        const committed = await this.init.commit(entry)

        if (committed == null) {
          this.waitOn(entry)
        } else {
          // until then it may have waited for its turn
          entry.cancel()
          this.committing = undefined
          committed.result.then(entry.resolve, entry.reject)
          await committed.turn
        }
      } catch (err) {
        entry.cancel()
        entry.reject(err)
      }

      this.committing = undefined
    }

    this.running = false
  }

  /** Something came up between its turn and its commit. */
  private waitOn (entry: Entry): void {
    if (this.stopped) {
      entry.cancel()
      entry.resolve({ ...this.init.result(), outcome: 'unstored' })
    } else if (entry.options.signal?.aborted !== true) {
      this.queue.unshift(entry)
    }
  }

  /** A waiting write is answered when its time is over, and goes on waiting; aborted, it is taken back. */
  private giveUp (entry: Entry): () => void {
    const { until, options: { signal } } = entry
    const { clock, result } = this.init
    const cancelTimer = until == null
      ? () => {}
      : clock.setTimer(() => {
        const { minimum, target } = result()
        entry.resolve({ outcome: 'unstored', copies: 0, minimum, target, failures: [] })
      }, until - clock.now())
    const onAbort = (): void => {
      const at = this.queue.indexOf(entry)

      if (at >= 0) {
        this.queue.splice(at, 1)
      }

      cancelTimer()
      entry.reject(signal?.reason)
    }

    signal?.addEventListener('abort', onAbort)

    return () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}
