import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { NewestTable } from '../../src/record/newest-table.ts'
import { heldStashes, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { DAY, HOUR, MINUTE, NOVEMBER, leftOf, run } from './running.ts'
import { signed } from './signed.ts'
import type { Held } from './arrivals.ts'
import type { Signed } from './signed.ts'

/** Where a clock may be found: of a battery that is empty, of a wrong year, of somebody who travels. */
const JUMPS = [-NOVEMBER, -DAY, -HOUR, 11 * MINUTE, 11 * DAY, 15 * DAY, 30 * DAY, 3_653 * DAY]
const LEASE = 30 * DAY
const OWNERS = [1, 2, 3]

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

/** A holder, on a disk or in memory, and what is right to expect of it. */
class Holder {
  readonly promises = new Promises()
  private readonly disk: MemoryDatastore | undefined
  private readonly newest = new NewestTable()
  private here: Held
  private truth = NOVEMBER

  private constructor (here: Held, disk: MemoryDatastore | undefined) {
    this.here = here
    this.disk = disk
  }

  static async start (onDisk: boolean): Promise<Holder> {
    const disk = onDisk ? new MemoryDatastore() : undefined
    const clock = new ManualClock()
    clock.wall = NOVEMBER

    return new Holder(disk == null ? heldStashes({ clock }) : await run(disk, NOVEMBER), disk)
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
        break
      case 'jump':
        clock.wall = Math.max(0, clock.wall + event.ms)
        break
      case 'right':
        clock.wall = this.truth
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

    if (this.disk == null) {
      // what has no disk sleeps: its clock stands still meanwhile
      clock.wall = Math.max(0, clock.wall + off + jump)
      await held.start()
    } else {
      this.here = await run(this.disk, Math.max(0, clock.wall + off + jump))
    }
  }

  private async store (owner: number): Promise<void> {
    const { data, again } = records.get(owner)!
    const { arrival, body } = this.promises.forgotten.has(owner) ? again : data
    const answer = await store(this.here.held, arrival, body)

    if (answer.type === 'stored' || answer.type === 'have') {
      this.promises.left.set(owner, LEASE)
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
  it.each([['on a disk', true], ['in memory', false]])('a holder %s keeps every promise that runs', async (_, onDisk) => {
    await fc.assert(fc.asyncProperty(fc.array(events, { minLength: 4, maxLength: 25, size: 'max' }), async script => {
      const holder = await Holder.start(onDisk)

      for (const owner of OWNERS) {
        await holder.happens({ type: 'store', owner })
      }

      for (const event of script) {
        await holder.happens(event)
        await holder.happens({ type: 'look' })
      }
    }), { numRuns: 60, seed: 10 })
  })
})
