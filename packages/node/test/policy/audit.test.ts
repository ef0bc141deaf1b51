import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AUDIT_GAP, AUDIT_INTERVAL, AUDIT_JITTER, AUDIT_SOON, FAILED_AFTER, FAILED_AWAY } from '../../src/constants.ts'
import { judgeProof, nextAudit, unaudited, verdictOf } from '../../src/policy/audit.ts'
import type { AuditState, ProofOutcome } from '../../src/policy/audit.ts'

const random = seededRandom(1)
const minute = 60_000

const outcomes = fc.constantFrom<ProofOutcome>('proved', 'older', 'newer', 'conflict', 'not-found', 'wrong', 'busy', 'refused', 'timeout', 'unreachable')
const history = fc.array(fc.record({ outcome: outcomes, late: fc.nat(20 * minute), retryAfter: fc.nat(2 ** 32 - 1) }), { maxLength: 20 })

/** Challenged whenever it is due, or later. */
function after (happened: ReadonlyArray<{ outcome: ProofOutcome, late?: number, retryAfter?: number }>, state = unaudited(0)): { state: AuditState, now: number } {
  const random = seededRandom(1)
  let now = 0

  for (const { outcome, late = 0, retryAfter = 0 } of happened) {
    now = Math.max(now, state.due) + late
    state = judgeProof(state, outcome, { now, retryAfter }, random)
  }

  return { state, now }
}

function verdicts (...happened: ProofOutcome[]): string[] {
  return happened.map((_, i) => after(happened.slice(0, i + 1).map(outcome => ({ outcome }))).state.verdict)
}

describe('when a holder is challenged', () => {
  it('is hourly, varied by a fifth, after a store or a proof, and soon after it merely said that it has the record', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), (now, seed) => {
      for (const since of ['stored', 'proof'] as const) {
        const wait = nextAudit(since, { now }, seededRandom(seed)) - now

        expect(Math.abs(wait - AUDIT_INTERVAL)).toBeLessThanOrEqual(AUDIT_INTERVAL * AUDIT_JITTER)
      }

      expect(nextAudit('have', { now }, seededRandom(seed)) - now).toBeLessThanOrEqual(AUDIT_SOON)
    }))
  })

  it('differs', () => {
    expect(new Set(Array.from({ length: 20 }, () => nextAudit('proof', { now: 0 }, random))).size).toBeGreaterThan(15)
    expect(new Set(Array.from({ length: 20 }, () => nextAudit('have', { now: 0 }, random))).size).toBeGreaterThan(15)
  })

  it('is not put off by what is stored meanwhile', () => {
    expect(nextAudit('stored', { now: 30 * minute, due: 31 * minute }, random)).toBe(31 * minute)
    expect(nextAudit('have', { now: 30 * minute, due: 30 * minute + 1 }, random)).toBe(30 * minute + 1)
    expect(nextAudit('have', { now: 30 * minute, due: 60 * minute }, random)).toBeLessThan(31 * minute)
    expect(nextAudit('proof', { now: 30 * minute, due: 31 * minute }, random)).toBeGreaterThan(60 * minute)
  })

  it('is never sooner than a minute after the last challenge, whatever came of it, nor later than an interval', () => {
    fc.assert(fc.property(history, happened => {
      fc.pre(happened.length > 0)
      const { state, now } = after(happened)

      expect(state.challengedAt).toBe(now)
      expect(state.due - now).toBeGreaterThanOrEqual(AUDIT_GAP)
      expect(state.due - now).toBeLessThanOrEqual(AUDIT_INTERVAL * (1 + AUDIT_JITTER))
    }))
  })

  it('is within minutes as long as there is no proof, however long a holder wishes to be left alone', () => {
    fc.assert(fc.property(history, outcomes.filter(outcome => outcome !== 'proved'), (happened, outcome) => {
      const { state, now } = after([...happened, { outcome, retryAfter: 2 ** 32 - 1 }])

      expect(state.due - now).toBeLessThanOrEqual(FAILED_AWAY / 2)
    }))
  })

  it('of who puts us off is when it wishes, but not within AUDIT_GAP, and within half of FAILED_AWAY', () => {
    const wait = (retryAfter: number): number => {
      const { state, now } = after([{ outcome: 'busy', retryAfter }])

      return state.due - now
    }

    expect([0, AUDIT_GAP + 1, 2 ** 32 - 1].map(wait)).toStrictEqual([AUDIT_GAP, AUDIT_GAP + 1, FAILED_AWAY / 2])
  })
})

