import { describe, expect, it } from 'vitest'
import { MemoryStashStore } from '../../src/held/memory-store.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { header } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { TroubledStore } from './troubled-store.ts'
import type { DamagedStash } from '../../src/held/stash-store.ts'

const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)
const v3 = header('owner', 'a', 3)
/** Knows of v1, not of v2. */
const branch = header('owner', 'b', 2, [['a', 1]])

describe('held stashes', () => {
  it('keep what is committed, and give it back', async () => {
    const clock = new ManualClock()
    clock.wall = 12_345
    const { held, newest } = heldStashes({ clock })
    const body = Uint8Array.of(1, 2, 3)
    const record = header('owner', 'a', 1, [], body)
    const arrival = arrivalOf(record, { leaseRemaining: 60, liveHolders: ['friend'], address: '192.0.2.1' })

    expect(await store(held, arrival, body)).toStrictEqual({ type: 'stored' })
    expect(held.get('owner')).toStrictEqual({
      record,
      placement: arrival.placement,
      direct: true,
      storedAt: 12_345,
      address: '192.0.2.1',
      leaseRemaining: 60,
      leaseNotedAt: clock.now(),
      liveHolders: ['friend']
    })
    expect(await held.read('owner')).toStrictEqual({ stash: held.get('owner'), body })
    expect(held.list()).toStrictEqual([held.get('owner')])
    expect([held.count, held.bytes]).toStrictEqual([1, 3])
    expect(newest.get('owner')).toBe(record)
  })

  it('hold nothing of anybody else', async () => {
    const { held } = heldStashes()

    expect(held.get('owner')).toBeUndefined()
    expect(await held.read('owner')).toBeUndefined()
    expect([held.count, held.bytes, held.list()]).toStrictEqual([0, 0, []])
  })

  it('take nothing until it is committed', async () => {
    const { held, newest } = heldStashes()
    const admission = await admitted(held, arrivalOf(v1))

    expect(held.get('owner')).toBeUndefined()
    expect(newest.get('owner')).toBeUndefined()

    admission.release()
    expect(newest.get('owner')).toBeUndefined()
  })

  it('refuse a tombstone for the time being', async () => {
    const { held } = heldStashes()

    expect(await held.admit(arrivalOf({ ...v1, kind: 'tombstone' }))).toMatchObject({ type: 'refused', reason: 'unsupported' })
  })

  it('take a placement of another owner for a breach', async () => {
    const { held } = heldStashes()

    await expect(held.admit(arrivalOf(v1, { placement: placementOf('another') }))).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('drop exactly the record that is named, and remember how new it was', async () => {
    const { held, newest } = heldStashes()
    await store(held, arrivalOf(v2), BODY)

    expect(await held.drop('owner', v1.id)).toBe(false)
    expect(await held.drop('another', v2.id)).toBe(false)
    expect(held.count).toBe(1)
    expect(await held.drop('owner', v2.id)).toBe(true)
    expect(await held.drop('owner', v2.id)).toBe(false)
    expect([held.count, held.bytes, held.get('owner'), await held.read('owner')]).toStrictEqual([0, 0, undefined, undefined])
    expect(newest.get('owner')).toBe(v2)
    expect(await store(held, arrivalOf(v1), BODY)).toStrictEqual({ type: 'stale', record: v2 })
    expect(await store(held, arrivalOf(v2), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('keep their owners from being forgotten by the newest table, for as long as they are held', async () => {
    const { held, newest } = heldStashes({ newest: new NewestTable({ maxOwners: 2 }) })
    newest.see(header('friend', 'a', 1))
    await store(held, arrivalOf(v1), BODY)

    for (const stranger of ['x', 'y', 'z']) {
      newest.see(header(stranger, 'a', 1))
    }

    expect(newest.get('owner')).toBe(v1)

  })

  it('give their owners back to the newest table\'s rules when they are dropped', async () => {
    const { held, newest } = heldStashes({ newest: new NewestTable({ maxOwners: 1 }) })
    await store(held, arrivalOf(v1), BODY)
    await held.drop('owner', v1.id)
    newest.see(header('another', 'a', 1))

    expect(newest.get('owner')).toBeUndefined()
    expect(newest.get('another')).toBeDefined()
  })
})

describe('the order rule at the door', () => {
  it('replaces what a record supersedes', async () => {
    const { held } = heldStashes()
    const body = Uint8Array.of(2, 2)
    const next = header('owner', 'b', 2, [['a', 1]], body)
    await store(held, arrivalOf(v1, { direct: false }), BODY)

    expect(await store(held, arrivalOf(next, { placement: placementOf('owner', 7) }), body)).toStrictEqual({ type: 'stored' })
    expect(held.get('owner')).toMatchObject({ record: next, direct: true, placement: { version: 7 } })
    expect((await held.read('owner'))?.body).toStrictEqual(body)
    expect([held.count, held.bytes]).toStrictEqual([1, 2])
  })

  it('takes the placement that a record brings, be its version lower than the one before', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v1, { placement: placementOf('owner', 9) }), BODY)
    await store(held, arrivalOf(v2, { placement: placementOf('owner', 1) }), BODY)

    expect(held.get('owner')?.placement.version).toBe(1)
  })

  it('does not call a copy direct that a surrogate brought in place of a direct one', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v1), BODY)
    await store(held, arrivalOf(v2, { direct: false }), BODY)

    expect(held.get('owner')).toMatchObject({ record: v2, direct: false })
  })

  it('answers a stale or conflicting record with the held one and its placement', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v2), BODY)
    const { placement } = arrivalOf(v2)

    expect(await held.admit(arrivalOf(v1))).toStrictEqual({ type: 'stale', record: v2, placement })
    expect(await held.admit(arrivalOf(branch))).toStrictEqual({ type: 'conflict', record: v2, placement })
    expect(held.get('owner')?.record).toBe(v2)
  })

  it('answers with a header that was only heard of, without a placement', async () => {
    const { held, newest } = heldStashes()
    newest.see(v2)

    expect(await held.admit(arrivalOf(v1))).toStrictEqual({ type: 'stale', record: v2 })
    expect(await held.admit(arrivalOf(branch))).toStrictEqual({ type: 'conflict', record: v2 })
    expect(await store(held, arrivalOf(v3), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('answers with what is newest, if both the held and the heard one are newer', async () => {
    const { held, newest } = heldStashes()
    await store(held, arrivalOf(v2), BODY)
    newest.see(v3)

    expect(await held.admit(arrivalOf(v1))).toStrictEqual({ type: 'stale', record: v3 })
    expect(await held.admit(arrivalOf(branch))).toMatchObject({ type: 'conflict', record: v2 })
  })

  it('admits a record whose header was heard of before its body came', async () => {
    const { held, newest } = heldStashes()
    newest.see(v1)

    expect(await store(held, arrivalOf(v1), BODY)).toStrictEqual({ type: 'stored' })
  })

  it.each([
    ['stale, if a newer one came first', v1, v2, { type: 'stale', record: v2 }],
    ['a conflict, if another branch came first', branch, v2, { type: 'conflict', record: v2 }],
    ['had, if the very same came first', v2, v2, { type: 'have' }]
  ])('is asked again at the commit: a record is %s', async (_, late, early, outcome) => {
    const { held } = heldStashes()
    const slow = await admitted(held, arrivalOf(late))
    await store(held, arrivalOf(early), BODY)

    expect(await slow.commit(BODY)).toMatchObject(outcome)
    expect(held.get('owner')?.record).toBe(early)
    expect((await held.read('owner'))?.body).toStrictEqual(BODY)
  })

  it('is asked again at the commit against a watermark heard meanwhile', async () => {
    const { held, newest } = heldStashes()
    const slow = await admitted(held, arrivalOf(v1))
    newest.see(v2)

    expect(await slow.commit(BODY)).toStrictEqual({ type: 'stale', record: v2 })
    expect(held.count).toBe(0)
  })

  it('holds while two commits of one owner are in the store at once', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    const gate = Promise.withResolvers<undefined>()
    troubled.gate = gate.promise
    const [first, second, third] = await Promise.all([v2, v1, v3].map(async record => await admitted(held, arrivalOf(record))))
    const outcomes = Promise.all([first?.commit(BODY), second?.commit(BODY), third?.commit(BODY)])
    gate.resolve(undefined)

    expect((await outcomes).map(outcome => outcome?.type)).toStrictEqual(['stored', 'stale', 'stored'])
    expect(held.get('owner')?.record).toBe(v3)
  })

  it('asks again if the very record is replaced while it waits to be refreshed', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    const gate = Promise.withResolvers<undefined>()
    troubled.gate = gate.promise
    const put = troubled.next()
    const newer = (await admitted(held, arrivalOf(v2))).commit(BODY)
    expect(await put).toBe('put')
    const again = held.admit(arrivalOf(v1))
    gate.resolve(undefined)

    expect(await newer).toStrictEqual({ type: 'stored' })
    expect(await again).toMatchObject({ type: 'stale', record: v2 })
  })
})

