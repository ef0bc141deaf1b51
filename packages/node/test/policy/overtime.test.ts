import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROLLBACK_TIMEOUT, SETTLE_TIMEOUT } from '../../src/constants.ts'
import { lateComers, ripen } from '../../src/policy/overtime.ts'
import { settle } from '../../src/policy/settle.ts'
import { best, FIRST, later } from './settle-records.ts'
import { placementOf } from './unsigned.ts'
import type { Answer, Decision, SettleInput } from '../../src/policy/settle.ts'

const empty: Answer = { peer: 'x', connected: true, status: 'answered' }
const holding: Answer = { ...empty, record: best, placement: placementOf('three', 1, ['x', 'y', 'z']) }
const pending: Answer = { peer: 'w', connected: true, status: 'pending' }

function input (answers: Answer[], now: number, readable: string[] = []): SettleInput {
  return { answers, readable: new Set(readable), coming: new Map(), heard: [], firstContact: FIRST, now, isKnown: () => false }
}

describe('what is decided unless somebody says more', () => {
  it('is so from when nobody but those who are pending is waited for', () => {
    expect(ripen(undefined, input([empty, pending], FIRST + SETTLE_TIMEOUT - 1))).toBeUndefined()
    expect(ripen(undefined, input([pending], FIRST + SETTLE_TIMEOUT))).toBeUndefined()
    expect(ripen(undefined, input([empty, pending], FIRST + SETTLE_TIMEOUT))?.since).toBe(FIRST + SETTLE_TIMEOUT)
    expect(ripen(undefined, input([holding, pending], FIRST + SETTLE_TIMEOUT))).toBeUndefined()
    expect(ripen(undefined, input([holding, pending], FIRST + SETTLE_TIMEOUT, ['best']))?.since).toBe(FIRST + SETTLE_TIMEOUT)
  })

  it('is something else once more is known, and not because a peer asks for its answer to be waited for', () => {
    const first = ripen(undefined, input([holding, pending], FIRST + SETTLE_TIMEOUT, ['best']))
    const at = FIRST + 2 * SETTLE_TIMEOUT

    expect(ripen(first, input([holding, { ...pending, peer: 'v' }], at, ['best']))).toBe(first)
    // nothing is ripe for a while: the one answer is asked for anew
    expect(ripen(first, input([{ ...holding, connected: false, status: 'failed' }, pending], at, ['best']))).toEqual(first)
    expect(ripen(first, input([holding, { ...holding, peer: 'y', record: later }, pending], at, ['best', 'later']))?.since).toBe(at)
  })

  it('is not held up by who comes ROLLBACK_TIMEOUT later', () => {
    const ripe = { what: '', since: 1_000 }
    const isLate = (answer: Answer, at: number | undefined): boolean => lateComers([answer], ripe, () => at)[0]?.late === true

    expect(isLate(pending, 1_000 + ROLLBACK_TIMEOUT - 1)).toBe(false)
    expect(isLate(pending, 1_000 + ROLLBACK_TIMEOUT)).toBe(true)
    expect(isLate(empty, 1_000 + ROLLBACK_TIMEOUT)).toBe(false)
    expect(isLate(pending, undefined)).toBe(false)
    expect(lateComers([pending], undefined, () => Infinity)).toEqual([pending])
  })
})

it('is decided in bounded time, however many come and go and say nothing, and nobody is passed over that came in time', () => {
  const coming = fc.array(fc.record({ peer: fc.constantFrom('u', 'v', 'w'), gap: fc.integer({ min: 1, max: 5_999 }) }), { minLength: 60, maxLength: 60 })

  fc.assert(fc.property(coming, fc.constantFrom(empty, holding), (comers, known) => {
    const askedAt = new Map<string, number>()
    let ripe: ReturnType<typeof ripen>
    let decision: Decision = { type: 'searching' }
    let now = FIRST

    for (const { peer, gap } of comers) {
      askedAt.set(peer, now)
      now += gap
      const answers = [known, ...[...askedAt].map(([peer, at]): Answer => ({ peer, connected: true, status: now - at < 6_000 ? 'pending' : 'failed' }))]
      const all = input(answers, now, ['best'])
      ripe = ripen(ripe, all)
      decision = settle({ ...all, answers: lateComers(answers, ripe, peer => askedAt.get(peer)) })

      if (decision.type !== 'waiting') {
        expect([...askedAt.values()].every(at => now - at >= 6_000 || at >= FIRST + SETTLE_TIMEOUT + ROLLBACK_TIMEOUT)).toBe(true)
        break
      }
    }

    if (now > FIRST + SETTLE_TIMEOUT + ROLLBACK_TIMEOUT + 18_000) {
      expect(decision.type).toBe(known === empty ? 'empty' : 'settled')
    }
  }), { numRuns: 500 })
})
