import { describe, expect, it } from 'vitest'
import { TOMBSTONE_LIFE } from '../../src/constants.ts'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { header, tombstone } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { TroubledStore } from './troubled-store.ts'
import type { HeldStashesEvents } from '../../src/held/held-stashes.ts'

const BODY = Uint8Array.of(1)
const DAY = 24 * 60 * 60 * 1_000
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)
const end2 = tombstone('owner', 'a', 2)
const end3 = tombstone('owner', 'a', 3)
const v4 = header('owner', 'b', 4, [['a', 3]])
/** Knows of v1, not of what boot a wrote later. */
const branch = header('owner', 'b', 2, [['a', 1]])

describe('a tombstone', () => {
  it('is stored at once, and ends the copy that it supersedes', async () => {
    const memory = new TroubledStore()
    const { held, newest } = heldStashes({ store: memory })
    const events: Array<HeldStashesEvents['stash:forgotten']['detail']> = []
    held.addEventListener('stash:forgotten', ({ detail }) => { events.push(detail) })
    await store(held, arrivalOf(v2), BODY)
    const arrival = arrivalOf(end3, { placement: placementOf('owner', 4) })

    expect(await held.admit(arrival)).toStrictEqual({ type: 'stored' })
    expect([held.get('owner'), held.count, held.bytes, held.list(), await held.read('owner')]).toStrictEqual([undefined, 0, 0, [], undefined])
    expect(await memory.body(v2)).toBeUndefined()
    expect(held.tombstone('owner')).toMatchObject({ record: end3, placement: { version: 4 }, direct: true })
    expect(newest.get('owner')).toBe(end3)
    expect(events).toStrictEqual([{ owner: 'owner', tombstone: end3, ended: v2 }])
  })

  it('is kept where nothing was held, and says so to nobody', async () => {
    const { held, newest } = heldStashes()
    let events = 0
    held.addEventListener('stash:forgotten', () => { events++ })

    expect(await held.admit(arrivalOf(end3))).toStrictEqual({ type: 'stored' })
    expect([held.tombstone('owner')?.record, newest.get('owner'), held.count, events]).toStrictEqual([end3, end3, 0, 0])
  })

  it('is had when it comes once more, and takes a placement of higher version', async () => {
    const { held, clock } = heldStashes()
    await held.admit(arrivalOf(end3, { direct: false, leaseRemaining: 500, placement: placementOf('owner', 2) }))
    clock.advance(10_000)

    for (const [version, kept] of [[1, 2], [3, 3]] as const) {
      expect(await held.admit(arrivalOf(end3, { placement: placementOf('owner', version) }))).toStrictEqual({ type: 'have' })
      expect(held.tombstone('owner')).toMatchObject({ direct: true, placement: { version: kept } })
      expect(leaseLeft(held.tombstone('owner') ?? expect.fail(), clock.now())).toBe(490)
    }
  })

  it('never ends a newer copy', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v4), BODY)

    expect(await held.admit(arrivalOf(end3))).toStrictEqual({ type: 'stale', record: v4, placement: placementOf('owner') })
    expect(await held.hearOf(end3)).toBe('superseded')
    expect((await held.read('owner'))?.stash.record).toBe(v4)
    expect(held.tombstone('owner')).toBeUndefined()
  })

  it('never ends a copy that it is in conflict with', async () => {
    const { held, newest } = heldStashes()
    await store(held, arrivalOf(branch), BODY)

    expect(await held.admit(arrivalOf(end3))).toStrictEqual({ type: 'conflict', record: branch, placement: placementOf('owner') })
    expect(await held.hearOf(end3)).toBe('conflict')
    expect((await held.read('owner'))?.stash.record).toBe(branch)
    expect([held.tombstone('owner'), newest.get('owner'), newest.beside('owner')]).toStrictEqual([undefined, branch, end3])
  })

  it('does not end a copy if something newer, known by its header, is in conflict with it', async () => {
    const { held, newest } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    newest.see(branch)

    expect(await held.admit(arrivalOf(end2))).toStrictEqual({ type: 'conflict', record: branch })
    expect(await held.hearOf(end2)).toBe('conflict')
    expect(held.get('owner')?.record).toBe(v1)
  })

  it('keeps the dead from being brought back, and lets what is written after it in', async () => {
    const { held, newest } = heldStashes()
    await held.admit(arrivalOf(end3))

    expect(await held.admit(arrivalOf(v2, { direct: false }))).toMatchObject({ type: 'stale', record: end3 })
    expect(await held.admit(arrivalOf(branch, { direct: false }))).toMatchObject({ type: 'conflict', record: end3 })
    expect(await store(held, arrivalOf(v4), BODY)).toStrictEqual({ type: 'stored' })
    expect([held.get('owner')?.record, held.tombstone('owner'), newest.get('owner')]).toStrictEqual([v4, undefined, v4])
  })

  it.each([
    ['was admitted before', async ({ held }: ReturnType<typeof heldStashes>) => { await held.admit(arrivalOf(end3)) }],
    ['was heard of', async ({ held }: ReturnType<typeof heldStashes>) => { await held.hearOf(end3) }]
  ])('turns a body away at the commit that was on its way when the tombstone %s', async (_, end) => {
    const all = heldStashes()
    const slow = await admitted(all.held, arrivalOf(v2))
    await end(all)

    expect(await slow.commit(BODY)).toMatchObject({ type: 'stale', record: end3 })
    expect([all.held.count, await all.held.read('owner')]).toStrictEqual([0, undefined])
  })

  it('gives the slot and the bytes free that its copy took, and takes none', async () => {
    const { held } = heldStashes({ capacity: { stashes: 1, bytes: 1 } })
    await store(held, arrivalOf(v1), BODY)
    expect(await held.admit(arrivalOf(header('other', 'a', 1)))).toMatchObject({ reason: 'at capacity' })
    expect(await held.admit(arrivalOf(tombstone('third', 'a', 1)))).toStrictEqual({ type: 'stored' })
    await held.admit(arrivalOf(end2))

    expect(await store(held, arrivalOf(header('other', 'a', 1)), BODY)).toStrictEqual({ type: 'stored' })
    expect(await held.admit(arrivalOf(header('owner', 'a', 3)))).toMatchObject({ reason: 'at capacity' })
  })

  it('takes a placement of another owner for a breach', async () => {
    const { held } = heldStashes()

    await expect(held.admit(arrivalOf(end3, { placement: placementOf('another') }))).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('is not dropped as a stash is', async () => {
    const { held } = heldStashes()
    await held.admit(arrivalOf(end3))

    expect(await held.drop('owner', end3.id)).toBe(false)
    expect(held.tombstone('owner')?.record).toBe(end3)
  })

  it('that the store fails to keep ends nothing', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v2), BODY)
    troubled.failing.add('put')

    await expect(held.admit(arrivalOf(end3))).rejects.toMatchObject({ name: 'HeldStoreError' })
    await expect(held.hearOf(end3)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect([(await held.read('owner'))?.stash.record, held.tombstone('owner')]).toStrictEqual([v2, undefined])

    troubled.failing.clear()
    expect(await held.hearOf(end3)).toBe('same')
    expect([held.get('owner'), held.tombstone('owner')?.record]).toStrictEqual([undefined, end3])
  })
})

