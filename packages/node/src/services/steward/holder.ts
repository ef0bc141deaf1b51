import { ANSWER_PATIENCE, AUDIT_GAP, AUDIT_INTERVAL, FAILED_AFTER, FAILED_AWAY } from '../../constants.ts'
import { judgeProof, nextAudit, unaudited } from '../../policy/audit.ts'
import { rankOf } from '../../policy/surrogate.ts'
import type { AuditState, ProofOutcome } from '../../policy/audit.ts'
import type { HolderView, Standing } from '../../policy/duties.ts'
import type { NetworkPeer, Random } from '@nara-stash/protocol'

/** Another holder of a record that is held here: what is known of it, on its present connection if it has one. */
export interface Holder {
  readonly peer: string
  readonly rank: string
  /** Absent while it is away. */
  connection: string | undefined
  address: string | undefined
  awaySince: number | undefined
  audit: AuditState
  /** On this connection it said that it keeps a copy: if it then has none, it lost it. */
  promised: boolean
  leavingSince: number | undefined
  leftSince: number | undefined
  /** Since it said that it leaves there have been enough others: that it says so once more is no reason for haste. */
  isMadeGood: boolean
  lacks: HolderView['lacks']
  lacksSince: number | undefined
  unmet: boolean
  /** It has proved its copy once, or we gave it one. */
  wasSeen: boolean
  /** Since when, over all its connections, it has been asked and has not said what it has. */
  owesSince: number | undefined
  /** Whom it named as holders, and whom it was shown. */
  names: readonly string[]
  shown: ReadonlySet<string>
  offerAfter: number
  offerFailures: number
  /** Exchanges under way. */
  busy: number
}

export function newHolder (recordId: string, peer: string, now: number): Holder {
  return {
    peer,
    rank: rankOf(recordId, peer),
    connection: undefined,
    address: undefined,
    awaySince: now,
    audit: unaudited(now),
    promised: false,
    leavingSince: undefined,
    leftSince: undefined,
    isMadeGood: false,
    lacks: undefined,
    lacksSince: undefined,
    unmet: false,
    wasSeen: false,
    owesSince: undefined,
    names: [],
    shown: new Set(),
    offerAfter: 0,
    offerFailures: 0,
    busy: 0
  }
}

/** It is here over another connection: it may have lost its memory, so nothing that it proved counts any longer. */
export function arrive (holder: Holder, { connection, address }: NetworkPeer, now: number): void {
  // who was away for long has not kept anybody waiting meanwhile
  holder.owesSince = now - (holder.awaySince ?? now) >= ANSWER_PATIENCE ? undefined : holder.owesSince
  holder.connection = connection
  holder.address = address
  holder.awaySince = undefined
  holder.audit = unaudited(now)
  holder.promised = false
  holder.leavingSince = undefined
  holder.leftSince = undefined
  holder.isMadeGood = false
  holder.lacks = undefined
  holder.lacksSince = undefined
  holder.unmet = false
  holder.names = []
  holder.shown = new Set()
  holder.offerAfter = 0
  holder.offerFailures = 0
}

export function depart (holder: Holder, now: number): void {
  holder.connection = undefined
  holder.awaySince ??= now
  holder.leftSince ??= holder.leavingSince == null ? undefined : now
  holder.audit = unaudited(now)
  holder.promised = false
  holder.lacks = undefined
  holder.lacksSince = undefined
  holder.unmet = false
}

/** Outcomes that say nothing of what a holder has. */
const SILENT: readonly ProofOutcome[] = ['busy', 'refused', 'timeout', 'unreachable']

export function saysWhatItHas (outcome: ProofOutcome): boolean {
  return !SILENT.includes(outcome)
}