describe('a holder', () => {
  it('that proves its copy is trusted, whatever was before', () => {
    fc.assert(fc.property(history, happened => {
      const { state, now } = after([...happened, { outcome: 'proved' }])

      expect(state).toMatchObject({ verdict: 'trusted', provedAt: now, failures: 0, unprovedSince: undefined })
    }))
  })

  it('that lost its copy, or proves other bytes, has failed at once, and until it proves', () => {
    fc.assert(fc.property(history, fc.constantFrom<ProofOutcome>('not-found', 'wrong'), history, (before, outcome, then) => {
      const unproved = then.filter(({ outcome }) => outcome !== 'proved')

      expect(after([...before, { outcome }, ...unproved]).state.verdict).toBe('failed')
    }))
  })

  it.each<ProofOutcome>(['older', 'refused', 'timeout', 'unreachable'])('that is %s once is suspect, twice in a row has failed', outcome => {
    expect(FAILED_AFTER).toBe(2)
    expect(verdicts(outcome, outcome)).toStrictEqual(['suspect', 'failed'])
    expect(verdicts(outcome, 'proved', outcome)).toStrictEqual(['suspect', 'trusted', 'suspect'])
    expect(verdicts(outcome, 'busy', outcome)).toStrictEqual(['suspect', 'suspect', 'failed'])
  })

  it.each<ProofOutcome>(['busy', 'newer', 'conflict'])('that is %s stands as it stood, for ten minutes', outcome => {
    const asked = (times: number, late: number): string => after([{ outcome: 'proved' }, ...Array.from({ length: times }, (_, i) => ({ outcome, late: i === 0 ? 0 : late }))]).state.verdict

    // once a minute
    expect(asked(FAILED_AWAY / AUDIT_GAP, 0)).toBe('trusted')
    expect(asked(FAILED_AWAY / AUDIT_GAP + 1, 1)).toBe('failed')
  })

  it('that is asked more often than once a minute is judged once', () => {
    const often = (state: AuditState, outcome: ProofOutcome): AuditState =>
      Array.from({ length: 50 }, (_, i) => 100 + i * 1_000).reduce((state, now) => judgeProof(state, outcome, { now }, random), state)
    const proved = judgeProof(unaudited(0), 'proved', { now: 99 }, random)

    // who gave a proof a moment ago puts off the next one by the rules
    expect(often(proved, 'busy')).toEqual(proved)
    expect(often(unaudited(0), 'timeout')).toMatchObject({ verdict: 'suspect', failures: 1, challengedAt: 100 })
    expect(judgeProof(often(unaudited(0), 'timeout'), 'timeout', { now: 100 + AUDIT_GAP }, random).verdict).toBe('failed')
  })

  it('never fails by one slow answer', () => {
    fc.assert(fc.property(history, happened => {
      const proved = [...happened, { outcome: 'proved' as const, late: 0, retryAfter: 0 }]

      expect(after([...proved, { outcome: 'timeout' }]).state.verdict).toBe('suspect')
    }))
  })

  it('that is away is suspect, and has failed after ten minutes', () => {
    const { state } = after([{ outcome: 'proved' }])

    expect(verdictOf(state, { now: 5, awaySince: undefined })).toBe('trusted')
    expect(verdictOf(state, { now: FAILED_AWAY, awaySince: 1 })).toBe('suspect')
    expect(verdictOf(state, { now: FAILED_AWAY, awaySince: 0 })).toBe('failed')
    expect(verdictOf(after([{ outcome: 'timeout' }]).state, { now: 5, awaySince: undefined })).toBe('suspect')
    expect(verdictOf(after([{ outcome: 'wrong' }]).state, { now: 5, awaySince: undefined })).toBe('failed')
    expect(verdictOf(after([{ outcome: 'wrong' }]).state, { now: 5, awaySince: 5 })).toBe('failed')
  })

  it('is never better than what the challenges say, nor better after a longer absence, and after FAILED_AWAY it is none', () => {
    const severity = ['trusted', 'suspect', 'failed']
    const verdict = (state: AuditState, away: number): number => severity.indexOf(verdictOf(state, { now: 1_000 + away, awaySince: 1_000 }))

    fc.assert(fc.property(history, fc.nat(2 * FAILED_AWAY), fc.nat(2 * FAILED_AWAY), (happened, away, more) => {
      const { state } = after(happened)

      expect(verdict(state, away)).toBeGreaterThanOrEqual(severity.indexOf(state.verdict))
      expect(verdict(state, away + more)).toBeGreaterThanOrEqual(verdict(state, away))
      expect(verdict(state, FAILED_AWAY + more)).toBe(severity.indexOf('failed'))
    }))
  })
})