describe('a header that is heard', () => {
  it('stands to what was known as it does', async () => {
    const { held, newest } = heldStashes()

    expect(await held.hearOf(v1)).toBe('first')
    expect(await held.hearOf(v2)).toBe('supersedes')
    expect(await held.hearOf(v2)).toBe('same')
    expect(await held.hearOf(v1)).toBe('superseded')
    expect(await held.hearOf(branch)).toBe('conflict')
    expect([newest.get('owner'), newest.beside('owner')]).toStrictEqual([v2, branch])
  })

  it('of a tombstone ends the copy held, which keeps its placement', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v2, { placement: placementOf('owner', 6) }), BODY)

    expect(await held.hearOf(end3)).toBe('supersedes')
    expect([held.get('owner'), held.count]).toStrictEqual([undefined, 0])
    expect(held.tombstone('owner')).toMatchObject({ record: end3, direct: false, placement: { version: 6 } })
  })

  it('of a tombstone is not kept as one where nothing was held', async () => {
    const { held, newest } = heldStashes()

    expect(await held.hearOf(end3)).toBe('first')
    expect([held.tombstone('owner'), newest.get('owner')]).toStrictEqual([undefined, end3])
    expect(await held.admit(arrivalOf(v2))).toMatchObject({ type: 'stale', record: end3 })
  })

  it('of a newer version ends nothing', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v2), BODY)

    expect(await held.hearOf(v4)).toBe('supersedes')
    expect((await held.read('owner'))?.stash.record).toBe(v2)
  })
})

