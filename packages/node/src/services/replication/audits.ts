import { NONCE_BYTES, order, proofOf, sameProof, TimeoutError, UnreachableError } from '@nara-stash/protocol'
import { AUDIT_GAP } from '../../constants.ts'
import { judgeProof, nextAudit, unaudited } from '../../policy/audit.ts'
import type { ProofOutcome } from '../../policy/audit.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { Copies } from './copies.ts'
import type { Copy } from './copy.ts'
import type { Version } from '../owner/own-stash.ts'
import type { ChallengeResponse, Clock, Placement, Random, RecordHeader, StashNetwork } from '@nara-stash/protocol'

export interface AuditsInit {
  network: Pick<StashNetwork, 'ask'>
  clock: Clock
  random: Random
  /** What is seen of its disk. */
  disks: Pick<DiskEvidence, 'proved' | 'lacked'>
  /** A peer's state may have changed. */
  onPeer (peer: string): void
  /** A holder answered with a record of ours that we did not send. */
  onStranger (record: RecordHeader, placement: Placement | undefined, from: string): void
}

/** What came of one challenge, and how long its answer took, in milliseconds. */
export interface Proof {
  outcome: ProofOutcome
  ms: number
  /** Milliseconds since it proved this very record last; undefined if it did not. */
  provedAgo?: number
}

/**
 * Has the holders of our stash prove that they have it (SPEC.md, "Audits"): each hourly, and soon after it merely said so. What a proof is compared
 * with is our own copy; what follows from it the policy says.
 */
export class Audits {
  private readonly init: AuditsInit
  private readonly copies: Copies
  /** Challenges under way, and the last ones, by peer. */
  private readonly running = new Map<string, { version: Version, proof: Promise<Proof> }>()
  private readonly latest = new Map<string, { record: string, at: number }>()
  /** The last proof of each peer, of the current version. */
  private readonly proofs = new Map<string, { record: string, at: number, copy: Copy | undefined }>()
  private abort = new AbortController()

  constructor (init: AuditsInit, copies: Copies) {
    this.init = init
    this.copies = copies
  }

