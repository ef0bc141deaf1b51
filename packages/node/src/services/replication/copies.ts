import { RETRY_AFTER } from '@nara-stash/protocol'
import { FAILED_AWAY } from '../../constants.ts'
import { unaudited } from '../../policy/audit.ts'
import { backoff, blank, breakWord, forgetWord, isPaced, LEAST_RETRY, notePromise, stateOf, stopStore } from './copy.ts'
import { TakenAlong } from './taken-along.ts'
import type { ConfidantState, CopyFailure } from '../../api.ts'
import type { AuditState } from '../../policy/audit.ts'
import type { Copy } from './copy.ts'
import type { Clock, NetworkPeer, RefusalReason } from '@nara-stash/protocol'

/**
 * What the owner knows of each peer that holds, or was asked to hold, its stash. What a peer acknowledged is forgotten when its connection
 * ends: a peer that returns may have lost its memory.
 */
export class Copies {
  readonly takenAlong = new TakenAlong()
  private readonly table = new Map<string, Copy>()
  private readonly clock: Clock

  constructor (clock: Clock) {
    this.clock = clock
  }

  /** The peer connected, or connected once more. */
  connected ({ id, address }: NetworkPeer): void {
    const copy = this.table.get(id)

    this.takenAlong.back(id)
    copy?.abort?.abort()

    if (copy?.dropped === true) {
      this.table.delete(id)
    } else if (copy != null) {
      this.table.set(id, {
        ...blank(id, copy.since),
        connected: true,
        ...(address == null ? {} : { address }),
        // who comes and goes is audited no less
        ...(copy.audit == null ? {} : { audit: unaudited(copy.audit.due) })
      })
    }
  }

  disconnected (peer: string): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      stopStore(copy)
      copy.connected = false
      this.takenAlong.went(copy, this.clock.now())
      copy.awaySince = this.clock.now()
      copy.why = 'unreachable'
      delete copy.leaving
      forgetWord(copy)

