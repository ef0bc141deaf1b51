import { REQUEST_RATE, REQUEST_TIMEOUT } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { WRITE_TURN } from '../../src/constants.ts'
import { joins, wayTime } from '../../src/policy/coalescing.ts'
import type { Coming, Sharing } from '../../src/policy/coalescing.ts'

const coming = (changes: Partial<Coming> = {}): Coming => ({ waited: false, preferred: undefined, isClosed: false, ...changes })
const write = (changes: Partial<Sharing> = {}): Sharing => ({ waited: false, preferred: undefined, ...changes })
const settled = { isReady: true, merges: false }
const merging = { isReady: true, merges: true }

describe('a write shares the version that is to be sealed next', () => {
  it.each<[string, Coming | undefined, Sharing, typeof settled, boolean]>([
    ['not if there is none', undefined, write(), settled, false],
    ['of the one before it', coming(), write(), settled, true],
    ['not over a deletion or a decision', coming({ isClosed: true }), write(), settled, false],
    ['not if the one before did not know of a stash that came back', coming({ waited: true }), write(), settled, false],
    ['not if it does not know itself, and the one before did', coming(), write({ waited: true }), settled, false],
    ['if neither knew', coming({ waited: true }), write({ waited: true }), settled, true],
    ['not if a merge function is to see both', coming({ waited: true }), write({ waited: true }), merging, false],
    ['not if a merge function may have to see both', coming(), write(), { isReady: false, merges: true }, false],
    ['if there is nothing to merge', coming(), write(), merging, true],
    ['before it is known what there is, where nobody merges', coming(), write(), { isReady: false, merges: false }, true],
    ['if one is to be with a peer', coming({ preferred: 'bob' }), write(), settled, true],
    ['if the other is', coming(), write({ preferred: 'bob' }), settled, true],
    ['if both are to be with the same peer', coming({ preferred: 'bob' }), write({ preferred: 'bob' }), settled, true],
    ['not if they are to be with different ones', coming({ preferred: 'bob' }), write({ preferred: 'carol' }), settled, false]
  ])('%s', (_, before, next, situation, expected) => {
    expect(joins(before, next, situation)).toBe(expected)
  })
})

describe('the time that a version has', () => {
  it('is that of its body besides', () => {
    expect(wayTime(0, 0)).toBe(WRITE_TURN)
    expect(wayTime(REQUEST_RATE * 3, 0)).toBe(WRITE_TURN + 3_000)
  })

  it('is longer for each that had to give way, as long as an exchange may take', () => {
    expect([1, 2, 3, 4, 100].map(yielded => wayTime(0, yielded))).toEqual([2, 4, 8, 10, 10].map(seconds => seconds * WRITE_TURN))
    expect(wayTime(0, 100)).toBe(REQUEST_TIMEOUT)
  })
})
