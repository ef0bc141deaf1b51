import { MAX_SET_ASIDE, MAX_WAITING_CALLERS, MAX_WAITING_WRITES } from '../../constants.ts'
import { TooManyWritesError } from '../../errors.ts'
import { joins } from '../../policy/coalescing.ts'
import { ComingVersion } from './coming-version.ts'
import type { WriteOptions, WriteResult } from '../../api.ts'
import type { Clock } from '@nara-stash/protocol'

/** What is to be sealed. */
export type PendingWrite = Pick<ComingVersion, 'data' | 'writtenAt' | 'earlier' | 'waited' | 'preferred' | 'isTakenBack' | 'sealed'>

/** A write has become the current version. */
export interface Committed {
  /** Resolves when the next version may be sealed. Does not reject. */
  way: Promise<void>
}

export interface WritesInit {
  clock: Clock
  /** Bytes of versions that may wait; one may in any case. */
  maxWaiting: number
  /** There is a merge function, which is to see each write that waited for recovery. */
  merges: boolean
  /** May writes go through? */
  isReady (): boolean
  /** Calls `sealed` once the write is the current version. Undefined if it has to wait after all. */
  commit (write: PendingWrite): Promise<Committed | undefined>
  /** What there is, for a write that waited too long. */
  result (): WriteResult
}

/**
 * Writes in the order in which they were made. While one version is on its way, those that follow become one next
 * version: the data of the latest, which is all that is kept in memory of them. Before it is known what the stash is
 * they wait; none goes over what recovery brings.
 */
export class Writes {
  /** A stash came back after the application had been told that there is none; the next write does not know of it. */
  unread = false

  private readonly init: WritesInit
  private readonly queue: ComingVersion[] = []
  private running = false
  /** It has its turn, or waits for it. */
  private committing: ComingVersion | undefined
  /** How many wait to hear what becomes of their write, sealed or not. */
  private callers = 0
  private stopped = false

  constructor (init: WritesInit) {
    this.init = init
  }

  /** The latest write that waits, be it for recovery or for its turn. */
  get latest (): Pick<PendingWrite, 'data'> | undefined {
    return this.queue.at(-1)
  }

  /** How many versions are not sealed yet. */
  get waiting (): number {
    return this.queue.length + (this.committing == null ? 0 : 1)
  }

  /**
   * @throws {TooManyWritesError}
   */
  async add (data: Uint8Array, options: WriteOptions, preferred?: string): Promise<WriteResult> {
    options.signal?.throwIfAborted()

    if (this.stopped) {
      const { minimum, target } = this.init.result()

      return { outcome: 'unstored', copies: 0, minimum, target, failures: [] }
    }

    const write = { waited: this.unread, preferred }
    const last = this.queue.at(-1)
    const situation = { isReady: this.init.isReady(), merges: this.init.merges }
    const shared = joins(last, write, situation) ? last : undefined

    this.checkRoom(data, shared)
    this.unread = false

    const version = shared ?? this.enqueue(write.waited)
    // what waits for recovery is set aside, all of it, if a stash comes back
    const answer = version.add(data, options, preferred, situation.isReady && !write.waited ? 0 : MAX_SET_ASIDE - 1)

    this.callers++
    this.flush()

    try {
      return await answer
    } finally {
      this.callers--
    }
  }

  /** What is written from here on is another version than what was written before. */
  close (): void {
    this.queue.forEach(version => { version.isClosed = true })
  }

  /** A stash was found that the waiting writes did not know of. */
  recovered (): void {
    this.close()
    ;[...this.queue, ...(this.committing == null ? [] : [this.committing])].forEach(version => { version.waited = true })
  }

  /** Returns what answers the writes that are waiting now: what is deleted takes along what was written before. */
  mark (): () => void {
    const before = new Set([...this.queue, ...(this.committing == null ? [] : [this.committing])])

    this.close()

    return () => {
      this.queue.splice(0, Infinity, ...this.queue.filter(version => !before.has(version)))
      // one of them may have come to wait for its turn; those that are sealed are told what becomes of that
      before.forEach(version => { version.dropped() })
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
    this.queue.splice(0).forEach(version => { version.dropped() })

    // a merge may take as long as it likes; what is being sealed is answered then
    if (this.committing?.waited === true) {
      this.committing.dropped()
    }
  }

  private enqueue (waited: boolean): ComingVersion {
    const version = new ComingVersion({
      clock: this.init.clock,
      waited,
      maxBytes: this.init.maxWaiting,
      result: this.init.result,
      onTakenBack: version => {
        const at = this.queue.indexOf(version)

        if (at >= 0) {
          this.queue.splice(at, 1)
        }
      }
    })

    this.queue.push(version)

    return version
  }

  private checkRoom (data: Uint8Array, shared: ComingVersion | undefined): void {
    const others = this.queue.filter(version => version !== shared)
    const bytes = others.reduce((sum, version) => sum + version.bytes, 0)
    const { maxWaiting } = this.init

    if (others.length >= MAX_WAITING_WRITES || (others.length > 0 && bytes + data.byteLength > maxWaiting)) {
      throw new TooManyWritesError(
        `${others.length} writes of ${bytes} bytes already wait; ${MAX_WAITING_WRITES} of ${maxWaiting} bytes may: await those, or give each a timeout`
      )
    }

    if (this.callers >= MAX_WAITING_CALLERS) {
      throw new TooManyWritesError(`${this.callers} writes already wait for their answers, and no more may: await those, or give each a timeout`)
    }
  }

  private async run (): Promise<void> {
    this.running = true

    while (this.init.isReady() && this.queue.length > 0) {
      const version = this.queue.shift() as ComingVersion
      this.committing = version

      try {
        const committed = await this.init.commit(version)

        if (committed == null) {
          this.waitOn(version)
        } else {
          this.committing = undefined
          await committed.way
        }
      } catch (err) {
        version.failed(err)
      }

      this.committing = undefined
    }

    this.running = false
  }

  /** Something came up between its turn and its commit. */
  private waitOn (version: ComingVersion): void {
    if (this.stopped) {
      version.dropped()
    } else if (!version.isTakenBack) {
      this.queue.unshift(version)
    }
  }
}
