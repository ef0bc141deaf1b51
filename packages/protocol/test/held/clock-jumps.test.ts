import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { FileStashStore } from '../../src/held/files/file-store.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { heldStashes, store } from './arrivals.ts'
import { FragileDisk } from './files/fragile-disk.ts'
import { ManualClock } from './manual-clock.ts'
import { DAY, HOUR, MINUTE, NOVEMBER, leftOf, run } from './running.ts'
import { signed } from './signed.ts'
import type { Held } from './arrivals.ts'
import type { Signed } from './signed.ts'

/** Where a clock may be found: of a battery that is empty, of a wrong year, of somebody who travels. */
const JUMPS = [-NOVEMBER, -DAY, -HOUR, 11 * MINUTE, 11 * DAY, 15 * DAY, 30 * DAY, 3_653 * DAY]
const LEASE = 30 * DAY
const OWNERS = [1, 2, 3]
/** Longer than a tombstone is kept for sure. */
const LONG = 14 * DAY
/** A clock that shows less does not know the time. */
const RIGHT_SINCE = Date.UTC(2020, 0)

type Event =
  /** Both clocks go on; `alone` is what the process knows of its own absence. */
  { type: 'pass', ms: number, alone: boolean } |
  { type: 'jump', ms: number } | { type: 'right' } |
  /** Off for so long; `killed` loses what came since the last stamp. */
  { type: 'restart', off: number, killed: boolean, jump: number } |
  { type: 'renew' | 'store' | 'forget', owner: number } |
  { type: 'look' }

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(MINUTE, 3 * HOUR, DAY, 6 * DAY, 16 * DAY), alone: fc.boolean() }),
  fc.record({ type: fc.constant('jump' as const), ms: fc.constantFrom(...JUMPS) }),
  fc.constant({ type: 'right' as const }),
  fc.record({ type: fc.constant('restart' as const), off: fc.constantFrom(0, HOUR, 11 * DAY, 60 * DAY), killed: fc.boolean(), jump: fc.constantFrom(0, ...JUMPS) }),
  fc.record({ type: fc.constantFrom('renew' as const, 'store' as const, 'forget' as const), owner: fc.constantFrom(...OWNERS) }),
  fc.constant({ type: 'look' as const })
)

/** What each owner was promised: milliseconds left at least, on a clock that only runs while the holder does and is in touch. */
class Promises {
  readonly left = new Map<number, number>()
  readonly forgotten = new Set<number>()

  pass (ms: number): void {
    this.left.forEach((left, owner) => { this.left.set(owner, left - ms) })
  }
}

let records: Map<number, { data: Signed, end: Signed, again: Signed }>

beforeAll(async () => {
  const all = OWNERS.map(async owner => [owner, {
    data: await signed(owner, 1), end: await signed(owner, 2, { kind: 'tombstone' }), again: await signed(owner, 3)
  }] as const)
  records = new Map(await Promise.all(all))
})

/** The next process over what a disk keeps, at a time of day. */
type Start = (wall: number) => Promise<Held>

const overDatastore = (): Start => {
  const disk = new MemoryDatastore()

  return async wall => await run(disk, wall)
}

const overFiles = (): Start => {
  const { fs } = new FragileDisk()

  return async wall => {
    const clock = new ManualClock()
    clock.wall = wall
    const all = heldStashes({ clock, store: new FileStashStore({ path: '/held', fs, clock, keepFree: 0, takeLock: () => ({ release: () => {} }) }) })
    await all.held.start()

    return all
  }
}

/** What a holder can know of how long it was away, at the least. */
class Absences {
  /** The latest date that the clock showed, and what ran since. Of a killed process: at most that. */
  private noted = NOVEMBER
  private alone = 0
  isLong = false

  pass (ms: number, alone: boolean, wall: number): void {
    this.noted += ms
    this.alone = alone ? this.alone + ms : 0
    this.note(this.alone, wall)
  }

  /** Off or asleep for `off`. */
  off (off: number, wall: number, { anew, killed }: { anew: boolean, killed: boolean }): void {
    const isUnknown = anew && !killed && wall > RIGHT_SINCE && this.noted - wall > DAY
    this.isLong ||= isUnknown && off > LONG
    this.alone = 0
    this.note(off, wall)

    if (isUnknown) {
      this.noted = wall
    }
  }

  /** An owner had a word: its copy is as old as that, and what is asked for the others from here on is no more. */
  word (): void {
    this.alone = 0
  }

  /** It was away for so long; now the clock shows this. */
  note (away: number, wall: number): void {
    this.isLong ||= away > LONG && (this.alone > LONG || wall - this.noted > LONG)
    this.noted = Math.max(this.noted, wall)
  }
}

/** A holder, on a disk or in memory, and what is right to expect of it. */
class Holder {
  readonly promises = new Promises()
  private readonly absences = new Absences()
  /** Owners whose copy may have been deleted. */
  private readonly marked = new Set<number>()
  private readonly start: Start | undefined
  private readonly newest = new NewestTable()
  private here: Held
  private truth = NOVEMBER

