import { seededRandom } from '@nara-stash/testing'
import { REPAIR_LEASE } from '../../src/constants.ts'
import { duties } from '../../src/policy/duties.ts'
import type { Duties, DutyInput, HolderView } from '../../src/policy/duties.ts'

export const NOW = 10_000_000

/** Another holder that proved its copy a moment ago. */
export function holder (peer: string, state: Partial<HolderView> = {}): HolderView {
  return {
    peer, rank: peer, connected: true, provedAt: NOW - 1_000, verdict: 'trusted', auditAt: NOW + 3_600_000, notBefore: 0, busy: false, putOff: false, silent: false, seen: true, unmet: false, told: true,
    offerAfter: 0, ...state
  }
}

export function away (peer: string, state: Partial<HolderView> = {}): HolderView {
  const { provedAt: _, ...view } = holder(peer, { connected: false, ...state })

  return view
}

export function lacking (peer: string, state: Partial<HolderView> = {}): HolderView {
  return { ...away(peer), connected: true, lacks: 'all', lacksSince: NOW, ...state }
}

/** We are "b", one of the three that the owner chose; it is away. */
export function input (holders: HolderView[], changes: Partial<DutyInput> = {}): DutyInput {
  return {
    now: NOW,
    self: 'b',
    rank: 'b',
    placement: { holders: ['a', 'b', 'c'], target: 3, minCopies: 2, surrogates: 'any', allowed: [] },
    owner: { peer: 'owner', connected: false, settled: false },
    leaseLeft: 7 * REPAIR_LEASE,
    mayRepair: true,
    isNewest: true,
    isDraining: false,
    onDisk: false,
    storing: false,
    since: {},
    holders,
    candidates: () => [{ id: 'x', uptime: 5 }, { id: 'y', uptime: 3 }],
    ...changes
  }
}

export const decide = (input: DutyInput): Duties => duties(input, seededRandom(1))
