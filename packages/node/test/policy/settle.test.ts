import { newestOf, supersedesOrIs } from '@nara-stash/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROLLBACK_TIMEOUT, SETTLE_TIMEOUT, WITNESS_GRACE } from '../../src/constants.ts'
import { settle } from '../../src/policy/settle.ts'
import { header, placementOf, play } from './settle-model.ts'
import type { RecordHeader } from '@nara-stash/protocol'
import type { Answer, Decision, SettleInput } from '../../src/policy/settle.ts'
import type { Fault, Hearing, Outcome } from './settle-model.ts'

const old = header('old', 'a', 1)
const best = header('best', 'a', 2)
const other = header('other', 'b', 2, [old])
const later = header('later', 'b', 3, [best])

const tombstone: RecordHeader = { ...header('tombstone', 'b', 4, [best, later]), kind: 'tombstone', bodyLength: 0, bodyDigest: '' }
const apart = header('apart', 'd', 2, [old])
const reborn = header('reborn', 'c', 5, [tombstone])

const FIRST = 5_000
const three = placementOf('three', 4, ['x', 'y', 'z'])

function holds (peer: string, record: RecordHeader, placement = three, direct = true): Answer {
  return { peer, connected: true, status: 'answered', record, placement, direct }
}

function empty (peer: string): Answer {
  return { peer, connected: true, status: 'answered' }
}

function pending (peer: string): Answer {
  return { peer, connected: true, status: 'pending' }
}

function silent (peer: string): Answer {
  return { peer, connected: true, status: 'failed' }
}

function ask (answers: Answer[], changes: Partial<SettleInput> = {}): Decision {
  const readable = new Set(answers.flatMap(({ record }) => record?.id ?? []))

  return settle({ answers, readable, heard: [], firstContact: FIRST, now: FIRST + 1, ...changes })
}

const atTenSeconds = { now: FIRST + SETTLE_TIMEOUT }
const atThirtySeconds = { now: FIRST + ROLLBACK_TIMEOUT }

describe('with nobody there', () => {
  it('searches without end, whatever was heard of', () => {
    expect(ask([], { firstContact: undefined, now: 1e12 })).toStrictEqual({ type: 'searching' })
    expect(ask([], { firstContact: undefined, now: 1e12, heard: [old] })).toStrictEqual({ type: 'searching' })
  })
})

describe('with nothing found', () => {
  it('is empty after ten seconds, if somebody said so and nobody is still to say', () => {
    expect(ask([empty('x'), silent('y')], { now: FIRST + SETTLE_TIMEOUT - 1 })).toStrictEqual({ type: 'waiting', until: FIRST + SETTLE_TIMEOUT, found: false, answered: 1, of: 2 })
    expect(ask([empty('x'), silent('y')], atTenSeconds)).toStrictEqual({ type: 'empty', answered: 1, of: 2 })
    expect(ask([empty('x'), pending('y')], atTenSeconds)).toStrictEqual({ type: 'waiting', until: undefined, found: false, answered: 1, of: 2 })
    expect(ask([empty('x'), { ...pending('y'), connected: false }], atTenSeconds).type).toBe('empty')
  })

  it('is never empty because of silence', () => {
    expect(ask([silent('x'), silent('y')], { now: 1e12 })).toStrictEqual({ type: 'waiting', until: undefined, found: false, answered: 0, of: 2 })
  })
})

