import { MEMORY_MODES, systemClock, systemRandom } from '@nara-stash/protocol'
import { seededRandom, VirtualClock } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../src/errors.ts'
import { checkOptions } from '../src/options.ts'
import type { StashInit } from '../src/api.ts'

const mebibyte = 1024 * 1024

describe('options', () => {
  it('have their defaults', () => {
    const { memory, capacity, ...rest } = checkOptions({})

    expect(rest).toStrictEqual({
      target: 3, minCopies: 2, countEach: false, maxStash: mebibyte, repairDelay: 60_000, diskRepairDelay: 7_200_000, leaseSeconds: 30 * 86_400, maxLeaseSeconds: 400 * 86_400, minConnections: 16, leaveTimeout: 10_000,
      surrogates: { surrogates: 'any', allowed: [] }, clock: systemClock, random: systemRandom
    })
    expect(Object.keys(MEMORY_MODES)).toContain(memory)
    expect(capacity.stashes).toBe(MEMORY_MODES[memory].stashes)
  })

  it('take a lease of 1 to 400 days, in the seconds of a placement', () => {
    const day = 86_400_000

    for (const [given, seconds] of [[day, 86_400], [30 * day + 999, 30 * 86_400], [400 * day, 34_560_000]] as const) {
      expect(checkOptions({ lease: given, maxLease: given })).toMatchObject({ leaseSeconds: seconds, maxLeaseSeconds: seconds })
    }

    for (const wrong of [0, 30, day - 1, 400 * day + 1, Infinity, NaN, -day]) {
      expect(() => checkOptions({ lease: wrong })).toThrow(expect.objectContaining({
        name: 'InvalidOptionError', message: `lease is ${wrong}; it must be a number of milliseconds from 86400000 (1 day) to 34560000000 (400 days)`
      }))
      expect(() => checkOptions({ maxLease: wrong })).toThrow(/^maxLease is /)
    }
  })

  it('are taken as they are given', () => {
    const clock = new VirtualClock()
    const random = seededRandom(1)
    const given = { target: 16, minCopies: 16, maxStash: 64 * mebibyte, memory: 'high' as const, repairDelay: 0, minConnections: 0, clock, random }

    expect(checkOptions(given)).toMatchObject(given)
    expect(checkOptions({ repairDelay: 0.5 }).repairDelay).toBe(0.5)
    // who says how long means it of all
    expect(checkOptions({ repairDelay: 0.5 }).diskRepairDelay).toBe(0.5)
  })

  it('want no more copies for a safe write than there shall be', () => {
    expect([1, 2, 3, 16].map(target => checkOptions({ target }).minCopies)).toStrictEqual([1, 2, 2, 2])
  })

  it('name as surrogates those on the allow list, if they are listed', () => {
    const allow = ['a', 'b', 'a']

    expect(checkOptions({ surrogates: 'listed', allow }).surrogates).toStrictEqual({ surrogates: 'listed', allowed: ['a', 'b'] })
    expect(checkOptions({ surrogates: 'none', allow }).surrogates).toStrictEqual({ surrogates: 'none', allowed: [] })
    expect(() => checkOptions({ surrogates: 'listed' })).toThrow(/allow names 0 peers/)
    expect(() => checkOptions({ surrogates: 'listed', allow: Array.from({ length: 65 }, (_, i) => `${i}`) })).toThrow(InvalidOptionError)
  })

  it.each([['low', 5, 16], ['medium', 20, 64], ['high', 50, 256]] as const)('hold by memory mode: %s', (memory, stashes, size) => {
    expect(checkOptions({ memory }).capacity).toMatchObject({ stashes, bytes: size * mebibyte })
    expect(checkOptions({ memory, maxHeldBytes: 5 }).capacity).toMatchObject({ stashes, bytes: 5 })
    expect(checkOptions({ memory, maxHeldBytes: 0 }).capacity).toMatchObject({ bytes: 0 })
  })

  it.each([
    ['target', [0, 17, 1.5, NaN, Infinity, '3', true]],
    ['minCopies', [0, 4, -1, NaN, '2']],
    ['maxStash', [0, 64 * mebibyte + 1, 1.5, '1']],
    ['memory', ['huge', '', 'toString', 'constructor', '__proto__', 5]],
    ['maxHeldBytes', [-1, 1.5, 2 ** 53, '5']],
    ['repairDelay', [-1, NaN, Infinity, '60']],
    ['leaveTimeout', [-1, NaN, Infinity, '60']],
    ['surrogates', ['some', '', 'toString', 5]],
    ['minConnections', [-1, 10_001, 1.5, '16']]
  ] as Array<[keyof StashInit, unknown[]]>)('that cannot be are named, with their value: %s', (name, values) => {
    for (const value of values) {
      const check = (): unknown => checkOptions({ [name]: value })

      expect(check, String(value)).toThrow(InvalidOptionError)
      expect(check).toThrow(name)
      expect(check).toThrow(String(value))
      expect(check).toThrow(/must be/)
    }
  })

  it('are within their bounds, or refused, whatever is given', () => {
    const any = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.double(), fc.constant(undefined))

    fc.assert(fc.property(any, any, (target, minCopies) => {
      try {
        const checked = checkOptions({ ...(target == null ? {} : { target }), ...(minCopies == null ? {} : { minCopies }) })

        expect(checked.minCopies).toBeGreaterThanOrEqual(1)
        expect(checked.minCopies).toBeLessThanOrEqual(checked.target)
        expect(checked.target).toBeLessThanOrEqual(16)
      } catch (err) {
        expect(err).toBeInstanceOf(InvalidOptionError)
      }
    }))
  })
})
