import type { Counts, Returns } from './counts.ts'
import type { Clock } from '@nara-stash/protocol'

/** After "empty" or a doubt the network is searched for copies that may still come, this often. Milliseconds. */
const LOOK_AGAIN = 60_000
/** A doubt that lasts this long is the outcome, and the user decides. Milliseconds. */
const DOUBT_LASTS = 10 * 60_000
/** Who is up for so long and still says nothing is stuck. Milliseconds. */
const SAYS_SOMETHING = 2 * 60_000

export interface JudgementInit {
  /** Ends with the process that returned. */
  clock: Pick<Clock, 'now' | 'setTimer'>
  counts: Counts
  /** The last version that was acknowledged before. */
  kept: number
  /** It was away for longer than the lease. */
  isOverdue: boolean
  /** The version that the process has: a number, or undefined if it is none of this stash. */
  version (): number | undefined
  state (): string | undefined
  /** Living copies of what was kept. */
  copies (): number
  onOutcome (outcome: keyof Returns): void
}

/** What one return comes to, by the truth that only the simulation knows. It is said once. */
export class Judgement {
  private readonly init: JudgementInit
  private readonly began: number
  private isOpen = true
  private wasEmpty = false

  constructor (init: JudgementInit) {
    this.init = init
    this.began = init.clock.now()
  }

  /** The process says that its stash is in this state. */
  entered (state: string): void {
    if (!this.isOpen) {
      return
    }

    if (state === 'settled') {
      const n = this.init.version()
      this.decide(n == null ? 'foreign' : n < this.init.kept ? 'older' : 'newest')
    } else if (state === 'empty') {
      this.wasEmpty = true
      this.after(() => { this.lookWhenEmpty() })
    } else if (state === 'doubtful') {
      this.lookInDoubt(this.init.clock.now())
    }
  }

  /** The process ends. What it said last is what its user knows. */
  close (): void {
    if (!this.isOpen) {
      return
    }

    const state = this.init.state()
    const isSaid = state === 'empty' || state === 'doubtful'

    if (isSaid && this.init.copies() === 0) {
      this.decideLost()
    } else {
      this.decide(state === 'doubtful' ? 'doubtful' : state === 'empty' ? 'misled' : this.isStuck ? 'stuck' : 'unresolved')
    }
  }

  private get isStuck (): boolean {
    return this.init.clock.now() - this.began >= SAYS_SOMETHING
  }

  private decide (outcome: keyof Returns): void {
    const { counts, onOutcome } = this.init

    this.isOpen = false
    counts.returns[outcome]++
    counts.late += outcome === 'newest' && this.wasEmpty ? 1 : 0
    onOutcome(outcome)
  }

  private decideLost (): void {
    this.decide(this.init.isOverdue ? 'expired' : 'lost')
  }

  private lookWhenEmpty (): void {
    if (this.isOpen && this.init.state() === 'empty') {
      if (this.init.copies() === 0) {
        this.decideLost()
      } else {
        this.after(() => { this.lookWhenEmpty() })
      }
    }
  }

  private lookInDoubt (since: number): void {
    if (!this.isOpen || this.init.state() !== 'doubtful') {
      return
    }

    if (this.init.copies() === 0) {
      this.decideLost()
    } else if (this.init.clock.now() - since > DOUBT_LASTS) {
      this.decide('doubtful')
    } else {
      this.after(() => { this.lookInDoubt(since) })
    }
  }

  private after (look: () => void): void {
    this.init.clock.setTimer(look, LOOK_AGAIN)
  }
}