describe('the days of a tombstone', () => {
  it.each([1, 30, 400, 49_710])('are 14, of running time, if it ended nothing here, and not the %i of its placement, whoever brought it', async leased => {
    const { held, clock } = heldStashes()
    await held.admit(arrivalOf(end3, { leaseRemaining: 60, placement: placementOf('owner', 1, leased * DAY / 1_000) }))
    clock.wall += 10_000 * DAY
    clock.advance(14 * DAY - 1)
    expect(held.tombstone('owner')?.record).toBe(end3)
    clock.advance(1)
    expect(held.tombstone('owner')).toBeUndefined()
  })

  it('are 14 more than the longest promise of those that it ended and that it came with', async () => {
    for (const [before, after, days] of [[400, 1, 414], [1, 400, 414]] as const) {
      const { held, clock } = heldStashes({ maxLeaseSeconds: DAY / 1_000 })
      await store(held, arrivalOf(v2, { placement: placementOf('owner', 1, before * DAY / 1_000) }), BODY)
      await held.admit(arrivalOf(end3, { placement: placementOf('owner', 1, after * DAY / 1_000) }))
      clock.advance(days * DAY - 1)
      expect(held.tombstone('owner')?.record).toBe(end3)
      clock.advance(1)
      expect(held.tombstone('owner')).toBeUndefined()
    }
  })

  it('are no fewer than were left to one whose place it takes', async () => {
    const { held, clock } = heldStashes()
    await held.admit(arrivalOf(end3))
    clock.advance(DAY)
    await held.admit(arrivalOf(tombstone('owner', 'a', 4), { direct: false, leaseRemaining: 60 }))
    clock.advance(13 * DAY - 1)
    expect(held.tombstone('owner')?.record.seq).toBe(4)
    clock.advance(1)
    expect(held.tombstone('owner')).toBeUndefined()
  })

  it('are those left to whom brought it, and no more, if there was nothing for it to end', async () => {
    const { held, clock } = heldStashes()
    await held.admit(arrivalOf(end3, { direct: false, leaseRemaining: 60 }))
    await held.admit(arrivalOf(tombstone('other', 'a', 1), { direct: false, leaseRemaining: 10 * TOMBSTONE_LIFE }))
    expect(await held.admit(arrivalOf(tombstone('third', 'a', 2), { direct: false, leaseRemaining: 0 }))).toStrictEqual({ type: 'have' })
    expect(held.tombstone('third')).toBeUndefined()
    // it is known all the same
    expect(await held.admit(arrivalOf(header('third', 'a', 1), { direct: false }))).toMatchObject({ type: 'stale', record: { kind: 'tombstone' } })

    clock.advance(60_000)
    expect(held.tombstone('owner')).toBeUndefined()
    clock.advance(14 * DAY - 60_001)
    expect(held.tombstone('other')).toBeDefined()
    clock.advance(1)
    expect(held.tombstone('other')).toBeUndefined()
  })

  it.each([['stored', true], ['heard of', false]])('are all of them if it was %s and ended a copy here', async (_, stored) => {
    const { held, clock } = heldStashes()
    await store(held, arrivalOf(v2), BODY)
    await (stored ? held.admit(arrivalOf(end3, { direct: false, leaseRemaining: 0 })) : held.hearOf(end3))
    clock.advance(44 * DAY - 1)
    expect(held.tombstone('owner')?.record).toBe(end3)
    clock.advance(1)
    expect(held.tombstone('owner')).toBeUndefined()
  })

  it('leave its header behind as a watermark, which goes as others do', async () => {
    const { held, clock, newest } = heldStashes({ newest: new NewestTable({ maxOwners: 1 }) })
    await held.admit(arrivalOf(end3))
    newest.see(header('stranger', 'a', 1))
    expect(newest.get('owner')).toBe(end3)
    clock.advance(44 * DAY)
    await held.admit(arrivalOf(tombstone('other', 'a', 1), { direct: false, leaseRemaining: 0 }))
    expect(await held.admit(arrivalOf(v2, { direct: false }))).toMatchObject({ type: 'stale', record: end3 })

    newest.see(header('stranger', 'a', 1))
    expect(newest.get('owner')).toBeUndefined()
  })
})
