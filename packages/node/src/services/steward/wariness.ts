import { AUDIT_GAP, MAX_DENIALS, MAX_REFUSALS, REFILL_BACKOFF, REFILL_FORGIVEN } from '../../constants.ts'

interface Entry {
  /** It refused a copy, or failed to take one. */
  refusedUntil: number
  /** It was given a copy then last, and so many times in a row that it should still have. */
  givenAt: number
  given: number
  /** It gave a wrong proof. */
  wrongAt: number
  /** Since then it was said to hold a copy, and showed none to us, so many times. */
  deniedSince: number
  denials: number
}

/**
 * What is remembered of peers for one record over their connections, and after they were holders of it: what was done in vain is not done again and again, however often
 * they come back. Bounded: the longest untouched go first.
 */
export class Wariness {
  private readonly entries = new Map<string, Entry>()

  refused (peer: string, until: number): void {
    this.touch(peer).refusedUntil = until
  }

  /** It got the body. */
  gave (peer: string, now: number): void {
    const entry = this.touch(peer)
    entry.given = now - entry.givenAt < REFILL_FORGIVEN ? entry.given + 1 : 1
    entry.givenAt = now
  }

  /** It gave a wrong proof: that was as much work for us as a right one. */
  wasWrong (peer: string, now: number): void {
    this.touch(peer).wrongAt = now
  }

  /** What others said of it is not so; or it has yet to hear of us. */
  denied (peer: string, now: number): void {
    const entry = this.touch(peer)

    if (now - entry.deniedSince >= AUDIT_GAP) {
      entry.deniedSince = now
      entry.denials = 0
    }

    entry.denials++
  }

  /** It is not to be asked to take a copy before; 0 if nothing is held against it. */
  refusedUntil (peer: string): number {
    return Math.max(this.entries.get(peer)?.refusedUntil ?? 0, this.giveAfter(peer))
  }

  /** The body is not brought to it before: who comes back without it again and again gets it ever more rarely. */
  giveAfter (peer: string): number {
    const { given = 0, givenAt = 0 } = this.entries.get(peer) ?? {}
    const wait = given === 0 ? 0 : REFILL_BACKOFF[Math.min(given, REFILL_BACKOFF.length) - 1] ?? 0

    return wait === 0 ? 0 : givenAt + wait
  }

  /** It is not challenged before, over whatever connection. */
  challengeAfter (peer: string): number {
    return (this.entries.get(peer)?.wrongAt ?? -Infinity) + AUDIT_GAP
  }

  /** Hearsay of it is worth a question. */
  mayBelieve (peer: string, now: number): boolean {
    const { deniedSince = -Infinity, denials = 0 } = this.entries.get(peer) ?? {}

    return denials < MAX_DENIALS || now - deniedSince >= AUDIT_GAP
  }

  private touch (peer: string): Entry {
    const entry = this.entries.get(peer) ?? { refusedUntil: 0, givenAt: -Infinity, given: 0, wrongAt: -Infinity, deniedSince: -Infinity, denials: 0 }
    this.entries.delete(peer)
    this.entries.set(peer, entry)

    for (const oldest of this.entries.keys()) {
      if (this.entries.size > MAX_REFUSALS) {
        this.entries.delete(oldest)
      }
    }

    return entry
  }
}
