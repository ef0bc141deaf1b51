import { describe, expect, it } from 'vitest'
import { MEMORY_MODES, maxBodyLength } from '../../src/constants.ts'
import { whyRefused } from '../../src/held/capacity.ts'
import { header } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, store } from './arrivals.ts'
import type { Claim } from '../../src/held/capacity.ts'
import type { Arrival } from '../../src/held/held-stashes.ts'

const BODY = Uint8Array.of(1)
const REFUSED = { type: 'refused', retryAfter: expect.any(Number) }

/** The first record of an owner, of so many bytes. */
function first (owner: string, bytes = 1, changes: Partial<Arrival> = {}): Arrival {
  return arrivalOf({ ...header(owner, 'a', 1), bodyLength: bytes }, changes)
}

function update (owner: string, seq: number, bytes: number, changes: Partial<Arrival> = {}): [Arrival, Uint8Array] {
  const body = new Uint8Array(bytes).fill(seq)

  return [arrivalOf(header(owner, 'a', seq, [], body), changes), body]
}

describe('slots', () => {
  it.each(Object.values(MEMORY_MODES))('are as many as the capacity says: $stashes', async ({ stashes }) => {
    const { held } = heldStashes({ capacity: { stashes } })

    for (let i = 0; i < stashes; i++) {
      expect(await store(held, first(`owner ${i}`), BODY)).toStrictEqual({ type: 'stored' })
    }

    expect(await held.admit(first('one too many'))).toMatchObject({ ...REFUSED, reason: 'at capacity' })
    expect(held.count).toBe(stashes)
  })

  it('are taken by reservations, and free again after a release or a drop', async () => {
    const { held } = heldStashes({ capacity: { stashes: 1 } })
    const admission = await admitted(held, first('a'))
    expect(await held.admit(first('b'))).toMatchObject({ reason: 'at capacity' })

    admission.release()
    await store(held, first('b'), BODY)
    expect(await held.admit(first('c'))).toMatchObject({ reason: 'at capacity' })

    await held.drop('b', held.get('b')?.record.id ?? '')
    expect(await held.admit(first('c'))).toMatchObject({ type: 'admitted' })
  })

  it('cannot be overdrawn by asking all at once', async () => {
    const { held } = heldStashes({ capacity: { stashes: 5 } })
    const answers = await Promise.all(Array.from({ length: 30 }, async (_, i) => await held.admit(first(`owner ${i}`))))

    expect(answers.filter(({ type }) => type === 'admitted')).toHaveLength(5)
  })

  it('are needed once per owner, however many bring its stash', async () => {
    const { held } = heldStashes({ capacity: { stashes: 1 } })
    const [one, other] = [await admitted(held, first('a')), await admitted(held, first('a'))]

    expect(await held.admit(first('b'))).toMatchObject({ reason: 'at capacity' })
    expect(await one.commit(BODY)).toStrictEqual({ type: 'stored' })
    expect(await other.commit(BODY)).toStrictEqual({ type: 'have' })
  })

  it('are not needed for an update, and stay its owner\'s if the copy before it is dropped meanwhile', async () => {
    const { held } = heldStashes({ capacity: { stashes: 1 } })
    await store(held, first('a'), BODY)
    const [arrival, body] = update('a', 2, 3)
    const admission = await admitted(held, arrival)
    await held.drop('a', held.get('a')?.record.id ?? '')

    expect(await held.admit(first('b'))).toMatchObject({ reason: 'at capacity' })
    expect(await admission.commit(body)).toStrictEqual({ type: 'stored' })
    expect(held.count).toBe(1)
  })
})