describe('a record that is held and comes once more', () => {
  it('is had, takes a placement of higher version, and not one of lower', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v1, { placement: placementOf('owner', 2) }), BODY)

    for (const [brought, kept] of [[3, 3], [1, 3], [3, 3], [4, 4]] as const) {
      expect(await held.admit(arrivalOf(v1, { placement: placementOf('owner', brought) }))).toStrictEqual({ type: 'have' })
      expect(held.get('owner')?.placement.version).toBe(kept)
    }
  })

  it('becomes direct by its owner\'s word and stays so', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v1, { direct: false }), BODY)
    expect(held.get('owner')?.direct).toBe(false)

    await held.admit(arrivalOf(v1, { direct: true }))
    expect(held.get('owner')?.direct).toBe(true)

    await held.admit(arrivalOf(v1, { direct: false }))
    expect(held.get('owner')?.direct).toBe(true)
  })

  it('is refreshed by a commit that came second, too', async () => {
    const { held } = heldStashes()
    const second = await admitted(held, arrivalOf(v1, { direct: true, placement: placementOf('owner', 5) }))
    await store(held, arrivalOf(v1, { direct: false }), BODY)

    expect(await second.commit(BODY)).toStrictEqual({ type: 'have' })
    expect(held.get('owner')).toMatchObject({ direct: true, placement: { version: 5 } })
  })

  it('brings lease and live holders up to date, and leaves the time of storing', async () => {
    const { held, clock } = heldStashes()
    clock.wall = 5
    await store(held, arrivalOf(v1, { leaseRemaining: 100, liveHolders: ['a'] }), BODY)
    clock.advance(50_000)
    clock.wall = 6
    await held.admit(arrivalOf(v1, { leaseRemaining: 90, liveHolders: ['b'] }))

    expect(held.get('owner')).toMatchObject({ leaseRemaining: 90, leaseNotedAt: clock.now(), liveHolders: ['b'], storedAt: 5 })
  })

  it('writes to the store only what a restart should find', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1, { direct: false }), BODY)

    await held.admit(arrivalOf(v1, { direct: false, leaseRemaining: 5, liveHolders: ['b'] }))
    expect(troubled.calls).toStrictEqual(['put'])
    await held.admit(arrivalOf(v1, { direct: true }))
    expect(troubled.calls).toStrictEqual(['put', 'update'])
    await held.admit(arrivalOf(v1, { placement: placementOf('owner', 2) }))
    expect(troubled.calls).toStrictEqual(['put', 'update', 'update'])
  })
})

