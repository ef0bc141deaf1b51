import { claims, released } from './holder.ts'
import type { Acts } from './acts.ts'
import type { Duty } from './duty.ts'
import type { LettingGo } from './letting-go.ts'
import type { OwnerContact } from './owner-contact.ts'
import type { Peers } from './peers.ts'
import type { Register } from './register.ts'
import type { TombstoneSpread } from './tombstone-spread.ts'
import type { Clock, Confidant, ConfidantEvents, HeldStashes, NetworkEvents, StashNetwork } from '@nara-stash/protocol'

export interface NewsInit {
  network: Pick<StashNetwork, 'addEventListener' | 'removeEventListener'>
  confidant: Pick<Confidant, 'addEventListener' | 'removeEventListener'>
  held: Pick<HeldStashes, 'get' | 'renew'>
  clock: Clock
  register: Register
  peers: Peers
  contact: OwnerContact
  acts: Acts
  lettingGo: LettingGo
  tombstones: TombstoneSpread
  /** Something changed: look at what is due. */
  wake (): void
}

/** What happens to records that are held here, and to those who hold them: it is noted, and leads to a look. It decides nothing. */
export class News {
  private readonly init: NewsInit
  private signal: AbortSignal | undefined

  constructor (init: NewsInit) {
    this.init = init
  }

  start (signal: AbortSignal): void {
    const { network, confidant } = this.init
    this.signal = signal
    network.addEventListener('peer:connect', this.onConnect)
    network.addEventListener('peer:disconnect', this.onDisconnect)
    confidant.addEventListener('held:stored', this.onStored)
    confidant.addEventListener('held:co-holder', this.onCoHolder)
    confidant.addEventListener('held:released', this.onReleased)
    confidant.addEventListener('held:dropped', this.onDropped)
    confidant.addEventListener('held:forgotten', this.onForgotten)
    confidant.addEventListener('held:pushed', this.onPushed)
  }

  stop (): void {
    const { network, confidant } = this.init
    network.removeEventListener('peer:connect', this.onConnect)
    network.removeEventListener('peer:disconnect', this.onDisconnect)
    confidant.removeEventListener('held:stored', this.onStored)
    confidant.removeEventListener('held:co-holder', this.onCoHolder)
    confidant.removeEventListener('held:released', this.onReleased)
    confidant.removeEventListener('held:dropped', this.onDropped)
    confidant.removeEventListener('held:forgotten', this.onForgotten)
    confidant.removeEventListener('held:pushed', this.onPushed)
  }

  /** Looks at this record, if it is held. */
  concerns (...duties: ReadonlyArray<Duty | undefined>): void {
    const concerned = duties.filter(duty => duty != null)
    concerned.forEach(duty => { duty.touch() })

    if (concerned.length > 0) {
      this.init.wake()
    }
  }

  private readonly onConnect = ({ detail }: NetworkEvents['peer:connect']): void => {
    const { clock, peers, tombstones, held, register, wake } = this.init
    const now = clock.now()
    const wasAlone = peers.isAlone
    peers.connected(detail, now)
    tombstones.connected(detail, this.signal)
    held.renew(detail.id)
    this.concerns(...register.list().filter(duty => duty.connected(detail, now)))

    if (wasAlone) {
      wake()
    }
  }

  private readonly onDisconnect = ({ detail: { id } }: NetworkEvents['peer:disconnect']): void => {
    const { clock, peers, contact, held, register, wake } = this.init
    const now = clock.now()
    peers.disconnected(id, now)
    contact.left(id)
    held.renew(id)
    this.concerns(...register.list().filter(duty => duty.disconnected(id, now)))

    if (peers.isAlone) {
      wake()
    }
  }

  private readonly onStored = ({ detail: { record: { owner }, from } }: ConfidantEvents['held:stored']): void => {
    const { register, contact, wake } = this.init
    register.brought(owner, from)

    if (from === owner) {
      contact.dealt(owner)
    }

    wake()
  }

  private readonly onCoHolder = ({ detail: { owner, peer, recordId } }: ConfidantEvents['held:co-holder']): void => {
    const { clock, register, peers, held, acts } = this.init
    const now = clock.now()
    const duty = register.get(owner)
    const holder = duty?.holder(peer, peers.present, now)

    if (duty == null || holder == null) {
      return
    }

    if (recordId === duty.recordId) {
      claims(holder, now)
      holder.names = held.get(owner)?.liveHolders ?? []
      acts.heed(duty, holder)
    } else {
      // it has another version, or looks for one: ask
      holder.audit = { ...holder.audit, due: now }
    }

    acts.confirm(duty)
    this.concerns(duty)
  }

  private readonly onReleased = ({ detail: { owner, recordId, from, reason } }: ConfidantEvents['held:released']): void => {
    const { clock, register, peers, held } = this.init
    const duty = register.get(owner)
    const holder = duty?.holders.get(from)
    const isNamed = held.get(owner)?.placement.holders.includes(from) === true

    if (reason === 'leaving') {
      peers.leaves(from)
    }

    if (duty?.recordId === recordId && holder != null) {
      // one that never showed a copy takes none away
      released(holder, clock.now(), { isLeaving: reason === 'leaving', isMissed: isNamed || holder.wasSeen })

      if (reason !== 'leaving' && !isNamed) {
        // a stranger again, that may be asked to keep a copy like any other
        duty.holders.delete(from)
      }

      this.concerns(duty)
    }
  }

  private readonly onDropped = ({ detail: { owner } }: ConfidantEvents['held:dropped']): void => {
    const { register, held, lettingGo, wake } = this.init
    const duty = register.get(owner)

    if (duty != null && held.get(owner)?.record.id !== duty.recordId) {
      void lettingGo.tell(duty, 'relieved', this.signal)
      wake()
    }
  }

  private readonly onForgotten = ({ detail: { owner } }: ConfidantEvents['held:forgotten']): void => {
    const { register, tombstones, wake } = this.init
    tombstones.begin(owner, [...register.get(owner)?.holders.keys() ?? []], this.signal)
    wake()
  }

  private readonly onPushed = ({ detail: { owner, outcome } }: ConfidantEvents['held:pushed']): void => {
    if (outcome !== 'failed' && outcome !== 'refused') {
      const { register, contact, acts } = this.init
      const duty = register.get(owner)
      contact.dealt(owner)

      if (duty != null) {
        acts.confirm(duty)
        this.concerns(duty)
      }
    }
  }
}
