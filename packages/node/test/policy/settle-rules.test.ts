import { newestOf, supersedesOrIs } from '@nara-stash/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROLLBACK_TIMEOUT, SETTLE_TIMEOUT } from '../../src/constants.ts'
import { settle } from '../../src/policy/settle.ts'
import { best, FIRST, later, old, other, reborn, tombstone } from './settle-records.ts'
import { placementOf } from './unsigned.ts'
import type { Answer, Decision, SettleInput } from '../../src/policy/settle.ts'

const records = fc.constantFrom(old, best, other, later, tombstone, reborn)
const peerIds = fc.constantFrom('x', 'y', 'z', 'v', 'w')
const placements = fc.record({ holders: fc.subarray(['x', 'y', 'z', 'v', 'w']), version: fc.integer({ min: 1, max: 3 }), minCopies: fc.integer({ min: 1, max: 3 }) })
  .map(({ holders, version, minCopies }) => placementOf(`${holders.join('')} ${version} ${minCopies}`, version, holders, minCopies))

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ peer: peerIds, record: records, placement: placements, direct: fc.boolean(), connected: fc.boolean(), saidAt: fc.integer({ min: FIRST, max: FIRST + 1_500 }) })
    .map(rest => ({ status: 'answered' as const, ...rest })) },
  {
    weight: 2,
    arbitrary: fc.record({
      peer: peerIds, status: fc.constantFrom('pending' as const, 'failed' as const, 'answered' as const), connected: fc.boolean(), witnessing: fc.boolean(), late: fc.boolean(),
      askedAt: fc.integer({ min: FIRST, max: FIRST + SETTLE_TIMEOUT })
    })
  }
)

const inputs: fc.Arbitrary<SettleInput> = fc.record({
  answers: fc.uniqueArray(answer, { selector: ({ peer }) => peer }),
  readable: fc.subarray([old, best, other, later, reborn]).map(list => new Set(list.map(({ id }) => id))),
  coming: fc.option(fc.record({ record: records, since: fc.integer({ min: FIRST, max: FIRST + ROLLBACK_TIMEOUT }) }), { nil: undefined })
    .map(coming => new Map(coming == null ? [] : [[coming.record.id, coming.since]])),
  heard: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(records, { maxLength: 1 }) }),
  firstContact: fc.option(fc.constant(FIRST), { nil: undefined, freq: 9 }),
  now: fc.integer({ min: FIRST, max: FIRST + 2 * ROLLBACK_TIMEOUT + 1_000 }),
  isKnown: fc.constantFrom((peer: string) => peer === 'v', () => false)
})

/** What is decided by time waits for it. */
function isAwaited ({ status, connected, late }: Answer): boolean {
  return status === 'pending' && connected && late !== true
}

type Decided<Type> = Extract<Decision, { type: Type }>

/** Holds every decision of a type to a rule; some there must be. */
function check <Type extends Decision['type']> (type: Type, rule: (input: SettleInput, decision: Decided<Type>) => void): void {
  let met = 0

  fc.assert(fc.property(inputs, input => {
    const decision = settle(input)

    if (decision.type === type) {
      met++
      rule(input, decision as Decided<Type>)
    }
  }), { numRuns: 4_000 })

  expect(met).toBeGreaterThan(0)
}