describe('a body', () => {
  it.each([
    ['too short', Uint8Array.of(1)], ['too long', Uint8Array.of(1, 2, 3)], ['another', Uint8Array.of(1, 3)], ['empty', new Uint8Array(0)]
  ])('that is %s is not taken, and its room is free again', async (_, wrong) => {
    const { held, newest } = heldStashes({ capacity: { stashes: 1, bytes: 2 } })
    const body = Uint8Array.of(1, 2)
    const record = header('owner', 'a', 1, [], body)
    const admission = await admitted(held, arrivalOf(record))

    await expect(admission.commit(wrong)).rejects.toMatchObject({ name: 'BodyMismatchError' })
    expect([held.count, held.bytes, newest.size]).toStrictEqual([0, 0, 0])
    expect(await store(held, arrivalOf(header('another', 'a', 1, [], body)), body)).toStrictEqual({ type: 'stored' })
  })

  it('that is wrong leaves the copy before it in place', async () => {
    const { held } = heldStashes()
    await store(held, arrivalOf(v1), BODY)

    await expect((await admitted(held, arrivalOf(v2))).commit(Uint8Array.of(9))).rejects.toMatchObject({ name: 'BodyMismatchError' })
    expect(await held.read('owner')).toMatchObject({ stash: { record: v1 }, body: BODY })
  })

  it('is checked in slices between which other work runs', async () => {
    const { held, clock } = heldStashes({ capacity: { bytes: 2 ** 24, maxStash: 2 ** 24 } })
    const body = new Uint8Array(3 * 2 ** 20 + 1).fill(7)
    let others = 0
    const admission = await admitted(held, arrivalOf(header('owner', 'a', 1, [], body)))
    const stored = admission.commit(body)

    for (let i = 0; i < 3; i++) {
      await new Promise<void>(resolve => setImmediate(resolve))
      others++
      expect(held.count).toBe(i < 2 ? 0 : held.count)
    }

    expect(await stored).toStrictEqual({ type: 'stored' })
    expect([clock.pauses, others]).toStrictEqual([3, 3])
  })

  it('of the wrong length is not even looked at', async () => {
    const { held, clock } = heldStashes({ capacity: { bytes: 2 ** 24, maxStash: 2 ** 24 } })
    const body = new Uint8Array(2 ** 21)
    const admission = await admitted(held, arrivalOf(header('owner', 'a', 1, [], body)))

    await expect(admission.commit(new Uint8Array(2 ** 21 + 1))).rejects.toMatchObject({ name: 'BodyMismatchError' })
    expect(clock.pauses).toBe(0)
  })

  it('is given up if its sender\'s time is over while it is checked, and its room is free again', async () => {
    const { held } = heldStashes({ capacity: { stashes: 1, bytes: 2 ** 24, maxStash: 2 ** 24 } })
    const body = new Uint8Array(2 ** 21).fill(7)
    const controller = new AbortController()
    const admission = await admitted(held, arrivalOf(header('owner', 'a', 1, [], body)))
    const stored = admission.commit(body, { signal: controller.signal })
    controller.abort()

    await expect(stored).rejects.toMatchObject({ name: 'AbortError' })
    expect(await store(held, arrivalOf(header('another', 'a', 1)), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('does not keep the frame alive in RAM that it came in', async () => {
    const memory = new MemoryStashStore()
    const { held } = heldStashes({ store: memory })
    const frame = new Uint8Array(1_000)
    frame[10] = 1
    await store(held, arrivalOf(v1), frame.subarray(10, 11))
    frame.fill(9)

    const body = await memory.body(v1)
    expect(body).toStrictEqual(BODY)
    expect(body?.buffer.byteLength).toBe(1)
  })
})

describe('a reservation', () => {
  it('is committed once', async () => {
    const { held } = heldStashes()
    const admission = await admitted(held, arrivalOf(v1))
    await admission.commit(BODY)

    await expect(admission.commit(BODY)).rejects.toMatchObject({ name: 'ReservationClosedError' })
    admission.release()
    expect(held.get('owner')?.record).toBe(v1)
  })

  it('is not committed after its release', async () => {
    const { held } = heldStashes()
    const admission = await admitted(held, arrivalOf(v1))
    admission.release()
    admission.release()

    await expect(admission.commit(BODY)).rejects.toMatchObject({ name: 'ReservationClosedError' })
    expect(held.count).toBe(0)
  })

  it('keeps its room while a commit is under way, whoever lets go of it', async () => {
    const troubled = new TroubledStore()
    const gate = Promise.withResolvers<undefined>()
    troubled.gate = gate.promise
    const { held } = heldStashes({ capacity: { stashes: 1 }, store: troubled })
    const admission = await admitted(held, arrivalOf(v1))
    const stored = admission.commit(BODY)
    admission.release()

    expect(await held.admit(arrivalOf(header('another', 'a', 1)))).toMatchObject({ reason: 'at capacity' })
    gate.resolve(undefined)
    expect(await stored).toStrictEqual({ type: 'stored' })
  })
})

describe('a failing store', () => {
  it('fails the commit, keeps the copy before it, and frees the room', async () => {
    const troubled = new TroubledStore()
    const { held, newest } = heldStashes({ store: troubled, capacity: { stashes: 2 } })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('put')

    await expect(store(held, arrivalOf(v2), BODY)).rejects.toMatchObject({ name: 'HeldStoreError', cause: { message: 'the disk fails to put' } })
    await expect(store(held, arrivalOf(header('another', 'a', 1)), BODY)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(await held.read('owner')).toMatchObject({ stash: { record: v1 }, body: BODY })
    expect(newest.get('owner')).toBe(v1)
    expect(newest.get('another')).toBeUndefined()

    troubled.failing.clear()
    expect(await store(held, arrivalOf(header('a third', 'a', 1)), BODY)).toStrictEqual({ type: 'stored' })
    expect(await store(held, arrivalOf(v2), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('fails the refreshing, and changes nothing', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('update')

    await expect(held.admit(arrivalOf(v1, { placement: placementOf('owner', 2) }))).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.get('owner')?.placement.version).toBe(1)
  })

  it('fails the dropping, and the stash is still held', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('delete')

    await expect(held.drop('owner', v1.id)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('fails the reading, which is not the same as finding nothing', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('body')

    await expect(held.read('owner')).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.count).toBe(1)
    troubled.failing.clear()
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('fails the start, which can be tried again', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    troubled.failing.add('load')

    await expect(held.start()).rejects.toMatchObject({ name: 'HeldStoreError' })
    troubled.failing.clear()
    await held.start()
    await held.start()
    expect(troubled.calls).toStrictEqual(['load', 'load'])
  })

  it.each([true, false])('that lost a body ends the holding and says so, even if it cannot clear up (%s)', async (clears) => {
    const troubled = new TroubledStore()
    const { held, newest } = heldStashes({ store: troubled })
    const damaged: DamagedStash[] = []
    held.addEventListener('stash:damaged', ({ detail }) => { damaged.push(detail) })
    await store(held, arrivalOf(v1), BODY)
    troubled.lost = true

    if (!clears) {
      troubled.failing.add('delete')
    }

    expect(await held.read('owner')).toBeUndefined()
    expect(damaged).toStrictEqual([{ owner: 'owner', recordId: v1.id, reason: 'its body is missing or damaged' }])
    expect([held.count, held.get('owner')]).toStrictEqual([0, undefined])
    expect(newest.get('owner')).toBe(v1)

    troubled.lost = false
    expect(await store(held, arrivalOf(v1, { direct: false }), BODY)).toStrictEqual({ type: 'stored' })
    expect(held.get('owner')?.direct).toBe(false)
  })

  it('that does not answer does not hold up a reader whose time is over', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    const gate = Promise.withResolvers<undefined>()
    troubled.gate = gate.promise
    const controller = new AbortController()
    const reading = held.read('owner', { signal: controller.signal })
    controller.abort()

    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    gate.resolve(undefined)
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })
})
