import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import { ManualClock } from './manual-clock.ts'
import { peerId, signed } from './signed.ts'
import type { Damage, Fault } from './faulty-datastore.ts'
import type { Signed } from './signed.ts'
import type { HeldStashes } from '../../src/held/held-stashes.ts'

const DAMAGES: Damage[] = ['lost', 'done', 'half', 'empty', 'zeros']

/** What is held of one owner, in a word. */
type State = ReadonlyMap<string, string>

interface Step {
  name: string
  run (held: HeldStashes): Promise<unknown>
  /** What is held once it is acknowledged. */
  after: State
}

let steps: Step[]
/** By record id. */
const bodies = new Map<string, Uint8Array>()

beforeAll(async () => {
  const [a, b] = [await peerId(1), await peerId(2)]
  const [a1, a2, a2placed, a3, a3direct, a4] = [
    await signed(1, 1), await signed(1, 2), await signed(1, 2, { version: 2 }),
    await signed(1, 3, { direct: false, version: 2 }), await signed(1, 3, { version: 2 }), await signed(1, 4)
  ]
  const [b1, b2] = [await signed(2, 1, { bytes: 3_000 }), await signed(2, 2, { bytes: 10 })]
  const [aEnd, aEndPlaced, a6, bEnd] = [
    await signed(1, 5, { kind: 'tombstone' }), await signed(1, 5, { kind: 'tombstone', version: 2 }),
    await signed(1, 6), await signed(2, 3, { kind: 'tombstone' })
  ]

  for (const { arrival, body } of [a1, a2, a3, a4, a6, b1, b2]) {
    bodies.set(arrival.record.id, body)
  }

  const put = (name: string, { arrival, body }: Signed, after: Record<string, string>): Step =>
    ({ name, run: async held => await store(held, arrival, body), after: new Map(Object.entries(after)) })
  const drop = (name: string, owner: string, after: Record<string, string>): Step => ({
    name,
    run: async held => await held.drop(owner, held.get(owner)?.record.id ?? ''),
    after: new Map(Object.entries(after))
  })

  steps = [
    put('a first store', a1, { [a]: '1, placement 1, direct' }),
    put('another owner\'s', b1, { [a]: '1, placement 1, direct', [b]: '1, placement 1, direct' }),
    put('an update', a2, { [a]: '2, placement 1, direct', [b]: '1, placement 1, direct' }),
    put('a placement', a2placed, { [a]: '2, placement 2, direct', [b]: '1, placement 1, direct' }),
    put('an update by a surrogate', a3, { [a]: '3, placement 2', [b]: '1, placement 1, direct' }),
    put('the owner\'s word', a3direct, { [a]: '3, placement 2, direct', [b]: '1, placement 1, direct' }),
    drop('a drop', b, { [a]: '3, placement 2, direct' }),
    put('a store after a drop', b2, { [a]: '3, placement 2, direct', [b]: '2, placement 1, direct' }),
    drop('another drop', a, { [b]: '2, placement 1, direct' }),
    put('the same once more', a3direct, { [a]: '3, placement 2, direct', [b]: '2, placement 1, direct' }),
    put('another update', a4, { [a]: '4, placement 1, direct', [b]: '2, placement 1, direct' }),
    put('a tombstone', aEnd, { [a]: 'tombstone 5, placement 1, direct', [b]: '2, placement 1, direct' }),
    put('its placement', aEndPlaced, { [a]: 'tombstone 5, placement 2, direct', [b]: '2, placement 1, direct' }),
    {
      name: 'a tombstone that is heard of',
      run: async held => await held.hearOf(bEnd.arrival.record),
      after: new Map(Object.entries({ [a]: 'tombstone 5, placement 2, direct', [b]: 'tombstone 3, placement 1' }))
    },
    put('a store after a tombstone', a6, { [a]: '6, placement 1, direct', [b]: 'tombstone 3, placement 1' })
  ]
})

function open (datastore: FaultyDatastore): HeldStashes {
  const clock = new ManualClock()

  return heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock }) }).held
}

async function restarted (disk: MemoryDatastore): Promise<HeldStashes> {
  const held = open(new FaultyDatastore(disk))
  await held.start()

  return held
}

/** What is held; every body must be the one that its owner sealed. */
async function stateOf (held: HeldStashes): Promise<State> {
  const state = new Map<string, string>()

  for (const owner of [await peerId(1), await peerId(2)]) {
    const [stash, tombstone] = [held.get(owner), held.tombstone(owner)]
    const read = await held.read(owner)
    expect(stash == null || tombstone == null).toBe(true)
    expect(read?.body).toStrictEqual(stash == null ? undefined : bodies.get(stash.record.id))

    for (const { record, placement, direct } of [stash ?? [], tombstone ?? []].flat()) {
      state.set(owner, `${record.kind === 'data' ? '' : 'tombstone '}${record.seq}, placement ${placement.version}${direct ? ', direct' : ''}`)
    }
  }

  return state
}

