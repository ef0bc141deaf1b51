import { AUDIT_GAP, AUDIT_INTERVAL, AUDIT_JITTER, AUDIT_SOON, FAILED_AFTER, FAILED_AWAY } from '../constants.ts'
import type { Random } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/**
 * What came of a challenge for one record (SPEC.md, "CHALLENGE").
 *
 * - `proved`: it has the very bytes.
 * - `older`, `newer`, `conflict`: it holds another record, and how that one stands to ours.
 * - `not-found`: it holds nothing.
 * - `wrong`: a proof that is not of these bytes, this nonce and this prover.
 * - `busy`: it will answer later (a refusal for being asked too often is the same).
 * - `refused`, `timeout`, `unreachable`: it said nothing of what it holds.
 */
export type ProofOutcome =
  'proved' | 'older' | 'newer' | 'conflict' | 'not-found' | 'wrong' | 'busy' | 'refused' | 'timeout' | 'unreachable'

/** `suspect` is given time, `failed` is replaced. */
export type AuditVerdict = 'trusted' | 'suspect' | 'failed'

/** What is known of one holder from its challenges. Times are on the clock's monotonic scale. */
export interface AuditState {
  verdict: AuditVerdict
  /** What came of the last challenge; undefined before the first. */
  last: ProofOutcome | undefined
  /** When it proved its copy last. */
  provedAt: number | undefined
  challengedAt: number | undefined
  /** Since when it was challenged without a proof. */
  unprovedSince: number | undefined
  /** Failures in a row. */
  failures: number
  /** It is to be challenged then, and not before. */
  due: number
}

/** A holder that was not challenged yet. */
export function unaudited (due: number): AuditState {
  return { verdict: 'trusted', last: undefined, provedAt: undefined, challengedAt: undefined, unprovedSince: undefined, failures: 0, due }
}

/**
 * When to challenge a holder: hourly, varied by a fifth either way; soon if it merely says that it has the record, as it may say of what it lost. A
 * time that was set before stays if it is earlier: who stores every minute audits no less.
 */
export function nextAudit (since: 'proof' | 'stored' | 'have', { now, due = Infinity }: { now: number, due?: number }, random: Random): number {
  const wait = Math.round(since === 'have' ? random.next() * AUDIT_SOON : AUDIT_INTERVAL * (1 + AUDIT_JITTER * (2 * random.next() - 1)))

  return since === 'proof' ? now + wait : Math.min(now + wait, due)
}

/**
 * Judges a holder by what came of a challenge (SPEC.md, "Audits"). Who lost or altered its copy, or never kept it, has failed at once. Who lags, is slow
 * or cannot be reached is suspect, and has failed after FAILED_AFTER times in a row. Who puts us off, or shows a record of which it is not
 * known yet what it means, stands as it stood, but not for longer than FAILED_AWAY.
 *
 * @param retryAfter - milliseconds after which a busy holder wishes to be asked; no more than half of FAILED_AWAY is heeded
 */
export function judgeProof (state: AuditState, outcome: ProofOutcome, { now, retryAfter = 0 }: { now: number, retryAfter?: number }, random: Random): AuditState {
  if (outcome === 'proved') {
    return { ...unaudited(nextAudit('proof', { now }, random)), last: outcome, provedAt: now, challengedAt: now }
  }

  // a person may ask at any time; who proved it a moment ago puts that off by the rules, and who fails twice in a row has failed once
  const isEarly = state.challengedAt != null && now - state.challengedAt < AUDIT_GAP

  if (outcome === 'busy' && isEarly && state.last === 'proved') {
    return state
  }

  const next = {
    ...state, last: outcome, challengedAt: isEarly ? state.challengedAt : now, unprovedSince: state.unprovedSince ?? now, due: now + AUDIT_GAP
  }

  switch (outcome) {
    case 'not-found':
    case 'wrong':
      return { ...next, verdict: 'failed' }
    case 'busy':
    case 'newer':
    case 'conflict':
      return {
        ...next,
        verdict: now - next.unprovedSince >= FAILED_AWAY ? 'failed' : state.verdict,
        due: now + Math.max(AUDIT_GAP, Math.min(retryAfter, FAILED_AWAY / 2))
      }
    case 'older':
    case 'refused':
    case 'timeout':
    case 'unreachable': {
      const failures = isEarly ? Math.max(state.failures, 1) : state.failures + 1

      return { ...next, failures, verdict: failures >= FAILED_AFTER || state.verdict === 'failed' ? 'failed' : 'suspect' }
    }
  }
}

/** The verdict on a holder that may be away: suspect for a moment, failed for FAILED_AWAY. */
export function verdictOf (state: AuditState, { now, awaySince }: { now: number, awaySince: number | undefined }): AuditVerdict {
  if (state.verdict === 'failed' || (awaySince != null && now - awaySince >= FAILED_AWAY)) {
    return 'failed'
  }

  return awaySince == null ? state.verdict : 'suspect'
}
