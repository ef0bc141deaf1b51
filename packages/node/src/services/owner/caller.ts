import type { WriteOptions, WriteResult } from '../../api.ts'
import type { OutcomeOptions } from '../replication/outcomes.ts'
import type { Clock } from '@nara-stash/protocol'

export interface CallerInit {
  clock: Clock
  options: WriteOptions
  /** It waits for what becomes of its write at this peer. */
  preferred: string | undefined
  /** Its time is over: what is it to be told? */
  inTime (caller: Caller): WriteResult
  /** Its signal has aborted. */
  onAbort (caller: Caller): void
  /** It has its answer. */
  onDone (caller: Caller): void
}

/** One who wrote, and waits to hear what became of it: until it is answered, its time is over, or its signal aborts. */
export class Caller {
  /** @throws the signal's reason, or why the write came to nothing */
  readonly answer: Promise<WriteResult>
  /** What it waits for, once its write is sealed. */
  readonly waitsFor: OutcomeOptions

  private readonly init: CallerInit
  private readonly deferred = Promise.withResolvers<WriteResult>()
  private readonly cancelTimer: () => void

  constructor (init: CallerInit) {
    const { clock, preferred, options: { timeout = 0, signal } } = init

    this.init = init
    this.answer = this.deferred.promise
    this.waitsFor = preferred == null ? { isPatient: timeout > 0 } : { until: { peer: preferred } }
    this.cancelTimer = timeout > 0
      ? clock.setTimer(() => { this.resolve(init.inTime(this)) }, timeout)
      : () => {}
    signal?.addEventListener('abort', this.onAbort)
  }

  resolve (result: WriteResult): void {
    this.done()
    this.deferred.resolve(result)
  }

  reject (err: unknown): void {
    this.done()
    this.deferred.reject(err)
  }

  private readonly onAbort = (): void => {
    this.init.onAbort(this)
    this.reject(this.init.options.signal?.reason)
  }

  private done (): void {
    this.cancelTimer()
    this.init.options.signal?.removeEventListener('abort', this.onAbort)
    this.init.onDone(this)
  }
}