/** Of entries and bodies. */
function keyCount (disk: MemoryDatastore): number {
  return [...disk.queryKeys({}) as Generator<unknown>].filter(key => !String(key).includes('/clock/')).length
}

/** An entry of each owner, and a body of each that is data. */
function keysOf (state: State): number {
  return [...state.values()].reduce((sum, what) => sum + (what.startsWith('tombstone') ? 1 : 2), 0)
}

function before (step: number): State {
  return steps[step - 1]?.after ?? new Map()
}

async function countWrites (): Promise<number> {
  const datastore = new FaultyDatastore(new MemoryDatastore())
  const held = open(datastore)
  await held.start()

  for (const step of steps) {
    await step.run(held)
    expect(await stateOf(held), step.name).toStrictEqual(step.after)
  }

  return datastore.writes
}

/** Runs the steps from `from` until one fails; returns its number. */
async function runUntilFailure (held: HeldStashes, from = 0): Promise<number> {
  for (const [i, step] of steps.entries()) {
    if (i >= from) {
      try {
        await step.run(held)
      } catch (err) {
        expect(err, step.name).toMatchObject({ name: 'HeldStoreError' })

        return i
      }
    }
  }

  return steps.length
}

async function crashAt (faults: Fault[]): Promise<void> {
  const disk = new MemoryDatastore()
  const dying = open(new FaultyDatastore(disk, faults))
  let failed = await dying.start().then(async () => await runUntilFailure(dying), () => 0)

  // the process lives on after a fault that is no crash: it tries the same again
  for (let tries = 0; tries < 2 && failed < steps.length; tries++) {
    failed = await runUntilFailure(dying, failed)
  }

  const held = await restarted(disk)
  const state = await stateOf(held)

  expect([before(failed), before(failed + 1)]).toContainEqual(state)
  expect(keyCount(disk)).toBe(keysOf(state))

  // and the house stands: the rest goes on from there
  expect(await runUntilFailure(held, failed)).toBe(steps.length)
  expect(await stateOf(await restarted(disk))).toStrictEqual(before(steps.length))
}

