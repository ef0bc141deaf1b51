import { MAX_HOLDERS } from '@nara-stash/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAILED_AFTER, FAILED_AWAY, REUNION } from '../../src/constants.ts'
import { unaudited } from '../../src/policy/audit.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { addresses } from './places.ts'
import { decide, DELAY, NOW } from './plan-inputs.ts'
import type { CopyView, Plan, PlanInput } from '../../src/policy/plan.ts'

const peer = fc.nat(19).map(i => `peer ${i}`)
const around = fc.oneof(fc.constantFrom(0, NOW, NOW + 1, NOW - DELAY, NOW - DELAY + 1, NOW + DELAY), fc.integer({ min: NOW - 3 * DELAY, max: NOW + 3 * DELAY }))

const views: fc.Arbitrary<CopyView[]> = fc.uniqueArray(fc.record({
  peer,
  connected: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  address: addresses,
  record: fc.constantFrom('new', 'new', 'new', 'old', undefined),
  placement: fc.constantFrom('p', 'p', 'o', undefined),
  awaySince: around.map(time => Math.min(time, NOW)),
  failures: fc.constantFrom(0, 0, 0, 1, FAILED_AFTER, 9),
  refused: fc.constantFrom(false, false, false, true),
  disk: fc.constantFrom(undefined, undefined, 'said' as const, 'seen' as const),
  took: fc.boolean(),
  busy: fc.boolean(),
  leaving: fc.constantFrom(undefined, undefined, undefined, true),
  verdict: fc.constantFrom(undefined, 'trusted' as const, 'suspect' as const, 'failed' as const),
  notBefore: around,
  promisedAt: fc.option(around.map(time => Math.min(time, NOW)), { nil: undefined })
}), { selector: ({ peer }) => peer, maxLength: 20 }).map(list => list.map(({ address, record, placement, awaySince, leaving, verdict, promisedAt, disk, took, ...rest }) => ({
  ...rest,
  ...(address == null ? {} : { address }),
  ...(leaving == null ? {} : { leaving }),
  ...(verdict == null ? {} : { audit: { ...unaudited(0), verdict } }),
  ...(disk == null ? {} : { disk }),
  ...(rest.connected ? {} : { awaySince, took }),
  ...(rest.connected && record != null ? { record } : {}),
  ...(rest.connected && placement != null ? { placement } : {}),
  ...(rest.connected && record != null && promisedAt != null ? { promisedAt } : {})
})))

const inputs: fc.Arbitrary<PlanInput> = fc.record({
  copies: views,
  holders: fc.option(fc.uniqueArray(peer, { maxLength: MAX_HOLDERS }), { nil: undefined }),
  candidates: fc.uniqueArray(fc.record({
    id: peer, uptime: fc.nat(9), address: addresses, accepting: fc.constantFrom(true, true, false), disk: fc.constantFrom('said' as const, 'seen' as const), refusedUntil: around, holds: fc.boolean()
  }, { requiredKeys: ['id', 'uptime'] }), { selector: ({ id }) => id, maxLength: 20 }),
  pinned: fc.uniqueArray(peer, { maxLength: MAX_HOLDERS }),
  target: fc.integer({ min: 1, max: MAX_HOLDERS }),
  minimum: fc.nat(MAX_HOLDERS),
  isAcknowledged: fc.boolean(),
  countEach: fc.constantFrom(false, false, true),
  repairDelay: fc.constantFrom(0, DELAY, 100 * DELAY),
  diskRepairDelay: fc.constant(DELAY),
  renewAfter: fc.constantFrom(undefined, 1, DELAY, 2 * DELAY),
  reunitedAt: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.integer({ min: NOW - 2 * REUNION, max: NOW }) })
}).map(({ holders, minimum, copies, renewAfter, reunitedAt, ...rest }) => ({
  now: NOW,
  record: 'new',
  ...rest,
  ...(renewAfter == null ? {} : { renewAfter }),
  ...(reunitedAt == null ? {} : { reunitedAt }),
  // a peer is at one place, whoever tells
  copies: copies.map(one => {
    const candidate = rest.candidates.find(({ id }) => id === one.peer)
    const { address, ...others } = one
    const place = candidate == null ? address : candidate.address

    return place == null ? others : { ...others, address: place }
  }),
  minCopies: 1 + minimum % rest.target,
  placement: holders == null ? undefined : { id: 'p', holders }
}))

