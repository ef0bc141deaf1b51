import { describe, expect, it } from 'vitest'
import { exponential, int, pick, weibull } from '../src/distributions.ts'
import { seededRandom } from '../src/seeded-random.ts'

const draws = (draw: () => number): number[] => Array.from({ length: 100_000 }, draw)
const mean = (list: number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length
const shareAbove = (list: number[], limit: number): number => list.filter(x => x > limit).length / list.length

describe('distributions', () => {
  it('int: every whole number of the range, its ends included', () => {
    const random = seededRandom(1)

    expect([...new Set(draws(() => int(random, -2, 2)))].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
  })

  it('pick: every entry, and none from an empty list', () => {
    const random = seededRandom(2)
    const list = ['a', 'b', 'c']

    expect(new Set(Array.from({ length: 100 }, () => pick(random, list)))).toEqual(new Set(list))
    expect(() => pick(random, [])).toThrow(RangeError)
  })

  it('exponential: its mean, and 1/e beyond the mean', () => {
    const random = seededRandom(3)
    const list = draws(() => exponential(random, 60))

    expect(Math.abs(mean(list) - 60)).toBeLessThan(1)
    expect(shareAbove(list, 60)).toBeCloseTo(Math.exp(-1), 2)
  })

  it.each([0.5, 0.7, 1, 2])('weibull with shape %s: its mean and its tail', (shape) => {
    const random = seededRandom(4)
    const list = draws(() => weibull(random, shape, 8))
    // Γ(1 + 1/shape) from tables, and the standard deviation of one draw in means
    const [gamma, deviation] = { 0.5: [2, 2.24], 0.7: [1.265823506, 1.46], 1: [1, 1], 2: [0.886226925, 0.52] }[shape] as [number, number]

    expect(Math.abs(mean(list) / 8 - 1)).toBeLessThan(3 * deviation / Math.sqrt(list.length))
    expect(shareAbove(list, 8)).toBeCloseTo(Math.exp(-(gamma ** shape)), 2)
  })
})