describe('with one record above all', () => {
  it('is confirmed at once by so many direct holders that none of minCopies could be missing', () => {
    expect(ask([holds('x', best), pending('y'), pending('z')])).toMatchObject({ type: 'waiting', found: true })
    expect(ask([holds('x', best), holds('y', best), pending('z')])).toMatchObject({ type: 'settled', confirmed: true, best, placement: three, answered: 2, of: 3 })
    expect(ask([holds('x', best), holds('y', old), pending('z')])).toMatchObject({ type: 'settled', confirmed: true, best })
  })

  it('is not confirmed by who is empty, was refilled, or is no holder of that placement', () => {
    for (const weak of [empty('y'), holds('y', best, three, false), holds('w', best), silent('y')]) {
      expect(ask([holds('x', best), weak, pending('z')])).toMatchObject({ type: 'waiting', until: FIRST + SETTLE_TIMEOUT })
    }
  })

  it('counts by the latest placement that came with this very record', () => {
    const five = placementOf('five', 5, ['x', 'y', 'z', 'v', 'w'])
    const others = placementOf('others', 9, ['p', 'q', 'r'])

    expect(ask([holds('x', best), holds('y', best, five), pending('z')])).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', best), holds('y', best, five), holds('v', best, five), holds('w', old, others)])).toMatchObject({ type: 'settled', confirmed: true, placement: five })
  })

  it('is never confirmed by a placement that could not keep it', () => {
    const one = placementOf('one', 1, ['x'])

    expect(ask([holds('x', best, one), empty('y')])).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', best, one), empty('y')], atTenSeconds)).toMatchObject({ type: 'settled', confirmed: false })
    expect(ask([holds('x', best, placementOf('alone', 1, ['x'], 1)), empty('y')])).toMatchObject({ type: 'settled', confirmed: true })
  })

  it('is never confirmed by the first answer alone while others may still speak', () => {
    const two = placementOf('two', 1, ['x', 'y'])

    expect(ask([holds('x', best, two), pending('y')])).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', best, two), silent('y')])).toMatchObject({ type: 'settled', confirmed: true })
    expect(ask([holds('x', best, two), { ...pending('y'), connected: false }])).toMatchObject({ type: 'settled', confirmed: true })
    expect(ask([holds('x', best, two), empty('w'), pending('y')])).toMatchObject({ type: 'settled', confirmed: true })
  })

  it('is taken unconfirmed after ten seconds, when everybody answered or failed to', () => {
    expect(ask([holds('x', best), empty('y'), silent('z')], { now: FIRST + SETTLE_TIMEOUT - 1 })).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', best), empty('y'), silent('z')], atTenSeconds)).toMatchObject({ type: 'settled', confirmed: false, best, answered: 2, of: 3 })
    expect(ask([holds('x', best), empty('y'), pending('z')], atTenSeconds)).toMatchObject({ type: 'waiting', until: undefined })
  })
})

describe('with a newer record that nobody can produce', () => {
  it('is doubtful after thirty seconds, whoever confirms the older one', () => {
    const answers = [holds('x', best), holds('y', best), holds('z', best)]
    const readable = new Set(['best'])

    for (const changes of [{ answers, heard: [later] }, { answers: [...answers, holds('w', later)] }]) {
      expect(ask(changes.answers, { ...changes, readable, now: FIRST + ROLLBACK_TIMEOUT - 1 })).toMatchObject({ type: 'waiting', until: FIRST + ROLLBACK_TIMEOUT })
      expect(ask(changes.answers, { ...changes, readable, ...atThirtySeconds })).toMatchObject({ type: 'doubtful', reason: 'ROLLBACK_SUSPECTED', best, newest: [later] })
    }
  })

  it('is doubtful as well if nothing can be read at all', () => {
    expect(ask([holds('x', best)], { readable: new Set(), ...atThirtySeconds })).toMatchObject({ type: 'doubtful', reason: 'ROLLBACK_SUSPECTED', best: undefined, newest: [best] })
  })

  it('is lost if nobody holds anything of it at all: after thirty seconds, if somebody said so and nobody is still to say', () => {
    const lost = { type: 'doubtful', reason: 'LOST', best: undefined, newest: [best] }
    const gone: Answer = { ...holds('y', old), connected: false, status: 'failed', direct: false }

    expect(ask([empty('x')], { heard: [best], now: FIRST + ROLLBACK_TIMEOUT - 1 })).toMatchObject({ type: 'waiting', until: FIRST + ROLLBACK_TIMEOUT })
    expect(ask([empty('x')], { heard: [best], ...atThirtySeconds })).toMatchObject(lost)
    // it came back without
    expect(ask([empty('x'), gone], { heard: [best], readable: new Set(), ...atThirtySeconds })).toMatchObject(lost)
    expect(ask([empty('x'), pending('y')], { heard: [best], ...atThirtySeconds })).toMatchObject({ type: 'waiting', until: undefined })
    expect(ask([silent('x')], { heard: [best], ...atThirtySeconds })).toMatchObject({ type: 'waiting', until: undefined })
    // somebody who is away holds one
    expect(ask([empty('x'), { ...holds('y', old), connected: false }], { heard: [best], readable: new Set(), ...atThirtySeconds }))
      .toMatchObject({ type: 'doubtful', reason: 'ROLLBACK_SUSPECTED' })
  })

  it('is lost as well if there were two of which neither knew the other', () => {
    expect(ask([empty('x')], { heard: [best, other], ...atTenSeconds })).toMatchObject({ type: 'waiting' })
    expect(ask([empty('x')], { heard: [best, other], ...atThirtySeconds })).toMatchObject({ type: 'doubtful', reason: 'LOST', newest: [best, other] })
  })

  it('is not, if what was heard of is older than what was found', () => {
    expect(ask([holds('x', best), holds('y', best)], { heard: [old] })).toMatchObject({ type: 'settled', confirmed: true })
  })
})

