import { deadlineSignal, leaseLeft, order } from '@nara-stash/protocol'
import { setMaxListeners } from 'main-event'
import { REPAIR_LEASE, TAKEOVER_WAIT, TELLING_TIMEOUT } from '../../constants.ts'
import { counts } from '../../policy/duties.ts'
import { distinctCopies, isWilling } from '../../policy/select.ts'
import { admitsSurrogate, rankOf } from '../../policy/surrogate.ts'
import type { Leave, LeaveOutcome } from '../../api.ts'
import type { Acts } from './acts.ts'
import type { Duty } from './duty.ts'
import type { Exchanges } from './exchanges.ts'
import type { Holder } from './holder.ts'
import type { OwnerContact } from './owner-contact.ts'
import type { Peers } from './peers.ts'
import type { Clock, HeldStash, HeldStashes, NewestTable } from '@nara-stash/protocol'

/** What becomes of what is held for others. */
export type LeaveResult = Pick<Leave, 'handedOn' | 'withOwner' | 'left'>

export interface LeavingInit {
  held: Pick<HeldStashes, 'drop' | 'get'>
  newest: Pick<NewestTable, 'get'>
  acts: Acts
  exchanges: Exchanges
  peers: Peers
  contact: OwnerContact
  clock: Clock
  /** Milliseconds. */
  timeout: number
  /** True if the copies held here outlive this process: then a copy that others took over is dropped here. */
  onDisk: boolean
  /** What became of one of them. */
  onLeaving (owner: string, outcome: LeaveOutcome): void
}

/** How often it is looked whether an owner has let go of us, or a holder has answered. Milliseconds. */
const LOOK = 50

/**
 * The last duty: what is held here is stored elsewhere first, then the others are told (SPEC.md, "Leaving"). Only who has just proved its copy, and says that it stays, counts. All
 * who leave at once ask the same peers, in the order of their ranks, so that together they make few copies.
 */
export class Leaving {
  private readonly init: LeavingInit

  constructor (init: LeavingInit) {
    this.init = init
  }

  async all (duties: readonly Duty[], signal?: AbortSignal): Promise<LeaveResult> {
    const { clock, timeout, held } = this.init
    const deadline = deadlineSignal(clock, timeout, signal)
    setMaxListeners(Infinity, deadline.signal)
    const outcomes = await Promise.all(duties.map(async duty => await this.handedOver(duty, deadline.signal)))
    deadline.clear()

    return {
      handedOn: outcomes.filter(outcome => outcome === 'handedOn').length,
      withOwner: outcomes.filter(outcome => outcome === 'withOwner').length,
      // what its owner has relieved us of meanwhile is no loss
      left: duties.filter((duty, i) => outcomes[i] === 'left' && held.get(duty.owner)?.record.id === duty.recordId).map(({ owner }) => owner)
    }
  }

  private async handedOver (duty: Duty, signal: AbortSignal): Promise<LeaveOutcome> {
    const { held, onDisk, onLeaving, timeout } = this.init
    const outcome = timeout === 0 ? this.asItIs(duty) : await this.one(duty, signal).catch(() => 'left' as const)

    // the next start is not to find a promise that others keep by now; where the disk does not let go of it, it is kept by one more
    if (onDisk && outcome === 'handedOn') {
      await held.drop(duty.owner, duty.recordId).catch(() => {})
    }

    onLeaving(duty.owner, outcome)

    return outcome
  }

  private async one (duty: Duty, signal: AbortSignal): Promise<LeaveOutcome> {
    const { held, contact } = this.init
    const stash = held.get(duty.owner)

    if (stash == null || this.isSuperseded(duty, stash)) {
      return 'handedOn'
    }

    const { connected, settled } = contact.of(duty.owner)

    if (connected && settled) {
      if (await this.toOwner(duty, stash, signal)) {
        return 'handedOn'
      }

      // one that has gone meanwhile does nothing for it any more
      if (this.init.peers.present.has(duty.owner)) {
        return 'withOwner'
      }
    }

    return await this.toOthers(duty, stash, signal) ? 'handedOn' : 'left'
  }

  /** There is no time to ask anybody: as far as is known. */
  private asItIs (duty: Duty): LeaveOutcome {
    const { contact, held } = this.init
    const stash = held.get(duty.owner)
    const proved = duty.present().filter(holder => counts(duty.view(holder))).map(({ address }) => address == null ? {} : { address })

    if (stash == null || this.isSuperseded(duty, stash)) {
      return 'handedOn'
    }

    const { connected, settled } = contact.of(duty.owner)

    if (connected && settled) {
      return 'withOwner'
    }

    return distinctCopies(proved) >= stash.placement.minCopies ? 'handedOn' : 'left'
  }

  /** It is deleted, or somebody who is here has a newer one. That there is one, somewhere, is no copy of it. */
  private isSuperseded (duty: Duty, { record }: HeldStash): boolean {
    const known = this.init.newest.get(duty.owner)

    return known != null && order(known, record) === 'supersedes' && (known.kind === 'tombstone' || duty.present().some(({ audit }) => audit.last === 'newer'))
  }

