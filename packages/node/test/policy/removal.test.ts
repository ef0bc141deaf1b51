import { expect, it } from 'vitest'
import { FAILED_AFTER } from '../../src/constants.ts'
import { unaudited } from '../../src/policy/audit.ts'
import { removalOf } from '../../src/policy/removal.ts'
import type { CopyView } from '../../src/policy/plan.ts'

const well: CopyView = { peer: 'a', connected: true, failures: 0, refused: false, busy: false, notBefore: 0 }

it.each([
  ['leaving', { leaving: true, connected: true }],
  ['leaving', { leaving: true, connected: false, refused: true }],
  ['refused', { refused: true, failures: FAILED_AFTER }],
  ['failed', { failures: FAILED_AFTER }],
  ['failed', { failures: FAILED_AFTER, connected: false }],
  ['failed', { audit: { ...unaudited(0), verdict: 'failed' as const } }],
  ['away', { connected: false, failures: FAILED_AFTER - 1 }],
  ['trimmed', { failures: FAILED_AFTER - 1 }],
  ['trimmed', { audit: { ...unaudited(0), verdict: 'suspect' as const } }]
])('a confidant is none any longer: %s', (why, view) => {
  expect(removalOf({ ...well, ...view })).toBe(why)
})

it('of whom nothing is known others took the place', () => {
  expect(removalOf(undefined)).toBe('replaced')
})
