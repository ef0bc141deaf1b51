import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { padmeLength } from '../src/padding.ts'
import { decodePlaintext, encodePlaintext } from '../src/plaintext.ts'
import { hex, pattern, plain, unaligned, utf8 } from './bytes.ts'
import { thrownBy } from './errors.ts'

// Lengths, not the bytes themselves: to shrink thousands of bytes one by one takes hours.
const anyData = fc.nat(3000).map(pattern)

describe('layout', () => {
  test('time, length, data, zeros', () => {
    const bytes = encodePlaintext({ createdAt: 0x0123456789abc, data: utf8('nara') })

    expect(bytes.length).toBe(1024)
    expect(plain(bytes.subarray(0, 16))).toEqual(hex('00' + '00123456789abc' + '00000004' + '6e617261'))
    expect(bytes.subarray(16).every((byte) => byte === 0)).toBe(true)
  })

  test('no data is valid, and so is a clock at 1970', () => {
    expect(decodePlaintext(encodePlaintext({ createdAt: 0, data: new Uint8Array(0) }))).toEqual(
      { createdAt: 0, data: new Uint8Array(0) })
  })

  test('the header counts as well when the padding is chosen', () => {
    expect(encodePlaintext({ createdAt: 1, data: new Uint8Array(1012) }).length).toBe(1024)
    expect(encodePlaintext({ createdAt: 1, data: new Uint8Array(1013) }).length).toBe(1088)
  })

  test('what is encoded is decoded', () => {
    fc.assert(fc.property(fc.maxSafeNat(), anyData, (createdAt, data) => {
      const bytes = encodePlaintext({ createdAt, data })

      expect(bytes.length).toBe(padmeLength(12 + data.length))
      expect(decodePlaintext(bytes)).toEqual({ createdAt, data })
      expect(decodePlaintext(unaligned(bytes))).toEqual({ createdAt, data })
    }))
  })

  test('decoding does not copy', () => {
    const bytes = encodePlaintext({ createdAt: 1, data: pattern(2000) })

    expect(decodePlaintext(bytes).data.buffer).toBe(bytes.buffer)
  })
})

describe('what is refused', () => {
  const valid = encodePlaintext({ createdAt: 1, data: pattern(2000) })

  test.each([-1, 1.5, NaN, 2 ** 53])('a creation time of %d', (createdAt) => {
    expect(thrownBy(() => encodePlaintext({ createdAt, data: new Uint8Array(0) })).name).toBe('InvalidPlaintext')
  })

  test.each([
    ['no header', valid.subarray(0, 11)],
    ['nothing', new Uint8Array(0)],
    ['a byte short', valid.subarray(0, -1)],
    ['a byte long', Uint8Array.of(...valid, 0)],
    ['more padding than Padmé gives', Uint8Array.of(...valid, ...new Uint8Array(64))],
    ['a length beyond the end', valid.with(8, 255)],
    ['a length that belongs to other padding', valid.with(10, 0)],
    ['a time above 2^53 - 1', valid.with(0, 1)],
    ['padding that is not zero, first byte', valid.with(2012, 1)],
    ['padding that is not zero, last byte', valid.with(-1, 1)]
  ])('%s', (_, bytes) => {
    expect(thrownBy(() => decodePlaintext(bytes)).name).toBe('InvalidPlaintext')
  })

  test('garbage is refused or is the one encoding of what it says', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.constantFrom(1024, 1088, 1100), (head, length) => {
      const bytes = new Uint8Array(length)

      // Small enough numbers that some of it is valid.
      bytes.set(head.map((byte, i) => [0, 1, 8, 9].includes(i) ? 0 : i === 10 ? byte & 7 : byte))

      let plaintext

      try {
        plaintext = decodePlaintext(bytes)
      } catch (err) {
        expect(err).toMatchObject({ name: 'InvalidPlaintext' })
        return
      }

      expect(encodePlaintext(plaintext)).toEqual(bytes)
    }), { numRuns: 500 })
  })
})
