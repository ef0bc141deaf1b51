import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { AUDIT_GAP, OWNER_TAKEOVER, RANK_STEP, REPAIR_LEASE, REUNION } from '../../src/constants.ts'
import { counts, duties, precedes } from '../../src/policy/duties.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { NOW } from './duty-inputs.ts'
import { addresses } from './places.ts'
import type { Duties, DutyInput, HolderView } from '../../src/policy/duties.ts'

const time = fc.integer({ min: NOW - 200_000, max: NOW + 200_000 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })

/** What is seldom so, or nothing would ever be repaired. */
const seldom = fc.constantFrom(false, false, false, false, false, true)

const views: fc.Arbitrary<HolderView[]> = fc.uniqueArray(fc.record({
  peer: fc.constantFrom('a', 'b', 'c', 'd', 'p', 'q', 'r', 's', 't'),
  connected: seldom.map(is => !is),
  address: addresses,
  provedAt: maybe(fc.oneof(fc.integer({ min: NOW - AUDIT_GAP, max: NOW }), fc.integer({ min: NOW - 7_200_000, max: NOW }))),
  verdict: fc.constantFrom('trusted' as const, 'trusted' as const, 'suspect' as const, 'failed' as const),
  auditAt: time,
  notBefore: time,
  busy: seldom,
  putOff: fc.boolean(),
  silent: fc.boolean(),
  seen: fc.boolean(),
  owes: maybe(fc.integer({ min: NOW - 200_000, max: NOW })),
  isLeaving: seldom,
  leavingSince: fc.integer({ min: NOW - 100_000, max: NOW }),
  hasLeft: fc.boolean(),
  lacks: fc.constantFrom(undefined, undefined, undefined, 'all' as const, 'older' as const),
  unmet: fc.boolean(),
  told: fc.boolean(),
  offerAfter: time
}), { selector: ({ peer }) => peer, maxLength: 8 }).map(list => list.map(({ address, provedAt, isLeaving, leavingSince, hasLeft, lacks, owes, ...view }) => ({
  ...view,
  rank: view.peer,
  ...(address == null ? {} : { address }),
  ...(owes == null ? {} : { owesSince: owes }),
  // who lacks it has not proved it, and who is away has proved nothing
  ...(provedAt == null || lacks != null || !view.connected ? {} : { provedAt }),
  ...(!isLeaving ? {} : { leavingSince, ...(hasLeft && { leftSince: leavingSince }) }),
  ...(lacks == null ? {} : { lacks, lacksSince: NOW - 20_000 })
})))

const anyInputs: fc.Arbitrary<DutyInput> = fc.record({
  self: fc.constantFrom('a', 'b', 'c', 'm', 'z'),
  holders: views,
  named: fc.subarray(['a', 'b', 'c', 'd', 'p']),
  target: fc.integer({ min: 1, max: 5 }),
  minCopies: fc.integer({ min: 1, max: 5 }),
  surrogates: fc.constantFrom('any' as const, 'listed' as const, 'none' as const),
  allowed: fc.subarray(['x', 'y', 'p', 'q']),
  owner: fc.record({ peer: fc.constant('owner'), connected: fc.boolean(), settled: fc.boolean() }),
  settledSince: maybe(fc.oneof(fc.constantFrom(NOW - OWNER_TAKEOVER, NOW - OWNER_TAKEOVER + 1), fc.integer({ min: NOW - 2 * OWNER_TAKEOVER, max: NOW }))),
  reunitedAt: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.integer({ min: NOW - 2 * REUNION, max: NOW }) }),
  leaseLeft: fc.constantFrom(0, REPAIR_LEASE - 1, REPAIR_LEASE, 2 * REPAIR_LEASE, 7 * REPAIR_LEASE),
  mayRepair: seldom.map(is => !is),
  isNewest: seldom.map(is => !is),
  isDraining: seldom,
  onDisk: fc.boolean(),
  storing: seldom,
  short: maybe(fc.integer({ min: NOW - 300_000, max: NOW })),
  below: maybe(fc.integer({ min: NOW - 300_000, max: NOW })),
  waited: maybe(fc.oneof(fc.integer({ min: NOW - 4 * RANK_STEP, max: NOW }), fc.integer({ min: NOW - 300_000, max: NOW }))),
  candidates: fc.array(fc.record({ id: fc.constantFrom('x', 'y', 'z', 'a', 'q'), uptime: fc.nat(), address: addresses }), { maxLength: 6 })
}).map(({ named, target, minCopies, surrogates, allowed, short, below, waited, settledSince, reunitedAt, candidates, holders, ...rest }) => ({
  now: NOW,
  rank: rest.self,
  placement: { holders: named, target, minCopies: Math.min(minCopies, target), surrogates, allowed },
  // who waited did so because one was missing
  since: { ...(short == null ? {} : { short }), ...(below == null ? {} : { below }), ...(short == null || waited == null ? {} : { waited }) },
  ...(settledSince == null ? {} : { settledSince }),
  ...(reunitedAt == null ? {} : { reunitedAt }),
  candidates: () => candidates,
  holders: holders.filter(({ peer }) => peer !== rest.self),
  ...rest
}))

/** A copy has been missing for so long that it is our turn, but for those who are waited for. */
const overdue = anyInputs.map((of): DutyInput => ({
  ...of,
  placement: { ...of.placement, target: 5, surrogates: 'any' },
  owner: { peer: 'owner', connected: false, settled: false },
  leaseLeft: 7 * REPAIR_LEASE,
  mayRepair: true,
  isNewest: true,
  isDraining: false,
  storing: false,
  since: { ...of.since, short: NOW - 300_000 },
  holders: of.holders.map(view => ({ ...view, busy: false }))
}))

const inputs = fc.oneof(anyInputs, anyInputs, overdue)

export const counted = ({ holders }: DutyInput): HolderView[] => holders.filter(counts)
export const places = (of: DutyInput): number => distinctCopies([{}, ...counted(of)])
/** Of those who count, how many go before us. */
export const better = (of: DutyInput): number => counted(of).filter(view => precedes(view, { peer: of.self, rank: of.rank }, of.placement)).length
export const isHere = ({ owner: { connected, settled } }: DutyInput): boolean => connected && settled
/** It has nothing to do with the record, whatever is missing. */
export const isIdle = (of: DutyInput): boolean => !of.isNewest || of.isDraining

/** Holds for every decision. */
export function always (claim: (of: DutyInput, made: Duties) => boolean): void {
  fc.assert(fc.property(inputs, fc.nat(), (of, seed) => claim(of, duties(of, seededRandom(seed)))), { numRuns: 3_000 })
}