interface Facts {
  step: Plan
  before: string[]
  dropped: string[]
  picked: string[]
  view (peer: string): CopyView | undefined
  well (peer: string): boolean
  /** Those of `peers` that are well and have the record. */
  current (peers: readonly string[]): CopyView[]
}

function hasFailed (one: CopyView): boolean {
  return one.refused || one.failures >= FAILED_AFTER || one.leaving === true || one.audit?.verdict === 'failed'
}

/** It may be sent something: if not at once, then at `notBefore`. */
function mayBeAsked ({ connected, busy, leaving }: CopyView): boolean {
  return connected && !busy && leaving !== true
}

function isYoung ({ promisedAt }: CopyView, { renewAfter }: PlanInput): boolean {
  return renewAfter == null || (promisedAt != null && NOW - promisedAt < renewAfter)
}

function isUpToDate (one: CopyView, { record, placement }: PlanInput): boolean {
  return one.record === record && one.placement === placement?.id
}

/** What a plan's rules speak of. */
function facts (input: PlanInput): Facts {
  const step = decide(input)
  const before = [...new Set([...input.pinned, ...input.placement?.holders ?? []])]
  const view = (peer: string): CopyView | undefined => input.copies.find(one => one.peer === peer)
  const well = (peer: string): boolean => {
    const one = view(peer)

    return one != null && one.connected && !hasFailed(one)
  }

  return {
    step,
    before,
    view,
    well,
    dropped: before.filter(peer => !step.holders.includes(peer)),
    picked: step.holders.filter(peer => !before.includes(peer)),
    current: peers => peers.flatMap(peer => well(peer) && view(peer)?.record === input.record ? view(peer) ?? [] : [])
  }
}

