import { describe, expect, it } from 'vitest'
import { MemoryStashStore } from '../../src/held/memory-store.ts'
import { header } from '../record/headers.ts'
import { admitted, arrivalOf, heldStashes, store } from './arrivals.ts'

const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)

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
