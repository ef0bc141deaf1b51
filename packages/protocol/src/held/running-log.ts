import { STAMP_INTERVAL } from '../constants.ts'
import type { StashStore } from './stash-store.ts'
import type { CancelTimer, Clock } from '../clock.ts'

export interface RunningLogInit {
  store: Pick<StashStore, 'stamp'>
  clock: Clock
  /** Seconds left of their leases, by owner. */
  leases (): ReadonlyMap<string, number>
  /** The time of day as far as it is known for sure. */
  wallTime (): number | undefined
  /** Every few minutes. */
  onTick (): void
  /** Keeps what the next process could not tell from a later stamp any more: without that there is none. */
  beforeStamp (): Promise<void>
  /** Somebody is connected. */
  isInTouch (): boolean
}

/**
 * Notes in the store that this nara is running, when it was last in touch with others and what is left of the leases: at the start, every few
 * minutes, and at the end. A stamp that cannot be written is no reason to hold nothing: what a restart knows is then as old as the last one.
 */
export class RunningLog {
  private readonly init: RunningLogInit
  /** The time of day when somebody was last connected. */
  private inTouch: number | undefined
  private cancel: CancelTimer | undefined
  private writing: Promise<void> = Promise.resolve()

  constructor (init: RunningLogInit) {
    this.init = init
  }

  /** @param lastWall - the time of day of the last stamp */
  async start (lastWall: number | undefined): Promise<void> {
    if (this.init.store.stamp == null || this.cancel != null) {
      return
    }

    this.inTouch ??= lastWall
    this.arm()
    await this.write()
  }

  async stop (): Promise<void> {
    if (this.cancel != null) {
      this.cancel()
      this.cancel = undefined
      await this.write()
    }
  }

  /** For so long nobody was in touch. If that is longer than from one stamp to the next, what was noted last may be wrong by as much: the machine slept. */
  absent (milliseconds: number): void {
    if (this.cancel != null && milliseconds > STAMP_INTERVAL) {
      void this.write()
    }
  }

  private arm (): void {
    this.cancel = this.init.clock.setTimer(() => {
      this.arm()
      this.init.onTick()
      void this.write()
    }, STAMP_INTERVAL)
  }

  /** One write after the other. */
  private async write (): Promise<void> {
    this.writing = this.writing.then(async () => await this.writeOnce()).catch(() => {})
    await this.writing
  }

  private async writeOnce (): Promise<void> {
    const { store, leases, isInTouch, beforeStamp } = this.init
    const wallTime = this.init.wallTime()
    await beforeStamp()

    // what was noted by a clock that was ahead is worth nothing
    if (this.inTouch == null || isInTouch() || (wallTime != null && wallTime < this.inTouch)) {
      this.inTouch = wallTime
    }

    await store.stamp?.({ ...(this.inTouch == null ? {} : { wallTime: this.inTouch }), leases: leases() })
  }
}
