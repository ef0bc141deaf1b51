import { MemoryDatastore } from 'datastore-core'
import { expect } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { FaultyDatastore } from './faulty-datastore.ts'
import { ManualClock } from './manual-clock.ts'
import { peerId, signed } from './signed.ts'
import type { Signed } from './signed.ts'
import type { HeldStashes } from '../../src/held/held-stashes.ts'

/** What is held of one owner, in a word. */
export type State = ReadonlyMap<string, string>

export interface Step {
  name: string
  run (held: HeldStashes): Promise<unknown>
  /** What is held once it is acknowledged. */
  after: State
}

/** By record id. */
export const bodies = new Map<string, Uint8Array>()

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

export const steps: Step[] = [
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

export function open (datastore: FaultyDatastore): HeldStashes {
  const clock = new ManualClock()

  return heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock }) }).held
}

export async function restarted (disk: MemoryDatastore): Promise<HeldStashes> {
  const held = open(new FaultyDatastore(disk))
  await held.start()

  return held
}

/** What is held; every body must be the one that its owner sealed. */
export async function stateOf (held: HeldStashes): Promise<State> {
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
export function keyCount (disk: MemoryDatastore): number {
  return [...disk.queryKeys({}) as Generator<unknown>].filter(key => !String(key).includes('/clock/')).length
}

/** An entry of each owner, and a body of each that is data. */
export function keysOf (state: State): number {
  return [...state.values()].reduce((sum, what) => sum + (what.startsWith('tombstone') ? 1 : 2), 0)
}

export function before (step: number): State {
  return steps[step - 1]?.after ?? new Map()
}

/** Runs the steps from `from` until one fails; returns its number. */
export async function runUntilFailure (held: HeldStashes, from = 0): Promise<number> {
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