      if (copy.dropped === true) {
        this.table.delete(peer)
      }
    }
  }

  /** Starts to watch a peer; `network` is its entry if it is connected. Who was dropped for failing starts afresh when its time is over. */
  watch (peer: string, network: NetworkPeer | undefined): void {
    const copy = this.table.get(peer)

    if (copy?.dropped === true && (copy.notBefore > this.clock.now() || (copy.record != null && copy.notBefore === 0))) {
      delete copy.dropped
    } else if (copy == null || copy.dropped === true) {
      this.add(peer, network, copy)
    }
  }

  /** A connected peer, watched or not, says that it has `record`. */
  found (network: NetworkPeer, record: string, placement: string): void {
    if (this.table.get(network.id) == null) {
      this.add(network.id, network).dropped = true
    }

    this.acknowledged(network.id, record, placement)
  }

  /** A connected peer that is no holder says that it has a record that is not the current one. */
  noticed (network: NetworkPeer, record: string, placement: string): void {
    Object.assign(this.table.get(network.id) ?? this.add(network.id, network), { dropped: true, record, placement })
  }

  /** Stops to watch everyone who is not in `holders`, but remembers, while it is connected, who has a copy, and who refused or failed: others are chosen before it. */
  keepOnly (holders: readonly string[]): void {
    const now = this.clock.now()

    for (const [peer, copy] of this.table) {
      if (holders.includes(peer)) {
        continue
      }

      stopStore(copy)

      if (!copy.connected || (copy.notBefore === 0 && (copy.record ?? copy.unproved) == null)) {
        this.table.delete(peer)
      } else if (copy.dropped !== true) {
        copy.dropped = true

        if (copy.notBefore > 0) {
          // each change of holders is one more placement for all the others: so ever more rarely for the sake of this one
          copy.drops = (copy.drops ?? 0) + 1
          copy.notBefore = Math.max(copy.notBefore, now + Math.min(RETRY_AFTER * 2 ** (copy.drops - 1), FAILED_AWAY))
        }
      }
    }
  }

  /** A store of `record` begins: until it is answered, it may have it. */
  begin (peer: string, record: string): AbortSignal {
    const abort = new AbortController()
    const copy = this.get(peer)

    if (copy != null) {
      Object.assign(copy, { unproved: record, busy: true, abort })
    }

    return abort.signal
  }

  /** The store that `signal` belongs to ended; false if another one took its place. */
  end (peer: string, signal: AbortSignal, isAnswered: boolean): boolean {
    const copy = this.table.get(peer)

    if (copy?.abort?.signal !== signal) {
      return false
    }

    copy.unproved = isAnswered ? undefined : copy.unproved
    copy.busy = false
    delete copy.abort

    return true
  }

  acknowledged (peer: string, record: string, placement: string): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      Object.assign(copy, { record, placement, failures: 0, refused: false, notBefore: 0 })
      delete copy.why
      delete copy.limitedSince
      delete copy.refusals

      // a word is not enough of one that has broken its word
      if (copy.audit == null || copy.audit.verdict === 'trusted') {
        delete copy.drops
      }
    }
  }

  /** It was told to keep what it acknowledged: its promise of so many seconds begins anew. */
  promised (peer: string, seconds: number): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      notePromise(copy, seconds, this.clock.now())
    }
  }

  /** It showed that it has `record`: it took its body, or proved it. */
  showed (peer: string, record: string): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      copy.shown = record
    }
  }

  /** What its challenges showed. Who has nothing, something else (`shown`), or other bytes has not what it acknowledged. */
  audited (peer: string, audit: AuditState, shown?: string): void {
    const copy = this.table.get(peer)

    if (copy == null) {
      return
    }

    copy.audit = audit

    if (audit.last === 'not-found' || audit.last === 'wrong' || audit.last === 'older') {
      breakWord(copy, shown)
    }

    if (audit.verdict === 'failed') {
      copy.notBefore = Math.max(copy.notBefore, this.clock.now() + backoff(0))
    }
  }

  /** It lets go of its copy, soon. */
  leaves (peer: string): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      stopStore(copy)
      copy.leaving = true
      copy.notBefore = this.clock.now() + FAILED_AWAY
    }
  }

  /** It has no copy. */
  lost (peer: string): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      forgetWord(copy)
      delete copy.unproved

      if (copy.dropped === true && copy.notBefore === 0) {
        this.table.delete(peer)
      }
    }
  }

  /** @param wish - milliseconds after which the peer wishes to be asked again; more than FAILED_AWAY is not heeded */
  refused (peer: string, why: RefusalReason, wish: number): void {
    const copy = this.table.get(peer)
    const retryAfter = Math.min(wish, FAILED_AWAY)

    if (copy != null) {
      const now = this.clock.now()

      copy.why = why
      copy.limitedSince ??= now
      // to be asked less often is a wish, to be put off for minutes is a refusal
      copy.refused = why !== 'rate limited' || now + retryAfter - copy.limitedSince > RETRY_AFTER
      // who refuses again and again is asked ever more rarely, however soon it wants to be
      copy.notBefore = now + Math.max(retryAfter, copy.refused ? backoff(copy.refusals ?? 0) : LEAST_RETRY)
      copy.refusals = (copy.refusals ?? 0) + (copy.refused ? 1 : 0)
    }
  }

  failed (peer: string, why: CopyFailure['why']): void {
    const copy = this.table.get(peer)

    if (copy != null) {
      copy.why = why
      copy.notBefore = this.clock.now() + backoff(copy.failures)
      copy.failures++
    }
  }

  /** A new record is to be kept; who found the old one too large may like it. With `goesOn`, stores of the old one do not end. */
  newRecord ({ goesOn = false } = {}): void {
    for (const copy of this.table.values()) {
      if (!goesOn) {
        stopStore(copy)
      }

      if (copy.why === 'too large' || copy.why === 'over quota') {
        copy.refused = false
        copy.notBefore = 0
        delete copy.why
      }
    }
  }

  clear (): void {
    this.keepOnly([])
    this.table.clear()
    this.takenAlong.clear()
  }

  get (peer: string): Copy | undefined {
    return this.table.get(peer)
  }

  views (): Copy[] {
    return [...this.table.values()]
  }

  /** Why holders lack the record, and others are not asked. That one is asked no more often than it wishes is no failure. */
  failures (holders: readonly string[], record: string): CopyFailure[] {
    const now = this.clock.now()

    return this.views()
      .filter(copy => !isPaced(copy) && (holders.includes(copy.peer) ? copy.record !== record : copy.notBefore > now))
      .flatMap(({ peer, why }) => why == null ? [] : [{ peer, why }])
  }

  state (peer: string, record: string | undefined, failedAfter: number): ConfidantState {
    return stateOf(this.table.get(peer), record, failedAfter)
  }

  private add (peer: string, network: NetworkPeer | undefined, before?: Copy): Copy {
    const address = network?.address
    const copy = {
      ...blank(peer, this.clock.wallTime()),
      connected: network != null,
      ...(before?.drops == null ? {} : { drops: before.drops }),
      // who failed to prove its copy has that to do first
      ...(before?.audit?.verdict === 'failed' ? { audit: { ...unaudited(this.clock.now()), verdict: 'suspect' as const } } : {}),
      ...(network == null ? { awaySince: this.clock.now() } : {}),
      ...(address == null ? {} : { address })
    }

    this.table.set(peer, copy)

    return copy
  }
}
