import { describe, expect, it } from 'vitest'
import { header } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { TroubledStore } from './troubled-store.ts'

const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)
const v3 = header('owner', 'a', 3)
/** Knows of v1, not of v2. */
const branch = header('owner', 'b', 2, [['a', 1]])

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