describe('with two records that do not know of each other', () => {
  it('is in conflict after ten seconds, when everybody was asked', () => {
    const answers = [holds('x', best), holds('y', best), holds('z', other)]

    expect(ask(answers, { now: FIRST + SETTLE_TIMEOUT - 1 })).toMatchObject({ type: 'waiting', until: FIRST + SETTLE_TIMEOUT })
    expect(ask([...answers, pending('w')], atTenSeconds)).toMatchObject({ type: 'waiting', until: undefined })
    expect(ask(answers, atTenSeconds)).toMatchObject({ type: 'doubtful', reason: 'CONFLICT', newest: [best, other] })
    expect(ask(answers, { readable: new Set(['other']), ...atTenSeconds })).toMatchObject({ type: 'doubtful', reason: 'CONFLICT', best: other })
  })

  it('is not, once a third builds on both', () => {
    const merge = header('merge', 'c', 3, [best, other])

    expect(ask([holds('x', best), holds('y', merge), holds('z', other)])).toMatchObject({ type: 'settled', confirmed: true, best: merge })
  })
})

describe('with witnesses', () => {
  const asking = (answer: Answer): Answer => ({ ...answer, witnessing: true })

  it('is not confirmed before everybody here has told what it has seen, or has had a second for it', () => {
    const answers = [asking(holds('x', best)), holds('y', best), asking(empty('w'))]

    expect(ask(answers)).toMatchObject({ type: 'waiting', until: FIRST + WITNESS_GRACE })
    expect(ask(answers.map(answer => ({ ...answer, witnessing: false })))).toMatchObject({ type: 'settled', confirmed: true })
    expect(ask(answers.map(answer => ({ ...answer, connected: answer.witnessing !== true })))).toMatchObject({ type: 'settled', confirmed: true })
    expect(ask(answers, { now: FIRST + WITNESS_GRACE })).toMatchObject({ type: 'settled', confirmed: true })
  })

  it('is never settled on what a witness has seen something newer than', () => {
    const answers = [holds('x', best), holds('y', best), holds('z', best)]

    for (const now of [FIRST + 1, FIRST + WITNESS_GRACE, FIRST + SETTLE_TIMEOUT]) {
      expect(ask(answers, { heard: [later], now })).toMatchObject({ type: 'waiting', until: FIRST + ROLLBACK_TIMEOUT })
    }
  })
})

describe('with a tombstone above all', () => {
  it('is empty, and says so: at once if its holders confirm it, else after ten seconds', () => {
    const deleted = { type: 'empty', tombstone }

    expect(ask([holds('x', tombstone), holds('y', tombstone), pending('z')])).toMatchObject(deleted)
    expect(ask([holds('x', tombstone), empty('y'), empty('z')], { now: FIRST + SETTLE_TIMEOUT - 1 })).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', tombstone, three, false), holds('y', best), empty('z')], atTenSeconds)).toMatchObject(deleted)
    expect(ask([empty('x')], { heard: [tombstone], ...atTenSeconds })).toMatchObject(deleted)
    expect(ask([silent('x')], { heard: [tombstone], ...atThirtySeconds })).toMatchObject({ type: 'waiting' })
  })

  it('is not, once something was written after it', () => {
    expect(ask([holds('x', reborn), holds('y', tombstone), pending('z')])).toMatchObject({ type: 'settled', confirmed: true, best: reborn })
  })

  it('is where there are several that do not know of each other, but not at once', () => {
    const again: RecordHeader = { ...header('again', 'e', 5, [best]), kind: 'tombstone', bodyLength: 0, bodyDigest: '' }

    expect(ask([holds('x', tombstone), holds('y', tombstone), holds('z', again)])).toMatchObject({ type: 'waiting' })
    expect(ask([holds('x', tombstone), holds('y', tombstone), holds('z', again)], atTenSeconds)).toMatchObject({ type: 'empty', tombstone: again, beside: [tombstone] })
    expect(ask([holds('x', tombstone), holds('y', again), holds('z', apart)], { readable: new Set(['apart']), ...atTenSeconds }))
      .toMatchObject({ type: 'doubtful', reason: 'CONFLICT' })
  })

  it('is in conflict with what it does not know of', () => {
    expect(ask([holds('x', tombstone), holds('y', apart)], { readable: new Set(['apart']), ...atTenSeconds }))
      .toMatchObject({ type: 'doubtful', reason: 'CONFLICT', best: apart, newest: [tombstone, apart] })
  })
})

