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

export interface ComingVersionInit {
  clock: Clock
  waited: boolean
  /** What there is, for those whose time is over. */
  result (): WriteResult
  /** The last write that it was made of has been taken back. */
  onTakenBack (version: ComingVersion): void
}

/** What will be one version: of several writes the data of the latest, and all who wrote. */
export class ComingVersion implements Coming {
  data: Uint8Array = new Uint8Array(0)
  /** Wall time of the call that brought the data. */
  writtenAt = 0
  waited: boolean
  preferred: string | undefined
  isClosed = false

  private readonly init: ComingVersionInit
  private readonly callers = new Set<Caller>()
  /** Whose data it is. */
  private latest: Caller | undefined
  /** How many writes it stands for: without those that were taken back, with those whose callers wait no longer. */
  private writes = 0
  /** Decimal, once it is sealed. */
  private seq: string | undefined

  constructor (init: ComingVersionInit) {
    this.init = init
    this.waited = init.waited
  }

  /** Nobody wants it any longer. */
  get isTakenBack (): boolean {
    return this.writes === 0
  }

  /** `data` takes the place of what was written before. */
  async add (data: Uint8Array, options: WriteOptions, preferred: string | undefined): Promise<WriteResult> {
    const { clock } = this.init
    const caller = new Caller({
      clock,
      options,
      preferred,
      inTime: caller => this.seq == null ? this.lost(caller) : this.told(this.init.result(), caller),
      onAbort: () => {
        this.writes--

        if (this.isTakenBack && this.seq == null) {
          this.init.onTakenBack(this)
        }
      },
      onDone: caller => { this.callers.delete(caller) }
    })

    this.data = data
    this.writtenAt = Math.round(clock.wallTime())
    this.preferred ??= preferred
    this.latest = caller
    this.callers.add(caller)
    this.writes++

    return await caller.answer
  }

  /** It is current, and on its way: whoever waits is told what becomes of it. */
  sealed ({ seq, outcome }: Sealed): void {
    this.seq = seq

    for (const callers of Map.groupBy(this.callers, ({ waitsFor }) => JSON.stringify(waitsFor)).values()) {
      outcome(callers[0]?.waitsFor ?? {}).then(
        result => {
          callers.filter(caller => this.callers.has(caller)).forEach(caller => { caller.resolve(this.told(result, caller)) })
        },
        (err: unknown) => { callers.forEach(caller => { caller.reject(err) }) }
      )
    }
  }

  /** It will not be sealed: nothing of it is stored. */
  dropped (): void {
    this.callers.forEach(caller => { caller.resolve(this.lost(caller)) })
  }

  failed (err: unknown): void {
    this.callers.forEach(caller => { caller.reject(err) })
  }

  private lost (caller: Caller): WriteResult {
    const { minimum, target } = this.init.result()

    return this.told({ outcome: 'unstored', copies: 0, minimum, target, failures: [] }, caller)
  }

  private told (result: WriteResult, caller: Caller): WriteResult {
    return {
      ...result,
      ...(this.seq == null ? {} : { seq: this.seq }),
      ...(caller === this.latest ? {} : { coalesced: true })
    }
  }
}
