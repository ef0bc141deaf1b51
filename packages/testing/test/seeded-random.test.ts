import { describe, expect, it } from 'vitest'
import { seededRandom } from '../src/seeded-random.ts'

const sequence = (seed: number): number[] => {
  const random = seededRandom(seed)

  return Array.from({ length: 4 }, () => random.next())
}

describe('seededRandom', () => {
  it('gives the same sequence for the same seed, in every run', () => {
    expect(sequence(42)).toEqual(sequence(42))
    expect(sequence(42)).toEqual([0.29439390788555, 0.9125655762203799, 0.15283040785296254, 0.7632962637893554])
  })

  it('gives another sequence for every other seed, beyond 32 bits too', () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]

    expect(new Set(seeds.map(seed => sequence(seed).join())).size).toBe(seeds.length)
  })

  it.each([-1, 0.5, NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => seededRandom(seed)).toThrow(RangeError)
  })

  it('spreads evenly over [0, 1)', () => {
    const random = seededRandom(7)
    const buckets = Array.from({ length: 10 }, () => 0)

    for (let i = 0; i < 100_000; i++) {
      const bucket = Math.floor(random.next() * 10)
      buckets[bucket] = (buckets[bucket] ?? NaN) + 1
    }

    // 10,000 are expected, give or take 95 (one sigma)
    buckets.forEach(count => { expect(Math.abs(count - 10_000)).toBeLessThan(500) })
  })

  it('makes as many bytes as asked for, all values about as often', () => {
    const random = seededRandom(8)
    expect([0, 1, 4, 7].map(length => random.bytes(length).byteLength)).toEqual([0, 1, 4, 7])

    const counts = new Uint32Array(256)
    random.bytes(256_000).forEach(byte => { counts[byte] = (counts[byte] ?? 0) + 1 })

    // 1,000 are expected, give or take 32
    counts.forEach(count => { expect(Math.abs(count - 1_000)).toBeLessThan(200) })
  })
})