describe('whatever is answered', () => {
  it('is not empty while anything was seen, without an answer, before the time, or while somebody is still to answer', () => {
    check('empty', ({ answers, heard, firstContact, now }, { tombstone }) => {
      if (tombstone != null) {
        return
      }

      expect(heard).toStrictEqual([])
      expect(answers.filter(({ record }) => record != null)).toStrictEqual([])
      expect(answers.some(({ status }) => status === 'answered')).toBe(true)
      expect(answers.some(isAwaited)).toBe(false)
      expect(now - (firstContact ?? Infinity)).toBeGreaterThanOrEqual(SETTLE_TIMEOUT)
    })
  })

  it('is deleted only by a tombstone that builds on all that was seen', () => {
    let met = 0

    check('empty', ({ answers, heard }, { tombstone }) => {
      const seen = [...heard, ...answers.flatMap(({ record }) => record ?? [])]

      met += tombstone == null ? 0 : 1
      expect(tombstone == null ? seen.length === 0 : seen.every(record => supersedesOrIs(tombstone, record))).toBe(true)
    })
    expect(met).toBeGreaterThan(0)
  })

  it('settles on nothing but a readable record that builds on all that was seen', () => {
    check('settled', ({ answers, heard, readable }, { best }) => {
      const seen = [...heard, ...answers.flatMap(({ record }) => record ?? [])]

      expect(readable.has(best.id)).toBe(true)
      expect(seen.every(record => supersedesOrIs(best, record))).toBe(true)
    })
  })

  it('is confirmed only if no minCopies of the holders could have acknowledged anything above', () => {
    check('settled', ({ answers }, { best, placement, confirmed }) => {
      const without = placement.holders.filter(peer =>
        !answers.some(one => one.peer === peer && one.direct === true && one.record != null && supersedesOrIs(best, one.record)))

      expect(confirmed && without.length >= placement.minCopies).toBe(false)
    })
  })

  it('settles unconfirmed after the time only, with nobody still to answer', () => {
    check('settled', ({ answers, now }, { confirmed }) => {
      if (!confirmed) {
        expect(now).toBeGreaterThanOrEqual(FIRST + SETTLE_TIMEOUT)
        expect(answers.some(isAwaited)).toBe(false)
      }
    })
  })

  it('is in doubt for one of three reasons, each in its time', () => {
    check('doubtful', ({ answers, heard, readable, coming, now }, decision) => {
      const newest = newestOf([...answers.flatMap(({ record }) => record ?? []), ...heard])

      expect(decision.newest).toStrictEqual(newest)

      if (decision.reason === 'LOST') {
        expect(answers.some(({ record, status }) => record?.kind === 'data' && status === 'answered')).toBe(false)
        expect(answers.some(({ status }) => status === 'answered')).toBe(true)
        expect(now).toBeGreaterThanOrEqual(FIRST + ROLLBACK_TIMEOUT)
      } else if (newest.length > 1) {
        expect(decision.reason).toBe('CONFLICT')
        expect(now).toBeGreaterThanOrEqual(FIRST + SETTLE_TIMEOUT)
      } else {
        expect(decision.reason).toBe('ROLLBACK_SUSPECTED')
        expect(readable.has(newest[0]?.id ?? '')).toBe(false)
        expect(now).toBeGreaterThanOrEqual(Math.max(FIRST, coming.get(newest[0]?.id ?? '') ?? 0) + ROLLBACK_TIMEOUT)
      }
    })
  })

  it('keeps its mind as time passes, if nothing else happens', () => {
    fc.assert(fc.property(inputs, fc.nat(60_000), (input, ms) => {
      const before = settle(input)
      const after = settle({ ...input, now: input.now + ms })

      if (before.type !== 'waiting') {
        expect(after).toStrictEqual(before)
      }
    }), { numRuns: 3_000 })
  })

  it('says when to look again: not earlier, and then it has decided, unless somebody is still to answer or the placement is lacking', () => {
    check('waiting', (input, { until }) => {
      if (until == null) {
        return
      }

      expect(until).toBeGreaterThan(input.now)
      expect(settle({ ...input, now: until - 1 }).type).toBe('waiting')

      const { answers, heard } = input
      const undecided = answers.every(({ status }) => status === 'failed') || answers.some(isAwaited)
      const carried = newestOf([...answers.flatMap(({ record }) => record ?? []), ...heard]).every(({ id }) => answers.some(({ record }) => record?.id === id))

      if (!undecided && carried && answers.some(({ status }) => status === 'answered')) {
        expect(settle({ ...input, now: until }).type).not.toBe('waiting')
      }
    })
  })
})