  /** Ends what is under way. */
  stop (): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.running.clear()
    this.latest.clear()
    this.proofs.clear()
  }

  /** `peer` took `record`, or merely said that it has it. */
  stored (peer: string, record: string, answer: 'stored' | 'have'): void {
    const copy = this.copies.get(peer)

    if (copy != null) {
      const { clock, random } = this.init
      const isWord = answer === 'have' && copy.shown !== record
      const before = copy.audit ?? unaudited(Infinity)

      this.copies.audited(peer, { ...before, due: nextAudit(isWord ? 'have' : 'stored', { now: clock.now(), due: before.due }, random) })

      if (answer === 'stored') {
        this.copies.showed(peer, record)
      }
    }
  }

  /** Challenges those of `holders` that are due. Returns when the next ones are. */
  look (version: Version, holders: readonly string[]): number {
    const now = this.init.clock.now()
    let next = Infinity

    for (const peer of holders) {
      const copy = this.copies.get(peer)

      if (copy?.audit == null || !copy.connected || copy.busy || copy.record !== version.record.id || this.running.has(peer)) {
        continue
      }

      const at = Math.max(copy.audit.due, this.notBefore(peer, version))

      if (at <= now) {
        void this.challenge(peer, version)
      } else {
        next = Math.min(next, at)
      }
    }

    return next
  }

  /**
   * What `peer` proves of `version` at this moment; `unreachable` if it is not here. It gives one proof a minute, and shows a loss at any time: who puts us off, and
   * proved it less than AUDIT_GAP ago on this connection, stands by that.
   */
  async prove (peer: string, version: Version): Promise<Proof> {
    const { outcome, ms } = this.copies.get(peer)?.connected === true ? await this.challenge(peer, version) : { outcome: 'unreachable' as const, ms: 0 }
    const last = this.proofs.get(peer)

    if (last?.record !== version.record.id) {
      return { outcome, ms }
    }

    const provedAgo = this.init.clock.now() - last.at
    const stands = outcome === 'busy' && provedAgo < AUDIT_GAP && last.copy != null && last.copy === this.copies.get(peer)

    return { outcome: stands ? 'proved' : outcome, ms, provedAgo }
  }

  private async challenge (peer: string, version: Version): Promise<Proof> {
    const running = this.running.get(peer)

    if (running?.version === version) {
      return await running.proof
    }

    const entry = { version, proof: this.ask(peer, version) }
    this.running.set(peer, entry)

    try {
      return await entry.proof
    } finally {
      if (this.running.get(peer) === entry) {
        this.running.delete(peer)
        this.init.onPeer(peer)
      }
    }
  }

  /** Asks, and judges what comes of it, unless the peer came back meanwhile or there is another version. */
  private async ask (peer: string, version: Version): Promise<Proof> {
    const { clock, random, network } = this.init
    const { signal } = this.abort
    const copy = this.copies.get(peer)
    const started = clock.now()
    const isClaimed = copy?.record === version.record.id
    const nonce = random.bytes(NONCE_BYTES)
    const proof: Proof = { outcome: 'unreachable', ms: 0 }
    let answer: ChallengeResponse | undefined

    try {
      answer = await network.ask(peer, { type: 'challenge', owner: version.record.owner, recordId: version.record.id, nonce }, { signal })
      proof.ms = clock.now() - started
      proof.outcome = await this.outcomeOf(peer, version, answer, nonce)
    } catch (err) {
      proof.ms = clock.now() - started
      proof.outcome = outcomeOfFailure(err)
    }

    // from its answer on: when it was asked it only knows later than we do
    this.note(peer, version, copy, proof.outcome)

    // who has come back since, or has not said that it has this very version, has broken no word
    if (copy != null && isClaimed && !signal.aborted && copy === this.copies.get(peer) && copy.record === version.record.id) {
      const state = copy.audit ?? unaudited(started)

      const judged = judgeProof(state, proof.outcome, { now: clock.now(), retryAfter: answer?.type === 'busy' ? answer.retryAfter : 0 }, random)
      this.copies.audited(peer, judged, proof.outcome === 'older' && answer?.type === 'other' ? answer.record.id : undefined)
      this.heard(peer, version, answer, proof.outcome)
    }

    return proof
  }

  private async outcomeOf (peer: string, { record, body }: Version, answer: ChallengeResponse, nonce: Uint8Array): Promise<ProofOutcome> {
    switch (answer.type) {
      case 'proof': {
        const expected = await proofOf({ nonce, prover: peer, recordId: record.id, body }, this.init.clock, { signal: this.abort.signal })

        return sameProof(answer.proof, expected) ? 'proved' : 'wrong'
      }
      case 'other':
        return OTHERS[order(answer.record, record)]
      case 'refused':
        return answer.reason === 'rate limited' ? 'busy' : 'refused'
      case 'not-found':
      case 'busy':
        return answer.type
    }
  }

  private heard (peer: string, version: Version, answer: ChallengeResponse | undefined, outcome: ProofOutcome): void {
    if (outcome === 'proved') {
      this.copies.showed(peer, version.record.id)
      this.init.disks.proved(peer, version.record.id)
    }

    if (outcome === 'not-found') {
      this.init.disks.lacked(peer, version.record.id)
    }

    if (answer?.type === 'other' && (outcome === 'newer' || outcome === 'conflict')) {
      this.init.onStranger(answer.record, answer.placement, peer)
    }

    if (answer != null && 'leaving' in answer && answer.leaving) {
      this.copies.leaves(peer)
    }
  }

  private note (peer: string, { record: { id: record } }: Version, copy: Copy | undefined, outcome: ProofOutcome): void {
    const at = this.init.clock.now()

    for (const [peer, latest] of this.latest) {
      if (latest.at + AUDIT_GAP <= at) {
        this.latest.delete(peer)
      }
    }

    this.latest.set(peer, { record, at })

    if (outcome === 'proved') {
      for (const [peer, proof] of this.proofs) {
        if (proof.record !== record) {
          this.proofs.delete(peer)
        }
      }

      this.proofs.set(peer, { record, at, copy })
    }
  }

  /** When `peer` may be challenged for this record again, if nobody asks. */
  private notBefore (peer: string, { record }: Version): number {
    const latest = this.latest.get(peer)

    return latest == null || latest.record !== record.id ? -Infinity : latest.at + AUDIT_GAP
  }
}

/** How the record that a holder shows in place of ours stands to it; the very record, without a proof, is none. */
const OTHERS = { same: 'wrong', superseded: 'older', supersedes: 'newer', conflict: 'conflict' } as const

function outcomeOfFailure (err: unknown): ProofOutcome {
  return err instanceof TimeoutError ? 'timeout' : err instanceof UnreachableError ? 'unreachable' : 'refused'
}
