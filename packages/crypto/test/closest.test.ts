import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closestWords, editDistance } from '../src/closest.ts'

const anyWord = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'ab', 1],
    ['abc', 'acb', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3]
  ])('%s and %s: %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  test('is symmetric, zero only for equal words, and at most the longer word', () => {
    fc.assert(fc.property(anyWord, anyWord, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, b) === 0).toBe(a === b)
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }))
  })
})

describe('closestWords', () => {
  const list = ['abandon', 'ability', 'able', 'about', 'cable']

  test.each([
    ['abuot', ['about']],
    ['abandonment', ['abandon']],
    ['ble', ['able']],
    ['zzzzz', []]
  ])('%s', (typed, words) => {
    expect(closestWords(typed, list)).toEqual(words)
  })

  test('at most as many as asked for, a letter replaced before a letter too many', () => {
    expect(closestWords('xable', list)).toEqual(['cable', 'able'])
    expect(closestWords('xable', list, 1)).toEqual(['cable'])
  })
})
