import { sealedRecord, VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { bodyMatches, verifyBody } from '../../src/record/body.ts'

const mismatch = expect.objectContaining({ name: 'BodyMismatchError' })

describe('a body', () => {
  it('is taken as it is if it is the one that its header promises', async () => {
    const { record, body } = await sealedRecord()

    expect(verifyBody(body, record)).toBe(body)
    expect(await bodyMatches(record, body, new VirtualClock())).toBe(true)
  })

  it.each([
    ['shorter', (body: Uint8Array) => body.subarray(1)],
    ['longer', (body: Uint8Array) => new Uint8Array([...body, 0])],
    ['empty', () => new Uint8Array()],
    ['altered in one bit', (body: Uint8Array) => body.map((byte, i) => i === 9 ? byte ^ 1 : byte)]
  ])('that is %s is not', async (_, change) => {
    const { record, body } = await sealedRecord()

    expect(() => verifyBody(change(body), record)).toThrow(mismatch)
    expect(await bodyMatches(record, change(body), new VirtualClock())).toBe(false)
  })

  it('of a tombstone is nothing', async () => {
    const { record } = await sealedRecord({ body: null })

    expect(verifyBody(new Uint8Array(), record)).toHaveLength(0)
    expect(() => verifyBody(new Uint8Array(1), record)).toThrow(mismatch)
    expect(await bodyMatches(record, new Uint8Array(), new VirtualClock())).toBe(true)
  })
})
