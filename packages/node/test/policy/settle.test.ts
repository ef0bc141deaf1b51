import { REQUEST_RATE } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { ASK_TIMEOUT, ROLLBACK_TIMEOUT, SETTLE_TIMEOUT, WITNESS_GRACE } from '../../src/constants.ts'
import { settle } from '../../src/policy/settle.ts'
import { apart, best, FIRST, later, old, other, reborn, tombstone } from './settle-records.ts'
import { header, placementOf } from './unsigned.ts'
import type { RecordHeader } from '@nara-stash/protocol'
import type { Answer, Decision, SettleInput } from '../../src/policy/settle.ts'

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

  return settle({ answers, readable, coming: new Map(), heard: [], firstContact: FIRST, now: FIRST + 1, isKnown: () => false, ...changes })
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

  it('is doubtful only later if its body is on its way: when that should have come, counted from when it was asked for first', () => {
    const long = { ...later, bodyLength: 100 * REQUEST_RATE }
    const readable = new Set(['best'])
    const at = (now: number, since: number): Decision => ask([holds('x', best), holds('w', long)], { readable, coming: new Map([['later', since]]), now })

    for (const since of [FIRST, FIRST + 20_000, FIRST + 500_000]) {
      const until = since + ROLLBACK_TIMEOUT + 100_000

      expect(at(until - 1, since)).toMatchObject({ type: 'waiting', until })
      expect(at(until, since)).toMatchObject({ type: 'doubtful', reason: 'ROLLBACK_SUSPECTED', best, newest: [long] })
    }

    expect(ask([holds('x', best), holds('w', long)], { readable, coming: new Map([['best', FIRST]]), ...atThirtySeconds }).type).toBe('doubtful')
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
  const asking = (answer: Answer, askedAt = FIRST): Answer => ({ ...answer, witnessing: true, askedAt })
  const voted = [holds('x', best), holds('y', best)].map(answer => ({ ...answer, saidAt: FIRST + 500 }))

  it('is not confirmed before each of them has told what it has seen, or has had its time: three seconds for a holder and who is known, one for a stranger', () => {
    for (const [mute, time, isKnown] of [
      [asking(empty('z')), ASK_TIMEOUT, () => false],
      [asking(pending('w')), ASK_TIMEOUT, (peer: string) => peer === 'w'],
      [asking(empty('w')), WITNESS_GRACE, () => false],
      [asking(empty('w'), FIRST + 400), 400 + WITNESS_GRACE, () => false],
      [asking(silent('w'), FIRST + 400), 400 + ASK_TIMEOUT, () => true]
    ] as const) {
      const until = FIRST + time
      const at = (now: number, who: Answer = mute): Decision => ask([...voted, who], { now, isKnown })

      expect(at(FIRST + 1)).toMatchObject({ type: 'waiting', until })
      expect(at(until - 1)).toMatchObject({ type: 'waiting', until })
      expect(at(until)).toMatchObject({ type: 'settled', confirmed: true })
      expect(at(FIRST + 1, { ...mute, witnessing: false })).toMatchObject({ type: 'settled', confirmed: true })
      expect(at(FIRST + 1, { ...mute, connected: false })).toMatchObject({ type: 'settled', confirmed: true })
    }
  })

  it('is not put off by strangers that come when enough have voted, but by who is known', () => {
    const late = asking(empty('w'), FIRST + 501)

    expect(ask([...voted, late], { now: FIRST + 502 })).toMatchObject({ type: 'settled', confirmed: true })
    expect(ask([...voted, late], { now: FIRST + 502, isKnown: () => true })).toMatchObject({ type: 'waiting', until: FIRST + 501 + ASK_TIMEOUT })
    // the votes that are needed count, not one more
    expect(ask([...voted, { ...holds('z', best), saidAt: FIRST + 600 }, late], { now: FIRST + 602 })).toMatchObject({ type: 'settled', confirmed: true })
  })

  it('is waited for also when all others were heard out: a holder that connects then may know of more', () => {
    const late = { ...asking(empty('z'), FIRST + SETTLE_TIMEOUT - 500) }

    expect(ask([...voted, late], atTenSeconds)).toMatchObject({ type: 'waiting', until: FIRST + SETTLE_TIMEOUT - 500 + ASK_TIMEOUT })
    expect(ask([...voted, late], { now: FIRST + SETTLE_TIMEOUT - 500 + ASK_TIMEOUT })).toMatchObject({ type: 'settled', confirmed: true })
  })

  it('is deleted only then, too', () => {
    const answers = [holds('x', tombstone), holds('y', tombstone), asking(empty('z'))]

    expect(ask(answers, { now: FIRST + ASK_TIMEOUT - 1 })).toMatchObject({ type: 'waiting', until: FIRST + ASK_TIMEOUT })
    expect(ask(answers, { now: FIRST + ASK_TIMEOUT })).toMatchObject({ type: 'empty', tombstone })
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
