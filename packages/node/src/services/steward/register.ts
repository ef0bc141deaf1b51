import { admitsSurrogate } from '../../policy/surrogate.ts'
import { Duty } from './duty.ts'
import type { HeldStashes, NetworkPeer } from '@nara-stash/protocol'

export interface RegisterInit {
  self: string
  held: Pick<HeldStashes, 'get' | 'list'>
  present: ReadonlyMap<string, NetworkPeer>
}

/** One duty for each record that is held, and none for any other. */
export class Register {
  private readonly init: RegisterInit
  private readonly duties = new Map<string, Duty>()
  /** By owner, who brought what is held. */
  private readonly bringers = new Map<string, string>()

  constructor (init: RegisterInit) {
    this.init = init
  }

  get size (): number {
    return this.duties.size
  }

  get (owner: string): Duty | undefined {
    return this.duties.get(owner)
  }

  list (): Duty[] {
    return [...this.duties.values()]
  }

  clear (): void {
    this.duties.clear()
    this.bringers.clear()
  }

  /** A record was stored. */
  brought (owner: string, from: string): void {
    this.bringers.set(owner, from)
  }

  /** Makes it so, whatever happened. */
  sync (now: number): void {
    const { held, self, present } = this.init

    for (const [owner, duty] of this.duties) {
      if (held.get(owner)?.record.id !== duty.recordId) {
        this.duties.delete(owner)
      }
    }

    for (const stash of held.list()) {
      const { owner } = stash.record

      if (!this.duties.has(owner)) {
        const duty = new Duty(self, stash)
        const bringer = this.bringers.get(owner)
        duty.know(stash, present, now)
        this.duties.set(owner, duty)

        if (bringer != null && bringer !== owner) {
          this.introduce(duty, [...stash.placement.holders, bringer], now)
          const holder = duty.holder(bringer, present, now)

          // whom it named is believed once it has proved its own copy
          if (holder != null) {
            holder.names = stash.liveHolders
          }
        } else if (stash.restored) {
          // who held it beside us when we were here last may do so still, and know of others
          stash.liveHolders.filter(peer => admitsSurrogate(stash.placement, peer)).forEach(peer => { duty.holder(peer, present, now) })
        }
      }
    }

    // what was stored and is gone again by now concerns nobody
    this.bringers.clear()
  }

  /** We are new: these are to hold, by their owner's word or their own, and do not know of us. */
  private introduce (duty: Duty, peers: readonly string[], now: number): void {
    for (const peer of new Set(peers)) {
      const holder = duty.holder(peer, this.init.present, now)

      // who is away now may come back without it: then it is asked, not offered
      if (holder?.connection != null && holder.audit.provedAt == null) {
        holder.unmet = true
        holder.offerAfter = 0
      }
    }
  }
}
