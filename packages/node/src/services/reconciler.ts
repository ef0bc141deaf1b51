import type { Clock } from '@nara-stash/protocol'

/** Looks at the present state, one look at a time: when woken, and when the last look said to. Any number of calls lead to one look. */
export class Reconciler {
  private readonly clock: Clock
  private readonly look: () => Promise<number | undefined>
  private cancelTimer: () => void = () => {}
  private looking = false
  private again = false
  private stopped = true

  /**
   * @param look - must not reject; resolves with the time, on the clock's scale, of the next look at the latest
   */
  constructor (clock: Clock, look: () => Promise<number | undefined>) {
    this.clock = clock
    this.look = look
  }

  get isStopped (): boolean {
    return this.stopped
  }

  start (): void {
    this.stopped = false
    this.wake()
  }

  stop (): void {
    this.stopped = true
    this.cancelTimer()
  }

  /** Something changed. */
  wake (): void {
    if (this.looking) {
      this.again = true
    } else if (!this.stopped) {
      void this.run()
    }
  }

  private async run (): Promise<void> {
    this.looking = true

    do {
      this.again = false
      this.cancelTimer()
      // what happens at one instant is looked at once
      await Promise.resolve()
      const next = await this.look()

      if (next != null && !this.stopped) {
        this.cancelTimer = this.clock.setTimer(() => { this.wake() }, Math.max(next - this.clock.now(), 1))
      }
    } while (this.again && !this.stopped)

    this.looking = false
  }
}
