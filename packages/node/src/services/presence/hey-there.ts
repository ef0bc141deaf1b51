import { HEY_THERE_GAP, HEY_THERE_STEPS, YOUNG } from '../../constants.ts'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

export interface HeyThereInit {
  clock: Clock
  /** Milliseconds between two messages that are said because something happened. */
  gap (): number
  /** Says hey-there, and calls `said`. */
  say (): Promise<void>
}

/** When hey-there is said again: ever more rarely as long as somebody comes who has not heard it, and to those who begin to listen to a young nara. */
export class HeyThere {
  private readonly init: HeyThereInit
  private startedAt = 0
  private repeats = 0
  private saidAt = -Infinity
  private lastArrival = -Infinity
  /** When somebody came last who has not heard from us, a subscriber or not. */
  private lastNewcomer = -Infinity
  private cancelRepeat: CancelTimer = () => {}
  private cancelGreeting: CancelTimer | undefined
  private stopped = true

  constructor (init: HeyThereInit) {
    this.init = init
  }

  async start (): Promise<void> {
    this.stopped = false
    this.startedAt = this.init.clock.now()
    this.repeats = 0
    await this.init.say()
    this.repeat()
  }

  stop (): void {
    this.stopped = true
    this.cancelRepeat()
    this.cancelGreeting?.()
    this.cancelGreeting = undefined
  }

  /** It is being said. */
  said (): void {
    this.saidAt = this.init.clock.now()
  }

  /** Somebody was heard who has not heard from us. */
  newcomer (): void {
    this.lastNewcomer = this.init.clock.now()
  }

  /** Somebody new listens: a nara that is young itself may not have been heard by it. */
  subscriber (): void {
    const now = this.init.clock.now()

    this.lastNewcomer = now

    if (!this.stopped && now - this.startedAt <= YOUNG) {
      this.lastArrival = now

      if (this.cancelGreeting == null) {
        this.greetThoseFrom(now)
      }
    }
  }

  /**
   * One hey-there for all who came since `arrival`: not at once, because who tells that it listens may still be setting up the way on which it
   * is to hear; and not too soon after another.
   */
  private greetThoseFrom (arrival: number): void {
    const { clock, say } = this.init
    const gap = this.init.gap()
    const due = Math.max(arrival + HEY_THERE_GAP, this.saidAt + gap)

    this.cancelGreeting = clock.setTimer(() => {
      this.cancelGreeting = undefined

      if (!this.hasReached(this.lastArrival) && clock.now() >= this.saidAt + gap) {
        void say()
      }

      // neither this one nor a repetition meanwhile need have reached those who came right before it
      if (!this.hasReached(this.lastArrival)) {
        this.greetThoseFrom(this.lastArrival)
      }
    }, due - clock.now())
  }

  /** What everybody who is here has heard is not said again: it comes to each of them by several ways. But the last time, for what was lost. */
  private repeat (): void {
    const step = HEY_THERE_STEPS[this.repeats]

    if (step != null && !this.stopped) {
      this.cancelRepeat()
      this.cancelRepeat = this.init.clock.setTimer(() => {
        const isLast = ++this.repeats === HEY_THERE_STEPS.length
        const isDue = isLast || !this.hasReached(this.lastNewcomer)

        void (isDue ? this.init.say() : Promise.resolve()).then(() => { this.repeat() })
      }, step)
    }
  }

  /** Those who came at that time listened when it was said last. */
  private hasReached (arrival: number): boolean {
    return this.saidAt >= arrival + HEY_THERE_GAP
  }
}