describe('held stashes over a datastore', () => {
  it('write as often as this test believes, so that it hits every write', async () => {
    expect(await countWrites()).toBeGreaterThan(25)
  })

  it.each(DAMAGES)('find the old copy or the new one after a crash at any write that was %s', async (damage) => {
    const writes = await countWrites()

    for (let at = 0; at < writes; at++) {
      await crashAt([{ at, damage, next: 'crash' }])
    }
  })

  it.each(DAMAGES)('find it, too, if the start that clears up after a write that was %s crashes as well', async (damage) => {
    const writes = await countWrites()
    let second = 0

    for (let at = 0; at < writes; at++) {
      for (const clearing of [0, 1]) {
        const disk = new MemoryDatastore()
        const failed = await runUntilFailure(open(new FaultyDatastore(disk, [{ at, damage, next: 'crash' }])))
        const restarting = new FaultyDatastore(disk, [{ at: clearing, damage, next: 'crash' }])
        await open(restarting).start()
        second += restarting.writes > clearing ? 1 : 0

        expect([before(failed), before(failed + 1)]).toContainEqual(await stateOf(await restarted(disk)))
        expect(await runUntilFailure(await restarted(disk), failed)).toBe(steps.length)
      }
    }

    expect(second).toBeGreaterThan(10)
  })

  it.each(DAMAGES)('keep what they had through a failure of any write that was %s, and do it when asked again', async (damage) => {
    const writes = await countWrites()
    let failures = 0

    for (let at = 0; at < writes; at++) {
      const disk = new MemoryDatastore()
      const held = open(new FaultyDatastore(disk, [{ at, damage, next: 'go on' }]))
      await held.start()
      const failed = await runUntilFailure(held)
      // a tombstone may be there already, but nobody is told before the copy is gone from the disk
      const possible = steps[failed]?.name.includes('tombstone') === true ? [before(failed), before(failed + 1)] : [before(failed)]
      expect(possible).toContainEqual(await stateOf(held))

      if (failed < steps.length) {
        failures++
        expect(await runUntilFailure(held, failed)).toBe(steps.length)
      }

      expect(await stateOf(held)).toStrictEqual(before(steps.length))
      expect(keyCount(disk)).toBeLessThanOrEqual(keysOf(before(steps.length)) + 2)

      const after = await restarted(disk)
      expect(await stateOf(after)).toStrictEqual(before(steps.length))
      expect(keyCount(disk)).toBe(keysOf(before(steps.length)))
    }

    expect(failures).toBeGreaterThan(15)
  })

  it('stand a failure that is followed by a crash, wherever both fall', async () => {
    const writes = await countWrites()
    const fault = (next: Fault['next']): fc.Arbitrary<Fault> =>
      fc.record({ at: fc.nat(writes + 3), damage: fc.constantFrom(...DAMAGES), next: fc.constant(next) })

    await fc.assert(fc.asyncProperty(fault('go on'), fault('go on'), fault('crash'), async (...faults) => {
      await crashAt(faults)
    }), { numRuns: 500 })
  })

  it('do not fill a disk that deletes nothing: an owner takes the room of two copies at most', async () => {
    const disk = new MemoryDatastore()
    const datastore = new FaultyDatastore(disk)
    const held = open(datastore)
    const [v1, v2, v3] = [await signed(1, 1), await signed(1, 2), await signed(1, 3)]
    await store(held, v1.arrival, v1.body)
    datastore.sticky = true
    expect(await store(held, v2.arrival, v2.body)).toStrictEqual({ type: 'stored' })

    for (let tries = 0; tries < 3; tries++) {
      await expect(store(held, v3.arrival, v3.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      expect(keyCount(disk)).toBe(4)
    }

    expect((await held.read(v2.arrival.record.owner))?.body).toStrictEqual(v2.body)
    datastore.sticky = false
    expect(await store(held, v3.arrival, v3.body)).toStrictEqual({ type: 'stored' })
    expect(keyCount(disk)).toBe(2)
  })

  it('do not bring back by a crash in the middle of a drop what a failing disk had left of an older copy', async () => {
    const [v1, v2] = [await signed(1, 1), await signed(1, 2)]
    const found = new Set<number | undefined>()

    for (let later = 0; later < 5; later++) {
      const disk = new MemoryDatastore()
      const datastore = new FaultyDatastore(disk)
      const held = open(datastore)
      await store(held, v1.arrival, v1.body)
      datastore.sticky = true
      await store(held, v2.arrival, v2.body)
      datastore.sticky = false
      datastore.add({ at: datastore.writes + later, damage: 'lost', next: 'crash' })
      await held.drop(v2.arrival.record.owner, v2.arrival.record.id).catch(() => false)

      found.add((await restarted(disk)).get(v2.arrival.record.owner)?.record.seq)
    }

    expect(found).toStrictEqual(new Set([2, undefined]))
  })

  it('say that a stash is gone once the disk has let go of it', async () => {
    const disk = new MemoryDatastore()
    const datastore = new FaultyDatastore(disk)
    const held = open(datastore)
    const [v1, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    await store(held, v1.arrival, v1.body)
    datastore.sticky = true
    await expect(held.admit(end.arrival)).rejects.toMatchObject({ name: 'HeldStoreError' })
    await expect(held.hearOf(end.arrival.record)).rejects.toMatchObject({ name: 'HeldStoreError' })
    datastore.sticky = false

    expect(await held.admit(end.arrival)).toStrictEqual({ type: 'have' })
    expect(keyCount(disk)).toBe(1)
  })

  it('do not raise the dead by a crash at the end of a tombstone\'s days, if a failing disk had left something of the copy', async () => {
    const [v1, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    const { owner } = v1.arrival.record
    const found = new Set<string | undefined>()

    for (let later = 0; later < 6; later++) {
      const disk = new MemoryDatastore()
      const [datastore, clock] = [new FaultyDatastore(disk), new ManualClock()]
      const { held } = heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock }) })
      await store(held, v1.arrival, v1.body)
      datastore.sticky = true
      // the owner is not told that all is gone, neither now nor when it asks again, but it is not served any more
      await expect(store(held, end.arrival, end.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      await expect(store(held, end.arrival, end.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      expect([await held.read(owner), held.tombstone(owner)?.record.seq]).toStrictEqual([undefined, 2])
      expect(keyCount(disk)).toBe(3)
      datastore.sticky = false
      datastore.add({ at: datastore.writes + later, damage: 'lost', next: 'crash' })
      clock.advance(14 * 24 * 60 * 60 * 1_000)
      // any tombstone has those swept away whose days are over
      await held.admit((await signed(2, 1, { kind: 'tombstone', direct: false, leaseRemaining: 0 })).arrival)
      await held.read(owner)

      found.add((await stateOf(await restarted(disk))).get(owner))
    }

    // a copy of its days counts from the last stamp, of which there is none here
    expect(found).toStrictEqual(new Set(['tombstone 2, placement 1, direct', undefined]))
  })

  it.each(DAMAGES.filter(damage => damage !== 'done'))('never serve what a disk only claims to have written: %s', async (damage) => {
    const writes = await countWrites()

    for (let at = 0; at < writes; at++) {
      const disk = new MemoryDatastore()
      const held = open(new FaultyDatastore(disk, [{ at, damage, next: 'silent' }]))
      await held.start()

      for (const step of steps) {
        await step.run(held)
        await honest(held)
      }

      const after = await restarted(disk)
      await honest(after)

      // what was replaced or deleted does not come back: it is there in its last form, or not at all
      for (const [owner, what] of await stateOf(after)) {
        expect(what).toBe(before(steps.length).get(owner))
      }
    }
  })
})

/** What can be read is what its owner sealed; what cannot is not held. */
async function honest (held: HeldStashes): Promise<void> {
  for (const { record } of held.list()) {
    const whole = await held.read(record.owner)

    if (whole == null) {
      expect(held.get(record.owner)).toBeUndefined()
    } else {
      expect(whole.body).toStrictEqual(bodies.get(whole.stash.record.id))
    }
  }
}
