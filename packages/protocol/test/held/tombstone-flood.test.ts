import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { MAX_NEWEST_OWNERS, MAX_TOMBSTONES } from '../../src/constants.ts'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { header, tombstone } from '../record/headers.ts'
import { arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { TroubledStore } from './troubled-store.ts'
import { signed } from './signed.ts'
import type { Arrival } from '../../src/held/held-stashes.ts'

const BODY = Uint8Array.of(1)
const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR

function bounded (maxTombstones: number): { held: HeldStashes, clock: ManualClock, newest: NewestTable, memory: TroubledStore } {
  const [clock, newest, memory] = [new ManualClock(), new NewestTable(), new TroubledStore()]
  const held = new HeldStashes({ capacity: { stashes: 5, bytes: 100, maxStash: 10 }, clock, newest, store: memory, maxTombstones })

  return { held, clock, newest, memory }
}

/** Holds a copy for `milliseconds`, and then its owner deletes it. */
async function lived ({ held, clock }: ReturnType<typeof bounded>, owner: string, milliseconds: number): Promise<void> {
  await store(held, arrivalOf(header(owner, 'a', 1)), BODY)
  clock.advance(milliseconds)
  expect(await held.admit(arrivalOf(tombstone(owner, 'a', 2)))).toStrictEqual({ type: 'stored' })
}

function kept ({ held }: Pick<ReturnType<typeof bounded>, 'held'>, owners: readonly string[]): string[] {
  return owners.filter(owner => held.tombstone(owner) != null)
}

describe('a flood of tombstones', () => {
  it('of invented owners fills free room once, and displaces nobody', async () => {
    const { held, newest } = heldStashes()
    await store(held, arrivalOf(header('friend', 'a', 1)), BODY)
    newest.see(header('heard of', 'a', 7))
    await held.admit(arrivalOf(tombstone('met before', 'a', 1)))
    const outcomes = new Map<string, number>()

    for (let i = 0; i < 3_000; i++) {
      const { type } = await held.admit(arrivalOf(tombstone(`stranger ${i}`, 'a', 1)))
      outcomes.set(type, (outcomes.get(type) ?? 0) + 1)
      await held.hearOf(tombstone(`rumour ${i}`, 'a', 1))
    }

    expect(outcomes).toStrictEqual(new Map([['stored', MAX_TOMBSTONES - 1], ['refused', 3_000 - MAX_TOMBSTONES + 1]]))
    expect([held.count, held.get('friend') != null, held.tombstone('met before') != null]).toStrictEqual([1, true, true])
    expect(newest.get('heard of')?.seq).toBe(7)
    expect(newest.size).toBe(MAX_NEWEST_OWNERS)

    // and the word of an owner whose copy is here gets in
    expect(await held.admit(arrivalOf(tombstone('friend', 'a', 2)))).toStrictEqual({ type: 'stored' })
    expect([held.tombstone('friend')?.record.seq, held.tombstone('met before') != null, held.get('friend')]).toStrictEqual([2, true, undefined])
    expect(held.tombstone('stranger 1022')).toBeUndefined()
  })

  it('from one address fills a share of the free room, and leaves the rest to others', async () => {
    const { held } = bounded(8)
    const from = async (owner: string, address: string): Promise<string> => (await held.admit(arrivalOf(tombstone(owner, 'a', 1), { address }))).type

    expect(await Promise.all(['1', '2', '3', '4'].map(async owner => await from(owner, `2001:db8::${owner}`)))).toStrictEqual(['stored', 'stored', 'refused', 'refused'])
    expect(await from('other', '192.0.2.1')).toBe('stored')
    // the word of an owner whose copy is here needs none
    await store(held, arrivalOf(header('friend', 'a', 1), { address: '2001:db8::9' }), BODY)
    expect((await held.admit(arrivalOf(tombstone('friend', 'a', 2), { address: '2001:db8::9' }))).type).toBe('stored')
  })

  it('takes neither the room that is to stay free nor more than there is for others', async () => {
    const refusal = { type: 'refused', reason: 'over quota', retryAfter: 300_000 }
    const full = heldStashes({ store: Object.assign(new TroubledStore(), { hasRoom: async () => false }) })
    expect(await full.held.admit(arrivalOf(tombstone('stranger', 'a', 2)))).toStrictEqual(refusal)
    // it is known all the same
    expect(await full.held.admit(arrivalOf(header('stranger', 'a', 1)))).toMatchObject({ type: 'stale' })

    const small = heldStashes({ capacity: { bytes: 25 }, store: Object.assign(new TroubledStore(), { cost: () => 10 }) })
    await store(small.held, arrivalOf(header('friend', 'a', 1)), BODY)
    expect(await small.held.admit(arrivalOf(tombstone('one', 'a', 1)))).toStrictEqual({ type: 'stored' })
    expect(await small.held.admit(arrivalOf(tombstone('other', 'a', 1)))).toStrictEqual(refusal)
    expect(await small.held.admit(arrivalOf(tombstone('friend', 'a', 2)))).toStrictEqual({ type: 'stored' })
  })

  it('of invented owners makes room for the copies that come later, those met last first', async () => {
    const store_ = Object.assign(new TroubledStore(), { cost: () => 10 })
    const [friend, mate, late] = ['friend', 'mate', 'late'].map(owner => arrivalOf(header(owner, 'a', 1))) as [Arrival, Arrival, Arrival]
    const { held } = heldStashes({ capacity: { bytes: 35 }, store: store_ })
    const strangers = ['one', 'other']
    await store(held, friend, BODY)
    await held.admit(arrivalOf(tombstone('friend', 'a', 2)))

    for (const stranger of strangers) {
      expect(await held.admit(arrivalOf(tombstone(stranger, 'a', 2)))).toStrictEqual({ type: 'stored' })
    }

    expect(await store(held, mate, BODY)).toStrictEqual({ type: 'stored' })
    expect(kept({ held }, ['friend', ...strangers])).toStrictEqual(['friend', 'one', 'other'])
    expect(await store(held, late, BODY)).toStrictEqual({ type: 'stored' })
    expect(kept({ held }, ['friend', ...strangers])).toStrictEqual(['friend', 'one'])
    expect(await store(held, arrivalOf(header('last', 'a', 1)), BODY)).toStrictEqual({ type: 'stored' })
    expect(kept({ held }, ['friend', ...strangers])).toStrictEqual(['friend'])
    // whatever is done for an owner comes after the clearing
    await Promise.all(strangers.map(async owner => await held.read(owner)))
    expect(store_.calls.filter(call => call === 'delete')).toHaveLength(2)
    // they are known all the same
    expect(await held.admit(arrivalOf(header('other', 'a', 1)))).toMatchObject({ type: 'stale' })
  })

  it('of owners that store something first displaces itself, not those whose copies were here for longer', async () => {
    const all = bounded(4)
    await lived(all, 'friend', 30 * DAY)
    await lived(all, 'mate', 2 * HOUR)
    const strangers = Array.from({ length: 40 }, (_, i) => `stranger ${i}`)

    for (const stranger of strangers) {
      await lived(all, stranger, 60_000)
    }

    expect(kept(all, ['friend', 'mate'])).toStrictEqual(['friend', 'mate'])
    // of equals the one met last goes
    expect(kept(all, strangers)).toStrictEqual(['stranger 0', 'stranger 39'])
  })

  it('that came first does not keep out an owner whose copy was here for longer', async () => {
    const all = bounded(4)
    const strangers = Array.from({ length: 10 }, (_, i) => `stranger ${i}`)
    await store(all.held, arrivalOf(header('friend', 'a', 1)), BODY)

    for (const stranger of strangers) {
      await lived(all, stranger, 60_000)
    }

    await all.held.admit(arrivalOf(tombstone('friend', 'a', 2)))

    for (const stranger of strangers) {
      await lived(all, `another ${stranger}`, 60_000)
    }

    expect(kept(all, ['friend'])).toStrictEqual(['friend'])
  })

  it('does not make an owner a stranger that wrote again, or deleted twice, while it was known', async () => {
    const all = bounded(2)
    await store(all.held, arrivalOf(header('friend', 'a', 1)), BODY)
    all.clock.advance(30 * DAY)
    await store(all.held, arrivalOf(header('friend', 'a', 2)), BODY)
    await all.held.admit(arrivalOf(tombstone('friend', 'a', 3)))
    await all.held.admit(arrivalOf(tombstone('friend', 'a', 4)))
    await lived(all, 'mate', DAY)
    await lived(all, 'stranger', HOUR)

    expect(kept(all, ['friend', 'mate', 'stranger'])).toStrictEqual(['friend', 'stranger'])
  })

  it('does not take a copy with it that its owner stored before what was left of its tombstone could be cleared away', async () => {
    const { held, clock, memory } = bounded(2)
    await held.admit(arrivalOf(tombstone('owner', 'a', 1)))
    clock.advance(44 * DAY)
    const gate = Promise.withResolvers<undefined>()
    memory.gate = gate.promise
    const put = memory.next()
    const stored = store(held, arrivalOf(header('owner', 'a', 2)), BODY)
    expect(await put).toBe('put')
    const swept = held.admit(arrivalOf(tombstone('other', 'a', 1)))
    gate.resolve(undefined)

    expect([await stored, await swept]).toStrictEqual([{ type: 'stored' }, { type: 'stored' }])
    expect(await held.read('owner')).toMatchObject({ body: BODY, stash: { record: { seq: 2 } } })
  })

  it('does not pin what was displaced by it, or had its days, where the store fails to clear it away, which is not tried with every message', async () => {
    const newest = new NewestTable({ maxOwners: 1 })
    const [clock, memory] = [new ManualClock(), new TroubledStore()]
    const held = new HeldStashes({ capacity: { stashes: 5, bytes: 100, maxStash: 10 }, clock, newest, store: memory, maxTombstones: 1 })
    memory.failing.add('delete')
    await lived({ held, clock, newest, memory }, 'friend', DAY)
    await lived({ held, clock, newest, memory }, 'mate', DAY)
    expect(newest.size).toBe(1)

    clock.advance(44 * DAY)
    const before = memory.calls.filter(call => call === 'delete').length

    for (let i = 0; i < 20; i++) {
      await held.admit(arrivalOf(tombstone(`stranger ${i}`, 'a', 1)))
    }

    expect(memory.calls.filter(call => call === 'delete').length - before).toBe(1)
  })

  it('leaves nothing of one in the store that is displaced by one which was on its way to the disk, displaced itself', async () => {
    const all = bounded(1)
    await lived(all, 'friend', DAY)
    const gate = Promise.withResolvers<void>()
    all.memory.gate = gate.promise
    const again = all.held.admit(arrivalOf(tombstone('friend', 'a', 2), { placement: placementOf('friend', 2) }))
    expect(await all.memory.next()).toBe('update')
    all.memory.gate = Promise.resolve()
    await lived(all, 'mate', DAY)
    expect(kept(all, ['friend', 'mate'])).toStrictEqual(['mate'])
    gate.resolve()

    expect(await again).toStrictEqual({ type: 'have' })
    // whatever is done for an owner comes after the clearing
    await all.held.read('mate')
    expect(kept(all, ['friend', 'mate'])).toStrictEqual(['friend'])
    expect(all.memory.calls.filter(call => call === 'delete')).toHaveLength(1)
  })

  it('leaves nothing of those that were displaced in the store, nor a place in the newest table', async () => {
    const [disk, clock] = [new MemoryDatastore(), new ManualClock()]
    const newest = new NewestTable({ maxOwners: 1 })
    const at = { capacity: { stashes: 5, bytes: 1_000, maxStash: 500 }, clock, newest, maxTombstones: 1 }
    const held = new HeldStashes({ ...at, store: new DatastoreStashStore({ datastore: disk, clock }) })
    const [one, other] = [await signed(1, 1), await signed(2, 1)]
    const [oneEnd, otherEnd] = [await signed(1, 2, { kind: 'tombstone' }), await signed(2, 2, { kind: 'tombstone' })]

    for (const { arrival, body } of [one, oneEnd, other, otherEnd]) {
      await store(held, arrival, body)
    }

    // whatever is done for the owner comes after the clearing
    await held.read(one.arrival.record.owner)
    expect(kept({ held }, [one.arrival.record.owner, other.arrival.record.owner])).toStrictEqual([other.arrival.record.owner])
    expect([...disk.queryKeys({}) as Iterable<unknown>]).toHaveLength(1)
    expect(newest.size).toBe(1)
  })

  it('that leaves no room for a tombstone does not let in what that one supersedes', async () => {
    const { held } = bounded(1)
    await held.admit(arrivalOf(tombstone('stranger', 'a', 1)))
    const end = tombstone('owner', 'a', 2)
    expect(await held.admit(arrivalOf(end))).toMatchObject({ type: 'refused', reason: 'at capacity' })

    expect(await held.admit(arrivalOf(header('owner', 'a', 1), { direct: false }))).toMatchObject({ type: 'stale', record: end })
  })

  it('does not last: what has had its days makes room', async () => {
    const all = bounded(2)
    await all.held.admit(arrivalOf(tombstone('one', 'a', 1)))
    await all.held.admit(arrivalOf(tombstone('other', 'a', 1)))
    expect(await all.held.admit(arrivalOf(tombstone('third', 'a', 1)))).toMatchObject({ type: 'refused', reason: 'at capacity' })
    expect(await all.held.admit(arrivalOf(tombstone('one', 'a', 2)))).toStrictEqual({ type: 'stored' })

    all.clock.advance(44 * DAY)
    await all.held.admit(arrivalOf(tombstone('third', 'a', 1)))
    expect(await all.held.admit(arrivalOf(tombstone('third', 'a', 1)))).toStrictEqual({ type: 'stored' })
    expect(all.memory.calls.filter(call => call === 'delete')).toHaveLength(2)
  })

  it('takes the copy of its owner with it even if its own place is soon another\'s', async () => {
    const all = bounded(1)
    await lived(all, 'friend', DAY)
    await lived(all, 'stranger', 0)

    expect([all.held.count, kept(all, ['friend', 'stranger'])]).toStrictEqual([0, ['stranger']])
    // its header is still known
    expect(await all.held.admit(arrivalOf(header('friend', 'a', 1)))).toMatchObject({ type: 'stale' })
  })
})
