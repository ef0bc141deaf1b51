import { SURROGATE_BACKOFF, STORE_BACKOFF } from '../../constants.ts'
import { counts } from '../../policy/duties.ts'
import { admitsSurrogate } from '../../policy/surrogate.ts'
import { claims, judge, named, saysWhatItHas, standingOf } from './holder.ts'
import type { Duty } from './duty.ts'
import type { Exchanges, ShowResponse } from './exchanges.ts'
import type { Holder } from './holder.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { Peers } from './peers.ts'
import type { CoHolders, Clock, HeldStash, HeldStashes, Random, StoreResponse } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface ActsInit {
  self: string
  held: Pick<HeldStashes, 'get' | 'confirmed' | 'vouched'>
  coHolders: Pick<CoHolders, 'note'>
  peers: Peers
  /** What is seen of their disks. */
  disks: Pick<DiskEvidence, 'brought' | 'lacked' | 'proved'>
  exchanges: Exchanges
  clock: Clock
  random: Random
  onRepaired (owner: string, to: string, why: string): void
  onAudited (owner: string, peer: string, verdict: string): void
}

/** Carries out what was decided for one record, and notes what comes of it. None of these rejects. */
export class Acts {
  private readonly init: ActsInit

  constructor (init: ActsInit) {
    this.init = init
  }

  /** True if it proved its copy, and stays. */
  async challenge (duty: Duty, holder: Holder, options?: AbortOptions): Promise<boolean> {
    const { exchanges, clock, random, peers } = this.init
    holder.owesSince ??= clock.now()
    const answer = await this.over(holder, async () => await exchanges.challenge(holder.peer, duty.owner, duty.recordId, options))

    if (answer == null) {
      return false
    }

    const now = clock.now()
    judge(holder, answer.outcome, { now, retryAfter: answer.retryAfter }, random)

    if (answer.leaving) {
      holder.leavingSince ??= now
      peers.leaves(holder.peer)
    } else if (answer.outcome === 'proved') {
      holder.leavingSince = undefined
      holder.leftSince = undefined
      holder.isMadeGood = false
    }

    if (answer.outcome === 'not-found') {
      this.init.disks.lacked(holder.peer, duty.recordId)
    }

    if (answer.outcome === 'proved') {
      this.init.disks.proved(holder.peer, duty.recordId)

      if (answer.mayBeDeleted !== true) {
        this.init.held.vouched(duty.owner)
      }

      this.init.coHolders.note(duty.owner, holder.peer)
      this.heed(duty, holder)
    } else if (answer.outcome === 'wrong') {
      duty.wariness.wasWrong(holder.peer, now)
    } else if (holder.lacks === 'all' && !holder.wasSeen && this.stashOf(duty)?.placement.holders.includes(holder.peer) !== true) {
      // hearsay: it is nobody's to refill
      duty.holders.delete(holder.peer)
      duty.wariness.denied(holder.peer, now)
    }

    // who was merely said to hold it, and holds nothing, knows nothing
    if (saysWhatItHas(answer.outcome) && duty.holders.has(holder.peer)) {
      this.confirm(duty)
    }

    this.init.onAudited(duty.owner, holder.peer, holder.lacks == null ? holder.audit.verdict : 'lacking')

    return counts(duty.view(holder))
  }

  async offer (duty: Duty, holder: Holder, options?: AbortOptions): Promise<void> {
    const stash = this.stashOf(duty)

    if (stash == null) {
      return
    }

    const { lacks, connection } = holder
    const { clock, exchanges, onRepaired } = this.init
    const everybody = this.everybody(duty)
    // who is not known to lack it may be letting go of it at this moment: no body is sent after that
    const answer = await this.over<ShowResponse>(holder, async () => lacks == null
      ? await exchanges.show(holder.peer, stash, everybody, options)
      : await exchanges.offer(holder.peer, stash, everybody, options))

    // on another connection nothing was offered yet
    if (holder.connection !== connection) {
      return
    }

    if (lacks != null && (answer?.type === 'stored' || answer == null)) {
      // the body may have been on its way when it failed
      duty.wariness.gave(holder.peer, clock.now())
    }

    if (lacks != null && answer?.type === 'stored') {
      this.init.disks.brought(holder.peer, duty.recordId)
      onRepaired(duty.owner, holder.peer, lacks === 'older' ? 'it had an older one' : 'it came back without it')
    }

    this.answered(holder, answer)

    // what did not arrive is said again, but not for ever
    if (answer != null || holder.offerFailures > STORE_BACKOFF.length) {
      holder.shown = new Set(everybody)
      holder.unmet = false
    }
  }