  private constructor (here: Held, start: Start | undefined) {
    this.here = here
    this.start = start
  }

  static async begin (start: Start | undefined): Promise<Holder> {
    const clock = new ManualClock()
    clock.wall = NOVEMBER

    return new Holder(start == null ? heldStashes({ clock }) : await start(NOVEMBER), start)
  }

  async happens (event: Event): Promise<void> {
    const { held, clock } = this.here
    const { promises } = this

    switch (event.type) {
      case 'pass':
        this.truth += event.ms
        await clock.pass(event.ms, Math.max(HOUR, event.ms / 20))

        if (event.alone) {
          held.absent(event.ms)
        } else {
          promises.pass(event.ms)
        }

        this.absences.pass(event.ms, event.alone, clock.wall)
        break
      case 'jump':
        clock.wall = Math.max(0, clock.wall + event.ms)
        this.absences.note(0, clock.wall)
        break
      case 'right':
        clock.wall = this.truth
        this.absences.note(0, clock.wall)
        break
      case 'restart':
        await this.restart(event)
        break
      case 'renew':
        held.renew(await this.idOf(event.owner))

        if (held.get(await this.idOf(event.owner)) != null) {
          promises.left.set(event.owner, LEASE)
        }

        // until the next stamp a crash undoes that
        await this.happens({ type: 'pass', ms: 6 * MINUTE, alone: false })
        break
      case 'store':
        await this.store(event.owner)
        break
      case 'forget':
        await this.forget(event.owner)
        break
      case 'look':
        await this.look()
    }

    await this.check()
  }

  private async restart ({ off, killed, jump }: Extract<Event, { type: 'restart' }>): Promise<void> {
    const { held, clock } = this.here

    if (!killed) {
      await held.stop()
    }

    this.truth += off

    if (this.start == null) {
      // what has no disk sleeps: its clock stands still meanwhile
      clock.wall = Math.max(0, clock.wall + off + jump)
      await held.start()
    } else {
      this.here = await this.start(Math.max(0, clock.wall + off + jump))
    }

    this.absences.off(off, this.here.clock.wall, { anew: this.start != null, killed })
  }

  private async store (owner: number): Promise<void> {
    const { data, again } = records.get(owner)!
    const { arrival, body } = this.promises.forgotten.has(owner) ? again : data
    const answer = await store(this.here.held, arrival, body)
    this.absences.word()

    if (answer.type === 'stored' || answer.type === 'have') {
      this.promises.left.set(owner, LEASE)
      this.marked.delete(owner)
    }
  }

  private async forget (owner: number): Promise<void> {
    const { arrival, body } = records.get(owner)!.end
    const answer = await store(this.here.held, arrival, body)

    if (answer.type === 'stored') {
      this.promises.left.delete(owner)
      this.promises.forgotten.add(owner)
    }
  }

  /** Leases that are over end copies, as the watch over them does. */
  private async look (): Promise<void> {
    for (const { record } of this.here.held.lapsed()) {
      await this.here.held.drop(record.owner, record.id)
    }

    for (const owner of OWNERS) {
      if (this.here.held.get(await this.idOf(owner)) == null && (this.promises.left.get(owner) ?? 0) <= 0) {
        this.promises.left.delete(owner)
      }
    }

    if (this.absences.isLong) {
      this.absences.isLong = false
      this.promises.left.forEach((_, owner) => { this.marked.add(owner) })
    }

    for (const owner of this.marked) {
      expect(this.here.held.get(await this.idOf(owner))?.mayBeDeleted ?? true).toBe(true)
    }
  }

  private async check (): Promise<void> {
    for (const [owner, left] of this.promises.left) {
      const id = await this.idOf(owner)

      // what a crash loses since the last stamp prolongs a lease, and a moment without anybody is not worth a stamp
      if (left > HOUR) {
        expect((await this.here.held.read(id))?.body.byteLength).toBe(100)
        expect(leftOf(this.here, id) * 1_000).toBeGreaterThan(left - HOUR)
        expect(this.here.held.lapsed().some(({ record }) => record.owner === id)).toBe(false)
      }
    }
  }

  private async idOf (owner: number): Promise<string> {
    return records.get(owner)!.data.arrival.record.owner
  }
}

describe('whatever the clock says, and however often it starts', () => {
  it.each([
    ['over a datastore', overDatastore],
    ['over files', overFiles],
    ['in memory', undefined]
  ])('a holder %s keeps every promise that runs, and marks what it was away from', async (_, disk) => {
    await fc.assert(fc.asyncProperty(fc.array(events, { minLength: 4, maxLength: 25, size: 'max' }), async script => {
      const holder = await Holder.begin(disk?.())

      for (const owner of OWNERS) {
        await holder.happens({ type: 'store', owner })
      }

      for (const event of script) {
        await holder.happens(event)
        await holder.happens({ type: 'look' })
      }
    }), { numRuns: 200, seed: 10 })
  })
})
