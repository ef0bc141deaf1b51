import { seededRandom } from '@nara-stash/testing'
import { DISK_REPAIR_DELAY } from '../../src/constants.ts'
import { plan } from '../../src/policy/plan.ts'
import type { CopyView, Plan, PlanInput } from '../../src/policy/plan.ts'

export const NOW = 1_000_000
export const DELAY = 60_000

export function copy (peer: string, state: Partial<CopyView> = {}): CopyView {
  return { peer, connected: true, record: 'new', placement: 'p', failures: 0, refused: false, busy: false, notBefore: 0, ...state }
}

export function away (peer: string, since: number, state: Partial<CopyView> = {}): CopyView {
  return { peer, connected: false, awaySince: since, failures: 0, refused: false, busy: false, notBefore: 0, ...state }
}

export function input (copies: CopyView[], changes: Partial<PlanInput> = {}): PlanInput {
  return {
    now: NOW,
    record: 'new',
    placement: { id: 'p', holders: copies.map(({ peer }) => peer) },
    copies,
    candidates: [],
    pinned: [],
    target: 3,
    minCopies: 2,
    repairDelay: DELAY,
    diskRepairDelay: DISK_REPAIR_DELAY,
    ...changes
  }
}

export function decide (input: PlanInput): Plan {
  return plan(input, seededRandom(1))
}

export function spare (...ids: string[]): PlanInput['candidates'] {
  return ids.map(id => ({ id, uptime: 1 }))
}