  /** True if it keeps a copy. */
  async store (duty: Duty, peer: string, why: string, options?: AbortOptions): Promise<boolean> {
    const { clock, peers, exchanges, coHolders } = this.init
    const stash = this.stashOf(duty)

    if (stash == null) {
      return false
    }

    const answer = await exchanges.store(peer, stash, this.everybody(duty), options)
    const now = clock.now()

    // a body that we cannot read ourselves says nothing of those whom we wanted to give it
    if (answer == null && duty.blindUntil > now) {
      return false
    }

    if (answer?.type !== 'stored' && answer?.type !== 'have') {
      duty.wariness.refused(peer, now + Math.max(SURROGATE_BACKOFF, answer?.type === 'refused' ? answer.retryAfter : 0))

      if (answer?.type === 'refused' && answer.reason === 'draining') {
        peers.leaves(peer)
      }

      return false
    }

    const holder = duty.holder(peer, peers.present, now)

    if (holder != null) {
      claims(holder, now)
      holder.wasSeen = true
    }

    coHolders.note(duty.owner, peer)

    if (answer.type === 'stored') {
      this.init.disks.brought(peer, duty.recordId)
      duty.wariness.gave(peer, now)
      this.init.onRepaired(duty.owner, peer, why)
    }

    return true
  }

  /** Whom a holder names that has proved its copy, or that the owner chose, may hold, too: it may challenge us, and is challenged. */
  heed (duty: Duty, holder: Holder): void {
    const { clock, coHolders, peers } = this.init
    const placement = this.stashOf(duty)?.placement

    if (placement == null || (holder.audit.provedAt == null && !placement.holders.includes(holder.peer))) {
      return
    }

    const now = clock.now()

    for (const peer of holder.names) {
      const isWorthIt = admitsSurrogate(placement, peer) && duty.wariness.mayBelieve(peer, now)
      const other = isWorthIt ? duty.holder(peer, peers.present, now) : undefined

      if (other != null) {
        coHolders.note(duty.owner, peer)
        named(other, now)
      }
    }

    holder.names = []
  }

  /** The owner, or somebody who holds beside us, has answered. */
  confirm (duty: Duty): void {
    if (duty.unconfirmed || this.init.held.get(duty.owner)?.restored === true) {
      duty.unconfirmed = false
      this.init.held.confirmed(duty.owner)
    }
  }

  /** Ourselves, and all whose copies count. */
  everybody (duty: Duty): string[] {
    return [this.init.self, ...[...duty.holders.values()].filter(holder => counts(standingOf(holder))).map(({ peer }) => peer)].sort()
  }

  private stashOf ({ owner, recordId }: Duty): HeldStash | undefined {
    const stash = this.init.held.get(owner)

    return stash?.record.id === recordId ? stash : undefined
  }

  private answered (holder: Holder, answer: ShowResponse | StoreResponse | undefined): void {
    const now = this.init.clock.now()

    if (answer?.type === 'wanted') {
      // it does not have it: a challenge shows what it has, and leads to what is due
      holder.offerFailures = 0
      holder.audit = { ...holder.audit, due: now }

      return
    }

    if (answer?.type === 'stored' || answer?.type === 'have') {
      holder.offerFailures = 0
      claims(holder, now)

      return
    }

    const backoff = STORE_BACKOFF[Math.min(holder.offerFailures++, STORE_BACKOFF.length - 1)] ?? SURROGATE_BACKOFF
    holder.offerAfter = now + (answer == null ? backoff : SURROGATE_BACKOFF)

    if (answer?.type === 'refused') {
      holder.offerAfter = now + (answer.reason === 'rate limited' ? Math.max(backoff, answer.retryAfter) : Math.max(SURROGATE_BACKOFF, answer.retryAfter))

      if (answer.reason === 'draining') {
        holder.leavingSince ??= now
        // whether it has a copy or not: it is not one that came back
        holder.lacks = undefined
        this.init.peers.leaves(holder.peer)
      }
    }
  }

  /** Undefined if its connection is another one by now: what it said was said by what may have been another process. */
  private async over <T> (holder: Holder, exchange: () => Promise<T | undefined>): Promise<T | undefined> {
    const { connection } = holder
    holder.busy++

    try {
      const answer = await exchange()

      return holder.connection === connection ? answer : undefined
    } catch {
      // aborted: we are stopping
    } finally {
      holder.busy--
    }
  }
}