describe('every plan', () => {
  const check = (rule: (input: PlanInput, known: Facts) => void): void => {
    fc.assert(fc.property(inputs, input => { rule(input, facts(input)) }), { numRuns: Number(process.env.PLAN_SAMPLES ?? 2_000) })
  }

  it('names each holder once, never more than a placement can', () => {
    check((_, { step: { holders } }) => {
      expect(new Set(holders).size).toBe(holders.length)
      expect(holders.length).toBeLessThanOrEqual(MAX_HOLDERS)
    })
  })

  it('keeps the pinned', () => {
    check(({ pinned }, { dropped }) => {
      expect(dropped.filter(peer => pinned.includes(peer))).toStrictEqual([])
    })
  })

  it('lets a well holder go only if enough others are well and have the record, or a pinned one needs the place', () => {
    check(({ target, pinned, placement }, { step, before, dropped, well, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      for (const peer of dropped.filter(well)) {
        expect(pinned).not.toContain(peer)
        expect(placement?.holders).toContain(peer)
        expect(current(step.holders).length).toBeGreaterThanOrEqual(target)
      }
    })
  })

  it('lets nobody go without as many that take its place, unless enough have the record', () => {
    check(({ target }, { step, before, dropped, picked, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      if (dropped.length > picked.length) {
        expect(step.holders.length).toBeGreaterThanOrEqual(target)
        expect(current(step.holders).length).toBeGreaterThanOrEqual(target)
      }
    })
  })

  it('costs no place: what is current before is so after, or in as many places as are wanted', () => {
    check((input, { step, before, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)
      expect(distinctCopies(current(step.holders), input)).toBeGreaterThanOrEqual(Math.min(input.target, distinctCopies(current(before), input)))
    })
  })

  it('waits for who is away up to the delay while minCopies are well, unless another one has the record', () => {
    check((input, { dropped, picked, before, well, view, current, step }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      const enough = distinctCopies(before.filter(well).map(peer => view(peer) ?? {}), input) >= input.minCopies

      for (const peer of before.filter(peer => !well(peer) && !input.pinned.includes(peer))) {
        const one = view(peer)
        const isExpected = one?.disk != null && one.took === true && input.isAcknowledged === true
        const delay = isExpected ? input.diskRepairDelay : Math.min(input.repairDelay, FAILED_AWAY)
        const blip = one != null && !one.connected && !hasFailed(one) && (one.awaySince ?? 0) + delay > NOW
        const standIn = input.isAcknowledged === true && picked.some(peer => input.candidates.some(({ id, holds }) => id === peer && holds === true))

        if (dropped.includes(peer) && blip && enough && !standIn) {
          expect(current(step.holders).length).toBeGreaterThanOrEqual(input.target)
        }
      }
    })
  })

  it('has nobody take the place of who is away before that one has had the time to be back, if it was we who were away', () => {
    check((input, { dropped, before, well, view, current, step }) => {
      fc.pre(input.isAcknowledged === true && before.length <= MAX_HOLDERS && NOW < (input.reunitedAt ?? -Infinity) + REUNION)

      for (const peer of dropped.filter(peer => !well(peer))) {
        const one = view(peer)

        // who has failed goes; and who is one too many
        expect((one != null && hasFailed(one)) || current(step.holders).length >= input.target).toBe(true)
      }
    })
  })

  it('picks willing candidates only, and as many as bring it to the target', () => {
    check((input, { picked, before, well, view, step }) => {
      const willing = input.candidates.filter(({ id, accepting, refusedUntil = 0, holds }) =>
        (accepting !== false || holds === true) && refusedUntil <= NOW && !before.includes(id))

      expect(willing.map(({ id }) => id)).toStrictEqual(expect.arrayContaining(picked))
      // one host's peers up to the target, and beyond them one for each other place
      expect(picked.length).toBeLessThan(2 * input.target)

      // with nobody away there is nothing to wait for
      if (before.every(well) && step.holders.length < MAX_HOLDERS) {
        const at = (peer: string): { address?: string } => view(peer) ?? input.candidates.find(({ id }) => id === peer) ?? {}
        const reach = distinctCopies([...before.map(at), ...willing], input)
        const all = [...new Set([...before, ...step.holders])]

        expect(distinctCopies(all.map(at), input)).toBeGreaterThanOrEqual(Math.min(input.target, reach))
        expect(all.length).toBeGreaterThanOrEqual(Math.min(input.target, before.length + willing.length))
      }
    })
  })

  it('stores with connected holders only, when they may be asked, never twice, and of what is acknowledged with newcomers first', () => {
    check((input, { step, view, well }) => {
      const due = step.holders.filter(peer => {
        const one = view(peer)

        return one != null && mayBeAsked(one) && one.notBefore <= NOW && !(isUpToDate(one, input) && isYoung(one, input))
      })

      const isHolding = (peer: string): boolean => view(peer)?.record === input.record
      const isTaken = step.holders.some(peer => isHolding(peer) && view(peer)?.placement === input.placement?.id)
      const isNew = (peer: string): boolean => {
        const { connected = false, awaySince = -Infinity, took = false } = view(peer) ?? {}

        return !isHolding(peer) && (well(peer) || (view(peer) != null && !hasFailed(view(peer)!) && !connected && !took && awaySince + Math.min(input.repairDelay, FAILED_AWAY) > NOW))
      }
      const isUntried = input.isAcknowledged === true && !isTaken && step.holders.some(isNew)

      expect(step.stores).toStrictEqual(due.filter(peer => !isUntried || !isHolding(peer)))
    })
  })

  it('renews the promise of who is here and has let it grow old, or made none, and asks nothing of who is up to date with a younger one', () => {
    check((input, { step, view }) => {
      for (const one of step.holders.flatMap(peer => view(peer) ?? []).filter(one => isUpToDate(one, input))) {
        if (isYoung(one, input)) {
          expect(step.stores).not.toContain(one.peer)
        } else if (mayBeAsked(one) && one.notBefore <= NOW) {
          expect(step.stores).toContain(one.peer)
        }
      }
    })
  })

  it('names the same holders however old their promises are, and besides wakes for the first that is to be renewed', () => {
    check((input, { step, view }) => {
      const { renewAfter = Infinity, ...others } = input
      const never = decide(others)
      const renewals = step.holders.flatMap(peer => view(peer) ?? [])
        .filter(one => mayBeAsked(one) && isUpToDate(one, input))
        .map(({ promisedAt = -Number.MAX_VALUE, notBefore }) => Math.max(promisedAt + renewAfter, notBefore))
        .filter(time => time > NOW)
      const first = Math.min(never.wakeAt ?? Infinity, ...renewals)

      expect(step.holders).toStrictEqual(never.holders)
      expect(step.stores).toStrictEqual(expect.arrayContaining(never.stores))
      expect(step.wakeAt).toBe(first === Infinity ? undefined : first)
    })
  })

  it('wakes later, never in the past', () => {
    check((_, { step: { wakeAt } }) => {
      if (wakeAt != null) {
        expect(wakeAt).toBeGreaterThan(NOW)
        expect(Number.isFinite(wakeAt)).toBe(true)
      }
    })
  })

  it('decides alike for the same randomness, and does not touch what it is given', () => {
    check((input) => {
      const before = structuredClone(input)

      expect(decide(input)).toStrictEqual(decide(input))
      expect(input).toEqual(before)
    })
  })
})