const records = fc.constantFrom(old, best, other, later, tombstone, reborn)
const peerIds = fc.constantFrom('x', 'y', 'z', 'v', 'w')
const placements = fc.record({ holders: fc.subarray(['x', 'y', 'z', 'v', 'w']), version: fc.integer({ min: 1, max: 3 }), minCopies: fc.integer({ min: 1, max: 3 }) })
  .map(({ holders, version, minCopies }) => placementOf(`${holders.join('')} ${version} ${minCopies}`, version, holders, minCopies))

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ peer: peerIds, record: records, placement: placements, direct: fc.boolean(), connected: fc.boolean() }).map(rest => ({ status: 'answered' as const, ...rest })) },
  {
    weight: 2,
    arbitrary: fc.record({
      peer: peerIds, status: fc.constantFrom('pending' as const, 'failed' as const, 'answered' as const), connected: fc.boolean(), witnessing: fc.boolean()
    })
  }
)

const inputs: fc.Arbitrary<SettleInput> = fc.record({
  answers: fc.uniqueArray(answer, { selector: ({ peer }) => peer }),
  readable: fc.subarray([old, best, other, later, reborn]).map(list => new Set(list.map(({ id }) => id))),
  heard: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(records, { maxLength: 1 }) }),
  firstContact: fc.option(fc.constant(FIRST), { nil: undefined, freq: 9 }),
  now: fc.integer({ min: FIRST, max: FIRST + ROLLBACK_TIMEOUT + 1_000 })
})

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
      expect(answers.some(({ status, connected }) => status === 'pending' && connected)).toBe(false)
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
        expect(answers.some(({ status, connected }) => status === 'pending' && connected)).toBe(false)
      }
    })
  })

  it('is in doubt for one of three reasons, each in its time', () => {
    check('doubtful', ({ answers, heard, readable, now }, decision) => {
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
        expect(now).toBeGreaterThanOrEqual(FIRST + ROLLBACK_TIMEOUT)
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
      const undecided = answers.every(({ status }) => status === 'failed') || answers.some(({ status, connected }) => status === 'pending' && connected)
      const carried = newestOf([...answers.flatMap(({ record }) => record ?? []), ...heard]).every(({ id }) => answers.some(({ record }) => record?.id === id))

      if (!undecided && carried && answers.some(({ status }) => status === 'answered')) {
        expect(settle({ ...input, now: until }).type).not.toBe('waiting')
      }
    })
  })
})

describe('over random histories', () => {
  function total (fault?: Fault, hearing?: Hearing): Outcome {
    const sum = { confirmed: 0, wrong: 0, rolledBack: 0, deleted: 0 }

    for (let seed = 0; seed < 6_000; seed++) {
      const outcome = play(seed, fault, hearing)

      for (const key of Object.keys(sum) as Array<keyof Outcome>) {
        sum[key] += outcome[key]
      }
    }

    return sum
  }

  // each rule by itself: what others have seen would make up for most of them
  const deaf: Hearing = () => []

  it('never confirms a record that misses one which minCopies of that placement acknowledged', () => {
    const { confirmed, wrong } = total(undefined, deaf)

    expect(wrong).toBe(0)
    // and there was something to get wrong
    expect(confirmed).toBeGreaterThan(5_000)
  })

  it('never decides for less than what minCopies acknowledged and one of those who answered has seen, be it a record or its deletion', () => {
    const { confirmed, wrong, rolledBack, deleted } = total()

    expect(wrong).toBe(0)
    expect(rolledBack).toBe(0)
    expect(Math.min(confirmed, deleted)).toBeGreaterThan(500)
  })

  it('would, if what was seen were not told', () => {
    expect(total(undefined, deaf).rolledBack).toBeGreaterThan(10)
  })

  it('would, if a holder that is empty confirmed', () => {
    expect(total((answers, best) => answers.map(answer =>
      answer.status === 'answered' && answer.record == null && best != null ? { ...answer, record: best, direct: true } : answer), deaf).wrong).toBeGreaterThan(10)
  })

  it('would, if a holder that others refilled confirmed', () => {
    expect(total(answers => answers.map(answer => answer.record == null ? answer : { ...answer, direct: true }), deaf).wrong).toBeGreaterThan(5)
  })

  it('would, if one holder fewer sufficed', () => {
    expect(total(answers => answers.map(answer =>
      answer.placement == null ? answer : { ...answer, placement: { ...answer.placement, minCopies: answer.placement.minCopies + 1 } }), deaf).wrong).toBeGreaterThan(10)
  })
})