/** Takes note of what came of a challenge. */
export function judge (holder: Holder, outcome: ProofOutcome, { now, retryAfter = 0 }: { now: number, retryAfter?: number }, random: Random): void {
  holder.owesSince = saysWhatItHas(outcome) ? undefined : holder.owesSince

  // who took it on this connection, and shows an older one, is no better than one that shows none
  const isLacking = !holder.promised && (outcome === 'older' || (outcome === 'not-found' && holder.audit.provedAt == null))

  if (isLacking) {
    // it came back without it, or with an older one: no fault of its own. It says so again at any time, so there is no need to ask often
    holder.lacks = outcome === 'older' ? 'older' : 'all'
    holder.lacksSince ??= now
    holder.audit = { ...unaudited(nextAudit('stored', { now }, random)), last: outcome, challengedAt: now }

    return
  }

  const audit = judgeProof(holder.audit, outcome, { now, retryAfter }, random)
  const mayLast = outcome === 'newer' || outcome === 'conflict' || outcome === 'not-found' || outcome === 'wrong'
  holder.audit = mayLast ? { ...audit, due: now + AUDIT_INTERVAL } : audit

  if (outcome === 'proved') {
    holder.lacks = undefined
    holder.lacksSince = undefined
    holder.unmet = false
    holder.promised = true
    holder.wasSeen = true
  }
}

/** Another one counts it. */
export function named (holder: Holder, now: number): void {
  if (holder.connection != null && holder.audit.provedAt == null && holder.leavingSince == null && holder.audit.verdict !== 'failed') {
    holder.lacks = undefined
    holder.lacksSince = undefined
    holder.audit = { ...holder.audit, due: Math.min(holder.audit.due, now) }
  }
}

/** It showed its copy, or was given one: only a proof counts, so it is asked for one. */
export function claims (holder: Holder, now: number): void {
  holder.lacks = undefined
  holder.lacksSince = undefined
  holder.promised = true
  holder.unmet = false

  if (holder.audit.provedAt == null || holder.audit.verdict === 'failed') {
    // at once, if it was not asked a moment ago: that it says so again and again is no reason to ask it again and again
    holder.audit = { ...holder.audit, due: now }
  }
}

/** It let go of its copy. */
export function released (holder: Holder, now: number, { isLeaving, isMissed }: { isLeaving: boolean, isMissed: boolean }): void {
  if (isLeaving) {
    holder.leavingSince ??= now
  }

  if (isLeaving && isMissed) {
    holder.leftSince ??= now
  }

  holder.promised = false

  if (!isLeaving) {
    holder.audit = { ...unaudited(now + AUDIT_INTERVAL), last: 'not-found', challengedAt: now }
  }
}

/** Nobody waits for a stranger that has been away for so long. */
export function isForgotten ({ awaySince, busy }: Holder, now: number): boolean {
  return busy === 0 && awaySince != null && now - awaySince >= FAILED_AWAY
}

/** Whether its copy counts is asked far oftener than for all that is known of it. */
export function standingOf ({ connection, audit: { provedAt, verdict }, leavingSince }: Holder): Standing {
  return { connected: connection != null, provedAt, verdict, leavingSince }
}

export function viewOf (holder: Holder, everybody: readonly string[] = []): HolderView {
  const { peer, rank, connection, address, audit, leavingSince, leftSince, isMadeGood, lacks, lacksSince, unmet, shown, offerAfter, busy } = holder

  return {
    peer,
    rank,
    connected: connection != null,
    ...(address == null ? {} : { address }),
    ...(audit.provedAt == null || connection == null ? {} : { provedAt: audit.provedAt }),
    verdict: audit.verdict,
    auditAt: audit.due,
    notBefore: mayChallengeAt(audit),
    busy: busy > 0,
    putOff: audit.last === 'busy',
    silent: audit.verdict === 'failed' && audit.failures === FAILED_AFTER && (audit.last === 'timeout' || audit.last === 'unreachable'),
    seen: holder.wasSeen,
    ...(connection == null && holder.wasSeen && leavingSince == null && leftSince == null ? { took: true } : {}),
    ...(holder.owesSince == null ? {} : { owesSince: holder.owesSince }),
    ...(leavingSince == null ? {} : { leavingSince }),
    ...(leftSince == null || isMadeGood ? {} : { leftSince }),
    ...(lacks == null ? {} : { lacks, ...(lacksSince == null ? {} : { lacksSince }) }),
    unmet,
    told: everybody.every(other => other === peer || shown.has(other)),
    offerAfter
  }
}

/** A proof costs its prover something; that there is none to give, nothing. */
function mayChallengeAt ({ last, challengedAt, due }: AuditState): number {
  const isFree = challengedAt == null || last === 'not-found' || last === 'older'
  const after = isFree ? 0 : challengedAt + AUDIT_GAP

  return last === 'busy' ? Math.max(due, after) : after
}
