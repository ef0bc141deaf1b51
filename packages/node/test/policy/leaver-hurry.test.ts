import { expect, it } from 'vitest'
import { SURROGATE_DELAY } from '../../src/constants.ts'
import { decide, input, lacking, NOW } from './duty-inputs.ts'
import type { Duties, HolderView } from '../../src/policy/duties.ts'

/** "a" alone is left of what it knows; of "b" it is known that it shows no copy. */
function short (ms: number, b: Partial<HolderView>): Duties {
  return decide(input([lacking('b', { lacksSince: NOW - 1, ...b })], {
    self: 'a',
    rank: 'a',
    placement: { holders: ['a', 'b'], target: 2, minCopies: 1, surrogates: 'any', allowed: [] },
    since: { short: NOW - ms },
    candidates: () => [{ id: 'x', uptime: 5 }]
  }))
}

it('who leaves and shows no copy has not come back without it: it is given the time to hand on its own, and is brought none', () => {
  expect(short(1, {})).toMatchObject({ offer: ['b'], store: undefined })
  expect(short(1, { leavingSince: NOW - 1 })).toMatchObject({ offer: [], store: undefined })
  expect(short(SURROGATE_DELAY, { leavingSince: NOW - 1 })).toMatchObject({ offer: [], store: 'x' })
})
