import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { before, bodies, keyCount, keysOf, open, restarted, runUntilFailure, stateOf, steps } from './crash-steps.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import type { Damage, Fault } from './faulty-datastore.ts'
import type { HeldStashes } from '../../src/held/held-stashes.ts'

const DAMAGES: Damage[] = ['lost', 'done', 'half', 'empty', 'zeros']

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
