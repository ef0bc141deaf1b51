import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryDatastore } from 'datastore-core'
import { LevelDatastore } from 'datastore-level'
import { Key } from 'interface-datastore/key'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { store } from './arrivals.ts'
import { keyOf, keysOf, open } from './over-datastore.ts'
import { peerId, signed } from './signed.ts'
import type { DamagedStash } from '../../src/held/stash-store.ts'

describe.each(['MemoryDatastore', 'LevelDatastore'])('held stashes over a %s', (kind) => {
  let folder: string
  let datastore: MemoryDatastore | LevelDatastore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'held-stashes-'))
    datastore = kind === 'MemoryDatastore' ? new MemoryDatastore() : new LevelDatastore(join(folder, 'level'))
    await reopen()
  })

  afterEach(async () => {
    await close()
    await rm(folder, { recursive: true })
  })

  async function close (): Promise<void> {
    if (datastore instanceof LevelDatastore) {
      await datastore.close()
    }
  }

  /** As a process does that ends and starts again. */
  async function reopen (): Promise<void> {
    if (datastore instanceof LevelDatastore) {
      await datastore.close()
      datastore = new LevelDatastore(join(folder, 'level'))
      await datastore.open()
    }
  }

  it('survive a restart, with all that is known of them', async () => {
    const before = await open(datastore)
    before.clock.wall = 123
    const mine = await signed(1, 1, { direct: false, address: '192.0.2.1', leaseRemaining: 50, liveHolders: [await peerId(3)] })
    const other = await signed(2, 5, { bytes: 0x10000 })
    await store(before.held, mine.arrival, mine.body)
    await store(before.held, other.arrival, other.body)
    await reopen()
    const damaged: DamagedStash[] = []
    const after = await open(datastore, damaged)

    expect(damaged).toStrictEqual([])
    expect([after.held.count, after.held.bytes]).toStrictEqual([2, 100 + 0x10000])

    for (const { arrival, body } of [mine, other]) {
      const { owner } = arrival.record
      expect(after.held.get(owner)).toStrictEqual({ ...before.held.get(owner), leaseNotedAt: after.clock.now(), restored: true, lastWordAt: -Infinity })
      expect((await after.held.read(owner))?.body).toStrictEqual(body)
      expect(after.newest.get(owner)).toStrictEqual(arrival.record)
    }
  })

  it('are judged against after a restart as before', async () => {
    const before = await open(datastore)
    const [old, present, next] = [await signed(1, 1), await signed(1, 2), await signed(1, 3)]
    await store(before.held, present.arrival, present.body)
    await reopen()
    const after = await open(datastore)

    expect(await store(after.held, old.arrival, old.body)).toMatchObject({ type: 'stale', record: { seq: 2 } })
    expect(await store(after.held, present.arrival, present.body)).toStrictEqual({ type: 'have' })
    expect(await store(after.held, next.arrival, next.body)).toStrictEqual({ type: 'stored' })
  })

  it('leave nothing behind of what was replaced or dropped', async () => {
    const { held } = await open(datastore)

    for (const seq of [1, 2, 3]) {
      const { arrival, body } = await signed(1, seq)
      await store(held, arrival, body)
      await held.admit({ ...arrival, placement: (await signed(1, seq, { version: 2 })).arrival.placement })
      expect(await keysOf(datastore)).toHaveLength(2)
    }

    await held.drop(await peerId(1), held.list()[0]?.record.id ?? '')
    expect(await keysOf(datastore)).toStrictEqual([])
    await reopen()
    expect((await open(datastore)).held.count).toBe(0)
  })

  it('keep what changed about a record that stays', async () => {
    const before = await open(datastore)
    const first = await signed(1, 1, { direct: false })
    const { owner } = first.arrival.record
    await store(before.held, first.arrival, first.body)
    await before.held.admit((await signed(1, 1, { direct: true, version: 4 })).arrival)
    await reopen()
    const after = await open(datastore)

    expect(after.held.get(owner)).toMatchObject({ direct: true, placement: { version: 4 } })
    expect((await after.held.read(owner))?.body).toStrictEqual(first.body)
  })

  it('find as much of a lease as was left when it was written', async () => {
    const before = await open(datastore)
    const { arrival, body } = await signed(1, 1, { leaseRemaining: 100 })
    const { owner } = arrival.record
    await store(before.held, arrival, body)
    before.clock.advance(30_000)
    await before.held.admit((await signed(1, 1, { direct: false, leaseRemaining: 0, version: 2 })).arrival)
    await reopen()
    const { held, clock } = await open(datastore)
    const stash = held.get(owner)

    expect(stash == null ? undefined : leaseLeft(stash, clock.now())).toBe(70)
  })

  it('never share a body between owners, be their records\' ids the same', async () => {
    const { held } = await open(datastore)
    const mine = await signed(1, 1)
    const theirs = await signed(2, 1)
    await store(held, mine.arrival, mine.body)
    const copied = { ...theirs.arrival.record, id: mine.arrival.record.id }
    await store(held, { ...theirs.arrival, record: copied }, theirs.body)
    await held.drop(copied.owner, copied.id)

    expect((await held.read(mine.arrival.record.owner))?.body).toStrictEqual(mine.body)
  })

  it('touch nothing outside their prefix, and keep apart from others beside them', async () => {
    await datastore.put(new Key('/peers/someone'), Uint8Array.of(1))
    await datastore.put(new Key('/nara/stash2/entries/x/1'), Uint8Array.of(2))
    const one = await open(datastore)
    const other = await open(datastore, [], '/elsewhere')
    const { arrival, body } = await signed(1, 1)
    await store(one.held, arrival, body)
    await reopen()

    expect((await open(datastore, [], '/elsewhere')).held.count).toBe(0)
    expect((await open(datastore)).held.count).toBe(1)
    expect(other.held.count).toBe(0)
    expect((await keysOf(datastore)).map(String)).toEqual(expect.arrayContaining(['/peers/someone', '/nara/stash2/entries/x/1']))
  })

  it('clear away at the start what no entry speaks for', async () => {
    const { held } = await open(datastore)
    const { arrival, body } = await signed(1, 1)
    await store(held, arrival, body)
    await datastore.put(new Key(`/nara/stash/bodies/${arrival.record.owner}/${'00'.repeat(32)}`), body)
    await datastore.put(new Key(`/nara/stash/bodies/${await peerId(2)}/${arrival.record.id}`), body)
    await reopen()
    const damaged: DamagedStash[] = []
    await open(datastore, damaged)

    expect(await keysOf(datastore)).toHaveLength(2)
    expect(damaged).toStrictEqual([])
  })

  it.each<[string, 'entries' | 'bodies', (bytes: Uint8Array) => Uint8Array]>([
    ['an entry cut short', 'entries', bytes => bytes.slice(0, -1)],
    ['an empty entry', 'entries', () => new Uint8Array(0)],
    ['an entry with a flipped bit', 'entries', bytes => bytes.with(50, (bytes[50] ?? 0) ^ 1)],
    ['a body cut short', 'bodies', bytes => bytes.slice(0, -1)],
    ['a body that grew', 'bodies', bytes => new Uint8Array([...bytes, 0])],
    ['a body with a flipped bit', 'bodies', bytes => bytes.with(50, (bytes[50] ?? 0) ^ 1)]
  ])('do not hold at the start, and tell of, %s', async (_, kind, damage) => {
    const { held } = await open(datastore)
    const { arrival: { record }, arrival, body } = await signed(1, 1)
    const whole = await signed(2, 1)
    await store(held, arrival, body)
    const key = await keyOf(datastore, kind)
    await store(held, whole.arrival, whole.body)
    await datastore.put(key, damage(new Uint8Array(await datastore.get(key))))
    await reopen()
    const damaged: DamagedStash[] = []
    const after = await open(datastore, damaged)

    expect(damaged).toStrictEqual([kind === 'entries'
      ? { owner: record.owner, reason: 'its entry is unreadable' }
      : { owner: record.owner, recordId: record.id, reason: 'its body is missing or damaged' }])
    expect(after.held.list().map(({ record }) => record.owner)).toStrictEqual([whole.arrival.record.owner])
    expect(await keysOf(datastore)).toHaveLength(2)
    expect(await store(after.held, arrival, body)).toStrictEqual({ type: 'stored' })
  })

  it.each<[string, (key: Key, body: Uint8Array) => Promise<unknown>]>([
    ['lost', async key => { await datastore.delete(key) }],
    ['damaged', async (key, body) => await datastore.put(key, body.with(0, (body[0] ?? 0) ^ 1))]
  ])('end with a body that is found %s when it is read', async (_, spoil) => {
    const damaged: DamagedStash[] = []
    const { held } = await open(datastore, damaged)
    const { arrival: { record }, arrival, body } = await signed(1, 1)
    await store(held, arrival, body)
    await spoil(await keyOf(datastore, 'bodies'), body)

    expect(await held.read(record.owner)).toBeUndefined()
    expect(damaged).toStrictEqual([{ owner: record.owner, recordId: record.id, reason: 'its body is missing or damaged' }])
    expect(await keysOf(datastore)).toStrictEqual([])
    expect(await store(held, arrival, body)).toStrictEqual({ type: 'stored' })
    expect((await held.read(record.owner))?.body).toStrictEqual(body)
  })

  it('do not take an entry that was put under another owner\'s key', async () => {
    const { held } = await open(datastore)
    const { arrival, body } = await signed(1, 1)
    await store(held, arrival, body)
    const entry = await datastore.get(await keyOf(datastore, 'entries'))
    const owner = await peerId(2)
    await datastore.put(new Key(`/nara/stash/entries/${owner}/1`), entry)
    await datastore.put(new Key(`/nara/stash/bodies/${owner}/${arrival.record.id}`), body)
    await reopen()
    const damaged: DamagedStash[] = []
    const after = await open(datastore, damaged)

    expect(after.held.list().map(({ record }) => record.owner)).toStrictEqual([arrival.record.owner])
    expect(damaged).toStrictEqual([{ owner, reason: 'its entry is unreadable' }])
  })
})