describe('copies that surrogates bring', () => {
  it.each([[5, 2], [20, 10], [50, 25]])('fill at most half of %i slots', async (stashes, half) => {
    const { held } = heldStashes({ capacity: { stashes } })

    for (let i = 0; i < half; i++) {
      expect(await store(held, first(`owner ${i}`, 1, { direct: false }), BODY)).toStrictEqual({ type: 'stored' })
    }

    expect(await held.admit(first('one more', 1, { direct: false }))).toMatchObject({ ...REFUSED, reason: 'at capacity' })
    expect(await held.admit(first('one more'))).toMatchObject({ type: 'admitted' })
  })

  it('count while they are on their way', async () => {
    const { held } = heldStashes({ capacity: { stashes: 5 } })
    const answers = await Promise.all(['a', 'b', 'c'].map(async owner => await held.admit(first(owner, 1, { direct: false }))))

    expect(answers.map(({ type }) => type)).toStrictEqual(['admitted', 'admitted', 'refused'])
  })

  it('count no more once the owner itself has come', async () => {
    const { held } = heldStashes({ capacity: { stashes: 2 } })
    await store(held, first('a', 1, { direct: false }), BODY)
    expect(await held.admit(first('b', 1, { direct: false }))).toMatchObject({ reason: 'at capacity' })

    await held.admit(first('a'))
    expect(await held.admit(first('b', 1, { direct: false }))).toMatchObject({ type: 'admitted' })
  })

  it('are updated beyond the half', async () => {
    const { held } = heldStashes({ capacity: { stashes: 2 } })
    await store(held, first('a', 1, { direct: false }), BODY)
    await store(held, first('b'), BODY)

    expect(await store(held, ...update('b', 2, 1, { direct: false }))).toStrictEqual({ type: 'stored' })
    expect(held.list().map(({ direct }) => direct)).toStrictEqual([false, false])
  })
})

