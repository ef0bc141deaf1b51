import { seededRandom } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { REPAIR_LEASE, SURROGATE_DELAY } from '../../src/constants.ts'
import { duties } from '../../src/policy/duties.ts'
import type { Duties, HolderView } from '../../src/policy/duties.ts'

const NOW = 10_000_000

const holder = (peer: string, state: Partial<HolderView>): HolderView => ({
  peer, rank: peer, connected: true, verdict: 'trusted', auditAt: NOW + 3_600_000, notBefore: 0, busy: false, putOff: false, unmet: false, told: true, offerAfter: 0, ...state
})

/** "a" alone is left of what it knows; of "b" it is known that it shows no copy. */
function short (ms: number, b: Partial<HolderView>): Duties {
  return duties({
    now: NOW,
    self: 'a',
    rank: 'a',
    placement: { holders: ['a', 'b'], target: 2, minCopies: 1, surrogates: 'any', allowed: [] },
    owner: { connected: false, settled: false },
    leaseLeft: 7 * REPAIR_LEASE,
    mayRepair: true,
    isNewest: true,
    isDraining: false,
    storing: false,
    since: { short: NOW - ms },
    holders: [holder('b', { lacks: 'all', lacksSince: NOW - 1, ...b })],
    candidates: () => [{ id: 'x', uptime: 5 }]
  }, seededRandom(1))
}

it('who leaves and shows no copy has not come back without it: it is given the time to hand on its own, and is brought none', () => {
  expect(short(1, {})).toMatchObject({ offer: ['b'], store: undefined })
  expect(short(1, { leavingSince: NOW - 1 })).toMatchObject({ offer: [], store: undefined })
  expect(short(SURROGATE_DELAY, { leavingSince: NOW - 1 })).toMatchObject({ offer: [], store: 'x' })
})
