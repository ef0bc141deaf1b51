import { OWN_ABSENCE, TOMBSTONE_LIFE } from '../constants.ts'
import { leaseLeft, paused, renewed } from './held-stash.ts'
import { OwnAbsence } from './own-absence.ts'
import { awayFor, isBehind, isDate, surely } from './wall-time.ts'
import type { HeldIndex } from './held-index.ts'
import type { HeldStash } from './held-stash.ts'
import type { Known } from './wall-time.ts'
import type { Clock } from '../clock.ts'

const second = 1_000

export interface LeasesInit {
  index: HeldIndex
  clock: Pick<Clock, 'now' | 'wallTime'>
  /** From here on a copy may be one that its owner deleted. */
  onMarked (owner: string): void
}

/**
 * How long what is held is promised, and whether it is known to be what its owner still wants (SPEC.md, "Leases", "Coming back"). A
 * lease runs only while this nara is in touch with others: its own absence is not the owner's.
 */
export class Leases {
  private readonly init: LeasesInit
  private readonly absence = new OwnAbsence()
  private looked: Known | undefined
  /** The time of day as far as it is known for sure. */
  private known: Known | undefined
  /** When this process began, on the monotonic scale, as long as its clock has shown no date by which to judge for how long it was off. */
  private unjudgedSince: number | undefined

  constructor (init: LeasesInit) {
    this.init = init
  }

  /** @param lastWall - the time of day when an earlier process was last in touch with others, if that is known */
  begin (lastWall: number | undefined): void {
    const { clock } = this.init
    const now = clock.now()

    if (lastWall != null) {
      this.known = { wallTime: lastWall, now }
      // what comes on top of it is of one absence; a lease did not run meanwhile
      this.absence.note(awayFor(lastWall, clock.wallTime()) ?? 0, now)
    }

    this.unjudgedSince = now
    this.look()
  }

  renew (owner: string): void {
    this.change(owner, (stash, now) => renewed(stash, now))
  }

  confirm (owner: string): void {
    this.change(owner, (stash, now) => ({ ...stash, restored: false, lastWordAt: now }))
  }

  /** A co-holder that would know if the owner had deleted it has shown that it has it, too. */
  vouch (owner: string): void {
    this.change(owner, stash => ({ ...stash, mayBeDeleted: false }))
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
    const { index, clock } = this.init
    const now = clock.now()
    const { untold, since } = this.absence.note(milliseconds, now)

    for (const stash of index.list()) {
      // whose owner or co-holder had a word meanwhile is as old as that
      this.keep(afterAbsence(paused(stash, untold, now), now - Math.max(since, stash.lastWordAt)))
    }
  }

  /**
   * The monotonic clock stands still while a machine sleeps, or is off; the wall clock does not. That it is further ahead than before says
   * that the machine slept, or that somebody set its clock: enough to ask for a word before anything is repaired, and to doubt a copy, not to
   * drop one. A clock that is behind says nothing.
   *
   * @returns the time of day as far as it is known for sure, which goes back only if what an earlier process noted was wrong
   */
  look (): number | undefined {
    const { index, clock } = this.init
    const at = { now: clock.now(), wallTime: clock.wallTime() }
    this.judge(at)
    const { looked, known } = this
    const wallTime = surely(at.wallTime, at.now, known)
    this.looked = at
    this.known = wallTime == null ? undefined : { ...at, wallTime }

    const restored = looked != null && ahead(looked, at) >= OWN_ABSENCE
    // a clock that was wrong and is right again has not slept
    const mayBeDeleted = known != null && this.known != null && ahead(known, this.known) > TOMBSTONE_LIFE * second

    if (restored || mayBeDeleted) {
      index.list().forEach(stash => { this.keep({ ...stash, restored: true, mayBeDeleted: stash.mayBeDeleted || mayBeDeleted }) })
    }

    return this.known?.wallTime
  }

  /**
   * At the first date that the clock shows. If it is behind what was noted last, or nothing was, it is not known for how long this nara was
   * off: what was here before is marked, and time is counted from this date.
   */
  private judge (at: Known): void {
    const { index } = this.init
    const { known, unjudgedSince: since } = this

    if (since == null || !isDate(at.wallTime)) {
      return
    }

    this.unjudgedSince = undefined

    if (known == null || isBehind(known.wallTime + at.now - known.now, at.wallTime)) {
      this.known = undefined
      index.list().filter(({ heldSince = -Infinity }) => heldSince <= since)
        .forEach(stash => { this.keep({ ...stash, restored: true, mayBeDeleted: true }) })
    }
  }

  private keep (stash: HeldStash): void {
    const { index, onMarked } = this.init
    const { owner } = stash.record
    const isNew = stash.mayBeDeleted && index.get(owner)?.mayBeDeleted === false
    index.keep(stash)

    if (isNew) {
      onMarked(owner)
    }
  }

  private change (owner: string, how: (stash: HeldStash, now: number) => HeldStash): void {
    const stash = this.init.index.get(owner)

    if (stash != null) {
      this.init.index.keep(how(stash, this.init.clock.now()))
    }
  }
}

/** Of ten minutes, and it is not known what became of the copy; of more than TOMBSTONE_LIFE, and perhaps nobody can tell. */
function afterAbsence (stash: HeldStash, milliseconds: number): HeldStash {
  return {
    ...stash,
    restored: stash.restored || milliseconds >= OWN_ABSENCE,
    mayBeDeleted: stash.mayBeDeleted || milliseconds > TOMBSTONE_LIFE * second
  }
}

/** Milliseconds by which the wall clock went on for longer than the monotonic one. */
function ahead (before: Known, at: Known): number {
  return at.wallTime - before.wallTime - (at.now - before.now)
}
