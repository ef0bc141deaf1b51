import { order } from '@nara-stash/protocol'
import { AUDIT_INTERVAL, MAX_DUTY_HOLDERS, OUTDATED_WAIT } from '../../constants.ts'
import { rankOf } from '../../policy/surrogate.ts'
import { arrive, depart, isForgotten, newHolder, viewOf } from './holder.ts'
import { Wariness } from './wariness.ts'
import type { Holder } from './holder.ts'
import type { HolderView, Shortage } from '../../policy/duties.ts'
import type { HeldStash, NetworkPeer, RecordHeader } from '@nara-stash/protocol'

/** One record that is held here, and what its holder knows of the others. It ends with the record: another one begins with nothing known. */
export class Duty {
  readonly owner: string
  readonly recordId: string
  readonly rank: string
  readonly holders = new Map<string, Holder>()
  since: Shortage = {}
  storing = false
  /** Since when its owner has been here and known its stash, as of the last look. */
  settledSince: number | undefined
  /** Our own copy is on its way out: others are being told. */
  ending = false
  /** Not before this time: the last attempt failed. */
  endAfter = -Infinity
  /** Our own copy could not be read a moment ago. */
  blindUntil = -Infinity
  /** We were away, and nobody who would know has answered since. */
  unconfirmed = false
  /** Since when a newer record is known of. */
  private outdatedSince: number | undefined
  /** Holders that are to be connected to. */
  reach: readonly string[] = []
  /** When it is to be looked at; undefined if only what happens can change anything. */
  nextLook: number | undefined = -Infinity
  readonly wariness = new Wariness()
  private readonly self: string
  private chosen: readonly string[] = []

  constructor (self: string, { record }: HeldStash) {
    this.self = self
    this.owner = record.owner
    this.recordId = record.id
    this.rank = rankOf(record.id, self)
  }

  /**
   * Until when this record is of no use, since a newer one is known of; 0 if none is. A header is no copy: if nobody who is here has shown the newer one for long, its last
   * holders may have died, and this is the best that its owner can have back. What was deleted stays so.
   */
  outdatedUntil (known: RecordHeader | undefined, { record }: HeldStash, now: number): number {
    const isOutdated = known != null && order(known, record) === 'supersedes'
    this.outdatedSince = isOutdated ? this.outdatedSince ?? now : undefined

    if (this.outdatedSince == null || known?.kind === 'tombstone') {
      return isOutdated ? Infinity : 0
    }

    const shown = this.present().filter(({ audit }) => audit.last === 'newer').map(({ audit }) => audit.challengedAt ?? 0)

    return Math.max(this.outdatedSince, ...shown) + OUTDATED_WAIT
  }

  /** Our own copy cannot be read: it is tried again when audits are due anyway. */
  rest (now: number): void {
    this.blindUntil = now + AUDIT_INTERVAL
  }

  /** It changed: look at once. */
  touch (): void {
    this.nextLook = -Infinity
  }

  /** Another holder, known or new; undefined for ourselves, the owner, and a new one for which there is no room. */
  holder (peer: string, present: ReadonlyMap<string, NetworkPeer>, now: number): Holder | undefined {
    const known = this.holders.get(peer)

    return known != null || peer === this.self || peer === this.owner || !this.makeRoom() ? known : this.add(peer, present, now)
  }

  private add (peer: string, present: ReadonlyMap<string, NetworkPeer>, now: number): Holder {
    const holder = newHolder(this.recordId, peer, now)
    const connected = present.get(peer)
    this.holders.set(peer, holder)

    if (connected != null) {
      arrive(holder, connected, now)
    }

    return holder
  }

  /** True if that concerns this record. */
  connected (peer: NetworkPeer, now: number): boolean {
    const holder = this.holders.get(peer.id)

    if (holder != null && holder.connection !== peer.connection) {
      arrive(holder, peer, now)
    }

    return holder != null || peer.id === this.owner
  }

  /** True if that concerns this record. */
  disconnected (peer: string, now: number): boolean {
    const holder = this.holders.get(peer)

    if (holder != null) {
      depart(holder, now)
    }

    return holder != null || peer === this.owner
  }

  /** We stay after all: those who were told that we go are to know. */
  stay (): void {
    this.present().forEach(holder => { holder.unmet = true })
  }

  /** All that the owner named are known; of the others those that went long ago, and do not bring back what they had, are forgotten. */
  know ({ placement }: HeldStash, present: ReadonlyMap<string, NetworkPeer>, now: number, isOnDisk: (peer: string) => boolean = () => false): void {
    this.chosen = placement.holders

    for (const peer of placement.holders) {
      if (!this.holders.has(peer) && peer !== this.self && peer !== this.owner) {
        this.add(peer, present, now)
      }
    }

    for (const holder of this.holders.values()) {
      if (isForgotten(holder, now) && !placement.holders.includes(holder.peer) && !(holder.wasSeen && isOnDisk(holder.peer))) {
        this.holders.delete(holder.peer)
      }
    }
  }

  /** What the holders that were short of each other are done with: who left and was made good for is no reason for haste next time. */
  calm (): void {
    for (const holder of this.holders.values()) {
      holder.isMadeGood = holder.leftSince != null

      if (holder.connection == null) {
        holder.leavingSince = undefined
        holder.leftSince = undefined
      }
    }
  }

  views (everybody?: readonly string[]): HolderView[] {
    return [...this.holders.values()].map(holder => this.view(holder, everybody))
  }

  view (holder: Holder, everybody?: readonly string[]): HolderView {
    const view = viewOf(holder, everybody)

    return {
      ...view,
      notBefore: Math.max(view.notBefore, this.wariness.challengeAfter(holder.peer)),
      offerAfter: Math.max(view.offerAfter, this.wariness.giveAfter(holder.peer))
    }
  }

  /** Connected holders, by peer. */
  present (): Holder[] {
    return [...this.holders.values()].filter(({ connection }) => connection != null)
  }

  /** Names cost nothing: whoever is neither chosen by the owner nor has a proof to show makes room, those who are away first. */
  private makeRoom (): boolean {
    if (this.holders.size < MAX_DUTY_HOLDERS) {
      return true
    }

    const idle = [...this.holders.values()].filter(({ peer, busy, audit }) => busy === 0 && audit.provedAt == null && !this.chosen.includes(peer))
    const first = idle.find(({ connection }) => connection == null) ?? idle[0]

    return first != null && this.holders.delete(first.peer)
  }
}