describe('the share of an address', () => {
  it.each([[5, 2], [8, 2], [20, 5], [50, 12]])('of %i slots is %i', async (stashes, share) => {
    const { held } = heldStashes({ capacity: { stashes } })
    const address = '192.0.2.1'

    for (let i = 0; i < share; i++) {
      expect(await store(held, first(`owner ${i}`, 1, { address }), BODY)).toStrictEqual({ type: 'stored' })
    }

    expect(await held.admit(first('one more', 1, { address }))).toMatchObject({ ...REFUSED, reason: 'over quota' })
    expect(await held.admit(first('one more', 1, { address: '192.0.2.2' }))).toMatchObject({ type: 'admitted' })
  })

  it('is one share for a whole IPv6 network of 64 bits', async () => {
    const { held } = heldStashes({ capacity: { stashes: 8 } })
    await store(held, first('a', 1, { address: '2001:db8::1' }), BODY)
    await store(held, first('b', 1, { address: '2001:db8::2:1' }), BODY)

    expect(await held.admit(first('c', 1, { address: '2001:db8::3' }))).toMatchObject({ reason: 'over quota' })
    expect(await held.admit(first('c', 1, { address: '2001:db8:0:1::3' }))).toMatchObject({ type: 'admitted' })
  })

  it('does not bind the exempt, and what they bring counts for nobody', async () => {
    const { held } = heldStashes({ capacity: { stashes: 8 } })
    const address = '192.0.2.1'

    for (const owner of ['a', 'b', 'c']) {
      expect(await store(held, first(owner, 1, { address, exempt: true }), BODY)).toStrictEqual({ type: 'stored' })
    }

    expect(held.get('a')?.address).toBeUndefined()
    expect(await store(held, first('d', 1, { address }), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('counts what is on its way', async () => {
    const { held } = heldStashes({ capacity: { stashes: 8 } })
    const answers = await Promise.all(['a', 'b', 'c'].map(async owner => await held.admit(first(owner, 1, { address: '192.0.2.1' }))))

    expect(answers.map(({ type }) => type)).toStrictEqual(['admitted', 'admitted', 'refused'])
  })

  it('does not bind updates, and cannot be shifted to another address by them', async () => {
    const { held } = heldStashes({ capacity: { stashes: 8 } })
    const [here, there] = ['192.0.2.1', '192.0.2.2']
    await store(held, first('a', 1, { address: here }), BODY)
    await store(held, first('b', 1, { address: here }), BODY)

    expect(await store(held, ...update('a', 2, 1, { address: there }))).toStrictEqual({ type: 'stored' })
    expect(await store(held, ...update('b', 2, 1, { address: here }))).toStrictEqual({ type: 'stored' })
    expect(held.get('a')?.address).toBe(here)
    expect(await held.admit(first('c', 1, { address: here }))).toMatchObject({ reason: 'over quota' })
  })

  it('binds those whose transport has no address not at all', async () => {
    const { held } = heldStashes({ capacity: { stashes: 8 } })

    for (const owner of ['a', 'b', 'c']) {
      expect(await store(held, first(owner, 1, { exempt: false }), BODY)).toStrictEqual({ type: 'stored' })
    }
  })
})

describe('bytes', () => {
  it('of one body are bounded, padding and seal on top', async () => {
    const { held } = heldStashes({ capacity: { maxStash: 1_000 } })
    const most = maxBodyLength(1_000)

    expect(await held.admit(first('a', most))).toMatchObject({ type: 'admitted' })
    expect(await held.admit(first('b', most + 1))).toMatchObject({ ...REFUSED, reason: 'too large' })
  })

  it('of one body bound updates, too, and the copy before stays', async () => {
    const { held } = heldStashes({ capacity: { maxStash: 1_000 } })
    await store(held, first('a'), BODY)

    expect(await held.admit(update('a', 2, maxBodyLength(1_000) + 1)[0])).toMatchObject({ reason: 'too large' })
    expect(await held.read('a')).toMatchObject({ body: BODY })
  })

  it('of all bodies are bounded, with what is on its way', async () => {
    const { held } = heldStashes({ capacity: { bytes: 100 } })
    const sixty = update('a', 1, 60)
    const admission = await admitted(held, sixty[0])

    expect(await held.admit(first('b', 41))).toMatchObject({ ...REFUSED, reason: 'over quota' })
    expect(await held.admit(first('b', 40))).toMatchObject({ type: 'admitted' })
    expect(await held.admit(first('c', 1))).toMatchObject({ reason: 'over quota' })
    expect(held.bytes).toBe(0)
    await admission.commit(sixty[1])
    expect(held.bytes).toBe(60)
  })

  it('of a copy that is replaced count no more', async () => {
    const { held } = heldStashes({ capacity: { bytes: 100 } })
    await store(held, ...update('a', 1, 90))

    expect(await held.admit(update('a', 2, 101)[0])).toMatchObject({ reason: 'over quota' })
    expect(await store(held, ...update('a', 2, 100))).toStrictEqual({ type: 'stored' })
    expect(held.bytes).toBe(100)
    expect(await store(held, ...update('a', 3, 10))).toStrictEqual({ type: 'stored' })
    expect(await store(held, ...update('b', 1, 90))).toStrictEqual({ type: 'stored' })
  })

  it('refuse an update, and the copy before stays', async () => {
    const { held } = heldStashes({ capacity: { bytes: 100 } })
    await store(held, ...update('a', 1, 50))
    await store(held, ...update('b', 1, 50))

    expect(await held.admit(update('a', 2, 51)[0])).toMatchObject({ reason: 'over quota' })
    expect(await held.read('a')).toMatchObject({ stash: { record: { seq: 1 } } })
    expect(await store(held, ...update('a', 2, 50))).toStrictEqual({ type: 'stored' })
  })

  it('do not stand in the way of updates of equal size that come all at once', async () => {
    const { held } = heldStashes({ capacity: { bytes: 100 } })
    await store(held, ...update('a', 1, 50))
    await store(held, ...update('b', 1, 50))
    const [one, other] = [await admitted(held, update('a', 2, 50)[0]), await admitted(held, update('b', 2, 50)[0])]

    await one.commit(update('a', 2, 50)[1])
    await other.commit(update('b', 2, 50)[1])
    expect(held.bytes).toBe(100)
  })

  it('of an update on its way are not given to others, be it dropped meanwhile', async () => {
    const { held } = heldStashes({ capacity: { bytes: 100 } })
    await store(held, ...update('a', 1, 10))
    const [arrival, body] = update('a', 2, 100)
    const admission = await admitted(held, arrival)
    await held.drop('a', held.get('a')?.record.id ?? '')

    expect(await held.admit(first('b', 1))).toMatchObject({ reason: 'over quota' })
    await admission.commit(body)
    expect(held.bytes).toBe(100)
  })

  it('do not refuse an update that needs no more of them, though more is held than the capacity allows', () => {
    const held = new Map<string, Claim>(['a', 'b'].map(owner => [owner, { owner, bytes: 80, direct: true }]))
    const capacity = { stashes: 1, bytes: 100, maxStash: 1_000 }
    const wanted = (owner: string, bytes: number): string | undefined =>
      whyRefused({ owner, bytes, direct: true }, held, [], capacity)

    expect([wanted('a', 80), wanted('a', 10), wanted('a', 81), wanted('c', 1)])
      .toStrictEqual([undefined, undefined, 'over quota', 'at capacity'])
  })
})
