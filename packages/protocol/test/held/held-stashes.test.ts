import { describe, expect, it } from 'vitest'
import { DEFAULT_LEASE } from '../../src/constants.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { header } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { TroubledStore } from './troubled-store.ts'

const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)

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
      leasePromised: DEFAULT_LEASE,
      leaseRemaining: 60,
      leaseNotedAt: clock.now(),
      liveHolders: ['friend'],
      restored: false,
      lastWordAt: clock.now(),
      mayBeDeleted: false,
      heldSince: clock.now()
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
