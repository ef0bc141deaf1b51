import fc from 'fast-check'
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

it('who goes though it is here and well was one too many; nobody is said to be away who is here', () => {
  fc.assert(fc.property(fc.record({ leaving: fc.boolean(), connected: fc.boolean(), refused: fc.boolean(), failures: fc.nat({ max: 4 }), verdict: fc.constantFrom('trusted' as const, 'suspect' as const, 'failed' as const) }),
    ({ verdict, ...view }) => {
      const why = removalOf({ ...well, ...view, audit: { ...unaudited(0), verdict } })
      const isWell = view.connected && !view.leaving && !view.refused && view.failures < FAILED_AFTER && verdict !== 'failed'

      return (why === 'trimmed') === isWell && (why !== 'away' || !view.connected) && (why === 'leaving') === view.leaving
    }))
})
