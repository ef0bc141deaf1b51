import { OWN_ABSENCE, TOMBSTONE_LIFE } from '../constants.ts'
import { leaseLeft, paused, renewed } from './held-stash.ts'
import { OwnAbsence } from './own-absence.ts'
import type { HeldIndex } from './held-index.ts'
import type { HeldStash } from './held-stash.ts'
import type { Clock } from '../clock.ts'

const second = 1_000

export interface LeasesInit {
  index: HeldIndex
  clock: Pick<Clock, 'now' | 'wallTime'>
  /** This nara has been away for so long that its owner may have deleted it without anybody being left who knows. */
  onOutlived (stash: HeldStash): void
}

/**
 * How long what is held is promised, and whether it is known to be what its owner still wants (SPEC.md, "Leases", "Coming back"). A
 * lease runs only while this nara is in touch with others: its own absence is not the owner's.
 */
export class Leases {
  private readonly init: LeasesInit
  private readonly absence = new OwnAbsence()
  private looked: { now: number, wallTime: number } | undefined

  constructor (init: LeasesInit) {
    this.init = init
  }

  renew (owner: string): void {
    this.change(owner, (stash, now) => renewed(stash, now))
  }

  confirm (owner: string): void {
    this.change(owner, (stash, now) => ({ ...stash, restored: false, lastWordAt: now }))
  }

  lapsed (): HeldStash[] {
    const now = this.init.clock.now()
    this.look()

    return this.init.index.list().filter(stash => leaseLeft(stash, now) === 0)
  }

  /** Seconds left, by owner. */
  left (): Map<string, number> {
    const now = this.init.clock.now()

    return new Map(this.init.index.list().map(stash => [stash.record.owner, leaseLeft(stash, now)]))
  }

  absent (milliseconds: number): void {
    const { index, clock, onOutlived } = this.init
    const now = clock.now()
    const { untold, since } = this.absence.note(milliseconds, now)

    for (const stash of index.list()) {
      // whose owner or co-holder had a word meanwhile is as old as that
      const away = now - Math.max(since, stash.lastWordAt)
      const after = { ...paused(stash, untold, now), restored: stash.restored || away >= OWN_ABSENCE }
      index.keep(after)

      if (away > TOMBSTONE_LIFE * second) {
        onOutlived(after)
      }
    }
  }

  /**
   * The monotonic clock stands still while a machine sleeps, the wall clock does not. That it is ahead by ten minutes more than before says
   * that the machine slept, or that somebody set its clock: enough to ask for a word before anything is repaired, not to drop anything.
   */
  look (): void {
    const { index, clock } = this.init
    const [now, wallTime, before] = [clock.now(), clock.wallTime(), this.looked]
    this.looked = { now, wallTime }

    if (before != null && wallTime - before.wallTime - (now - before.now) >= OWN_ABSENCE) {
      index.list().forEach(stash => { index.keep({ ...stash, restored: true }) })
    }
  }

  private change (owner: string, how: (stash: HeldStash, now: number) => HeldStash): void {
    const stash = this.init.index.get(owner)

    if (stash != null) {
      this.init.index.keep(how(stash, this.init.clock.now()))
    }
  }
}
