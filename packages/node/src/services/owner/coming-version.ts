import { Caller } from './caller.ts'
import type { WriteOptions, WriteResult } from '../../api.ts'
import type { Coming } from '../../policy/coalescing.ts'
import type { OutcomeOptions } from '../replication/outcomes.ts'
import type { Clock } from '@nara-stash/protocol'

/** A version that has become current. */
export interface Sealed {
  /** Decimal. */
  seq: string
  /** What becomes of it, or of a version that comes after it. */
  outcome (options: OutcomeOptions): Promise<WriteResult>
}

interface Written {
  data: Uint8Array
  /** Wall time of the call. */
  writtenAt: number
  caller: Caller
}

export interface ComingVersionInit {
  clock: Clock
  waited: boolean
  /** Bytes that it may hold on to; the latest data in any case. */
  maxBytes: number
  /** What there is, for those whose time is over. */
  result (): WriteResult
  /** The last write that it was made of has been taken back. */
  onTakenBack (version: ComingVersion): void
}

/** What will be one version: of several writes the data of the latest, and all who wrote. */
export class ComingVersion implements Coming {
  waited: boolean
  preferred: string | undefined
  isClosed = false

  private readonly init: ComingVersionInit
  private readonly callers = new Set<Caller>()
  /** The latest last; of those before it none, unless it is to be set aside if a stash comes back. */
  private written: Written[] = []
  /** How many writes it stands for: without those that were taken back, with those whose callers wait no longer. */
  private writes = 0
  /** Decimal, once it is sealed. */
  private seq: string | undefined
  private isDropped = false
  /** Once it is sealed: how many wait for the same as a caller, and what ends that. */
  private readonly waits = new Map<Caller, { left: number, abort: AbortController }>()

  constructor (init: ComingVersionInit) {
    this.init = init
    this.waited = init.waited
  }

  /** Nobody wants it any longer. */
  get isTakenBack (): boolean {
    return this.isDropped || this.writes === 0
  }

  get data (): Uint8Array {
    return this.written.at(-1)?.data ?? new Uint8Array(0)
  }

  /** Wall time of the call that brought the data. */
  get writtenAt (): number {
    return this.written.at(-1)?.writtenAt ?? 0
  }

  /** What was written before, as far as it was kept, oldest first. */
  get earlier (): ReadonlyArray<Omit<Written, 'caller'>> {
    return this.written.slice(0, -1)
  }

  /** Of all that it holds on to. */
  get bytes (): number {
    return this.written.reduce((sum, { data }) => sum + data.byteLength, 0)
  }

  /** `data` takes the place of what was written before, of which so many stay readable. */
  async add (data: Uint8Array, options: WriteOptions, preferred?: string, earlier = 0): Promise<WriteResult> {
    const { clock, maxBytes } = this.init
    const caller = new Caller({
      clock,
      options,
      preferred,
      inTime: caller => this.seq == null ? this.lost(caller) : this.told(this.init.result(), caller),
      onAbort: caller => {
        this.writes--

        if (this.written.length > 1) {
          this.written = this.written.filter(one => one.caller !== caller)
        }

        if (this.isTakenBack && this.seq == null) {
          this.init.onTakenBack(this)
        }
      },
      onDone: caller => {
        this.callers.delete(caller)
        this.endWait(caller)
      }
    })

    this.written = [...this.written.slice(Math.max(this.written.length - earlier, 0)), { data, writtenAt: Math.round(clock.wallTime()), caller }]

    while (this.written.length > 1 && this.bytes > maxBytes) {
      this.written.shift()
    }

    this.preferred ??= preferred
    this.callers.add(caller)
    this.writes++

    return await caller.answer
  }

  /** It is current, and on its way: whoever waits is told what becomes of it. */
  sealed ({ seq, outcome }: Sealed): void {
    this.seq = seq

    for (const callers of Map.groupBy(this.callers, ({ waitsFor }) => JSON.stringify(waitsFor)).values()) {
      const abort = new AbortController()
      const waiting = (): Caller[] => callers.filter(caller => this.callers.has(caller))
      const wait = { left: callers.length, abort }
      callers.forEach(caller => { this.waits.set(caller, wait) })
      outcome({ ...callers[0]?.waitsFor, signal: abort.signal }).then(
        result => { waiting().forEach(caller => { caller.resolve(this.told(result, caller)) }) },
        (err: unknown) => { waiting().forEach(caller => { caller.reject(err) }) }
      )
    }
  }

  /** It will not be sealed, unless it is: nothing of it is stored. */
  dropped (): void {
    if (this.seq == null) {
      this.isDropped = true
      this.callers.forEach(caller => { caller.resolve(this.lost(caller)) })
    }
  }

  failed (err: unknown): void {
    this.callers.forEach(caller => { caller.reject(err) })
  }

  /** What nobody waits for any longer is to keep nothing. */
  private endWait (caller: Caller): void {
    const wait = this.waits.get(caller)

    if (wait != null && this.waits.delete(caller) && --wait.left === 0) {
      wait.abort.abort()
    }
  }

  private lost (caller: Caller): WriteResult {
    const { minimum, target } = this.init.result()

    return this.told({ outcome: 'unstored', copies: 0, minimum, target, failures: [] }, caller)
  }

  private told (result: WriteResult, caller: Caller): WriteResult {
    return {
      ...result,
      ...(this.seq == null ? {} : { seq: this.seq }),
      ...(caller === this.written.at(-1)?.caller ? {} : { coalesced: true })
    }
  }
}
