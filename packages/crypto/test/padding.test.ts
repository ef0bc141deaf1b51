import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { padmeLength } from '../src/padding.ts'

const anyLength = fc.oneof(fc.nat(5000), fc.nat(2 ** 31 - 1), fc.maxSafeNat())

/** Padmé, digit by digit as the paper gives it, on whole numbers of any size. */
function padmeOfThePaper (length: number): bigint {
  const l = BigInt(length)
  const e = BigInt(l.toString(2).length - 1)
  const s = BigInt(e.toString(2).length)
  const mask = (1n << (e - s)) - 1n

  return (l + mask) & ~mask
}

describe('padmeLength', () => {
  test.each([
    [0, 1024],
    [1, 1024],
    [1024, 1024],
    [1025, 1088],
    [1088, 1088],
    [1089, 1152],
    [2047, 2048],
    [65_536, 65_536],
    [65_537, 67_584],
    [1_048_588, 1_081_344],
    [2 ** 32 - 1, 2 ** 32],
    [2 ** 32, 2 ** 32],
    [2 ** 53 - 1, 2 ** 53]
  ])('%i becomes %i', (length, padded) => {
    expect(padmeLength(length)).toBe(padded)
  })

  test('is the rule of the paper above the floor', () => {
    fc.assert(fc.property(anyLength, (length) => {
      fc.pre(length >= 1024)
      expect(BigInt(padmeLength(length))).toBe(padmeOfThePaper(length))
    }), { numRuns: 1000 })
  })

  test('never shrinks, costs less than 6.25% above the floor, keeps the order, and pads what is padded no further', () => {
    fc.assert(fc.property(anyLength, anyLength, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)]

      expect(padmeLength(a)).toBeGreaterThanOrEqual(a)
      expect(padmeLength(a)).toBeLessThanOrEqual(Math.max(1024, a * 1.0625))
      expect(padmeLength(low)).toBeLessThanOrEqual(padmeLength(high))
      fc.pre(Number.isSafeInteger(padmeLength(a)))
      expect(padmeLength(padmeLength(a))).toBe(padmeLength(a))
    }), { numRuns: 1000 })
  })

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d is not a length', (length) => {
    expect(() => padmeLength(length)).toThrow(RangeError)
  })
})