  /** Its owner replaces us and then lets go of us: true if it did. It has the content, so there is no reason to wait for long. */
  private async toOwner (duty: Duty, { placement }: HeldStash, signal: AbortSignal): Promise<boolean> {
    const { exchanges, clock, held, peers } = this.init
    const until = clock.now() + TAKEOVER_WAIT
    await within(clock, TELLING_TIMEOUT, signal, async signal => {
      await Promise.all([duty.owner, ...duty.present().map(({ peer }) => peer)].map(async peer =>
        await exchanges.release(peer, duty.owner, duty.recordId, 'leaving', { signal })))
    })

    if (!peers.candidates(duty).some(({ id, accepting }) => !placement.holders.includes(id) && accepting !== false)) {
      // nobody could take our place
      return false
    }

    while (held.get(duty.owner)?.record.id === duty.recordId && peers.present.has(duty.owner) && clock.now() < until && !signal.aborted) {
      await new Promise<void>(resolve => { clock.setTimer(resolve, LOOK) })
    }

    return held.get(duty.owner)?.record.id !== duty.recordId
  }

  /** True if the stash is as safe without us. */
  private async toOthers (duty: Duty, stash: HeldStash, signal: AbortSignal): Promise<boolean> {
    const { placement: { target, minCopies } } = stash
    const staying = new Set<Holder>()
    const places = (): number => distinctCopies([...staying].map(({ address }) => address == null ? {} : { address }))

    // who is dead, and not known to be, must not take all the time there is
    await within(this.init.clock, TELLING_TIMEOUT, signal, async signal => {
      await Promise.all(duty.present().map(async holder => { await this.count(duty, holder, staying, signal) }))
    })

    // who says that it leaves, too, is made good for: until all that count say that they stay
    for (;;) {
      while (places() < target && !signal.aborted) {
        const next = this.next(duty, stash, staying)

        if (next == null) {
          break
        }

        await this.handOn(duty, next, staying, signal)
      }

      if (await this.tell(duty, staying, signal) || signal.aborted) {
        break
      }
    }

    return places() >= minCopies
  }

  /** Counts a holder that proves its copy now, or did so a moment ago. */
  private async count (duty: Duty, holder: Holder, staying: Set<Holder>, signal: AbortSignal): Promise<void> {
    const { acts, clock } = this.init

    // what was asked just before we were told to leave is answered in a moment, and may not be asked twice
    while (holder.busy > 0 && !signal.aborted) {
      await new Promise<void>(resolve => { clock.setTimer(resolve, LOOK) })
    }

    const now = clock.now()
    const mayAsk = duty.view(holder).notBefore <= now && holder.busy === 0
    const isThere = mayAsk ? await acts.challenge(duty, holder, { signal }) : counts(duty.view(holder))

    if (isThere) {
      staying.add(holder)
    }
  }

  private async handOn (duty: Duty, peer: string, staying: Set<Holder>, signal: AbortSignal): Promise<void> {
    const { acts, peers, clock, timeout } = this.init
    // one that never takes it leaves time for another
    const isKept = await within(clock, timeout / 2, signal, async signal => await acts.store(duty, peer, 'a holder leaves', { signal }))
    const holder = duty.holder(peer, peers.present, clock.now())

    if (isKept && holder != null) {
      await within(clock, TELLING_TIMEOUT, signal, async signal => { await this.count(duty, holder, staying, signal) })
      // those who stay are to know each other
      // nobody who does not answer holds that up; what is left of it when we are gone the new one says itself
      ;[...staying].filter(other => other !== holder).forEach(other => { void acts.offer(duty, other, { signal }) })
    }

    if (holder == null || !staying.has(holder)) {
      // asked once is asked enough
      duty.wariness.refused(peer, Infinity)
    }
  }

  /** Tells all holders. False if one that counted does not stay. */
  private async tell (duty: Duty, staying: Set<Holder>, signal: AbortSignal): Promise<boolean> {
    const told = await within(this.init.clock, TELLING_TIMEOUT, signal, async signal => await Promise.all(duty.present().map(async holder => ({
      holder, stays: await this.init.exchanges.release(holder.peer, duty.owner, duty.recordId, 'leaving', { signal })
    }))))
    const gone = told.filter(({ holder, stays }) => !stays && staying.has(holder))

    gone.forEach(({ holder }) => {
      staying.delete(holder)
      holder.leavingSince ??= this.init.clock.now()
    })

    return gone.length === 0
  }

  private next (duty: Duty, { placement, record, restored, mayBeDeleted, leaseRemaining, leaseNotedAt }: HeldStash, staying: ReadonlySet<Holder>): string | undefined {
    const { clock, peers } = this.init
    const now = clock.now()

    if (restored || mayBeDeleted || duty.unconfirmed || leaseLeft({ leaseRemaining, leaseNotedAt }, now) * 1_000 < REPAIR_LEASE) {
      return
    }

    const counted = [...staying].map(({ peer, address }) => ({ id: peer, ...(address == null ? {} : { address }) }))
    const isNew = (id: string): boolean => {
      const holder = duty.holders.get(id)

      // one that came back empty is asked like any other; one that leaves, or lied, is not
      return holder == null || (holder.leavingSince == null && holder.lacks != null)
    }

    return peers.candidates(duty)
      .filter(candidate => isNew(candidate.id) && admitsSurrogate(placement, candidate.id) && isWilling(candidate, now))
      .filter(candidate => counted.length < placement.target || distinctCopies([...counted, candidate]) > distinctCopies(counted))
      .map(({ id }) => ({ id, rank: rankOf(record.id, id) }))
      .toSorted((a, b) => a.rank < b.rank ? -1 : 1)[0]?.id
  }
}

/** Asks with a deadline of its own: whoever has not answered by then has not answered. */
async function within <T> (clock: Clock, ms: number, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = deadlineSignal(clock, ms, signal)
  setMaxListeners(Infinity, deadline.signal)

  try {
    return await ask(deadline.signal)
  } finally {
    deadline.clear()
  }
}
