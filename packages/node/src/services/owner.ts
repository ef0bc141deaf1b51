import { MAX_WAITING_BYTES } from '../constants.ts'
import { askEverybody } from './ask-everybody.ts'
import { Author } from './author.ts'
import { checkData } from './check-data.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import { committed } from './committed.ts'
import { Condition } from './condition.ts'
import { Decisions } from './decisions.ts'
import { bury } from './burial.ts'
import { Lookout } from './lookout.ts'
import { Offers } from './offers.ts'
import { OwnWatermark } from './own-watermark.ts'
import { Settling } from './settling.ts'
import { Writes } from './writes.ts'
import type { Doubt, ForgetResult, Merge, StashState, Twin, WriteOptions, WriteResult } from '../api.ts'
import type { ConditionInit } from './condition.ts'
import type { DecisionsInit } from './decisions.ts'
import type { BurialInit } from './burial.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { OwnWatermarkInit } from './own-watermark.ts'
import type { Origin } from './bodies.ts'
import type { Replication } from './replication.ts'
import type { Committed, PendingWrite } from './writes.ts'
import type { Clock, NetworkPeer, Placement, Random, RecordHeader, StashNetwork } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface OwnerInit extends ConditionInit, OwnWatermarkInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  clock: Clock
  random: Random
  merge: Merge | undefined
  fresh: boolean
  maxStash: number
  admits (peer: string): boolean
  heard (): RecordHeader[]
  onFound (version: Version, origin: Origin): void
  onSetAside (bytes: number, timestamp: number): void
  onTwin (twin: Twin, from: string): void
}

/** The owner's side: knows what state the stash is in, and lets writes through when it is known. */
export class Owner {
  readonly decisions: Decisions
  /** Answers holders that offer us our stash. */
  readonly offers: Offers
  readonly watermark: OwnWatermark

  private readonly init: OwnerInit
  private readonly condition: Condition
  private readonly author: Author
  private readonly writes: Writes
  private readonly settling: Settling
  private readonly lookout: Lookout
  private readonly parts: BurialInit & DecisionsInit
  private stopped = true
  /** Nobody can hold anything of ours. */
  private fresh: boolean

  constructor (init: OwnerInit) {
    this.init = init
    this.fresh = init.fresh
    this.condition = new Condition({
      ...init,
      onState: (state, previous) => {
        this.lookout.look()
        init.onState(state, previous)
      }
    })
    this.watermark = new OwnWatermark(init)
    this.author = new Author(init)
    this.writes = new Writes({
      clock: init.clock,
      maxWaiting: Math.max(MAX_WAITING_BYTES, 2 * init.maxStash),
      isReady: () => this.isReady,
      commit: async write => await this.commit(write),
      result: () => init.replication.result()
    })

    const parts = { ...init, author: this.author, condition: this.condition, writes: this.writes }

    this.settling = new Settling({
      ...parts,
      heard: witnessed => [...init.heard(), ...witnessed, ...(this.watermark.lastKnown == null ? [] : [this.watermark.lastKnown])],
      onSettled: () => { void this.resolve() },
      onStranger: (record, placement, from) => { this.met(record, placement, from) }
    })
    this.lookout = new Lookout({
      ...parts,
      isOff: () => this.stopped || this.settling.recovery.active,
      onChange: () => { void this.resolve() },
      onMerged: () => {
        this.writes.unread = true
        this.writes.recovered()
      },
      onNewer: (version, origin) => {
        this.writes.unread = true
        this.writes.recovered()
        this.condition.isBack(version, origin, { confirmed: false, ...this.tally() })
      }
    })
    this.offers = new Offers({
      ...parts,
      recovery: this.settling.recovery,
      strangers: this.lookout.surprises.strangers,
      isStopped: () => this.stopped
    })
    this.parts = { ...parts, settling: this.settling, strangers: this.lookout.surprises.strangers }
    this.decisions = new Decisions(this.parts)
  }

  get state (): StashState {
    return this.condition.state
  }

  get doubt (): Doubt | null {
    return this.condition.doubt
  }

  /** How the stash came back, and how sure that is. */
  get recovered (): Condition['recovered'] {
    return this.condition.recovered
  }

  /** Bytes of the latest write that waits. */
  get pending (): number | null {
    return this.writes.latest?.data.byteLength ?? null
  }

  /** Another process with our soul, if one was seen. */
  get twin (): Twin | null {
    return this.lookout.twin
  }

  /** Presence of another boot of ours, which goes on. */
  heardTwin (boot: string): void {
    this.lookout.heardTwin(boot)
  }

  start (): void {
    const { own, replication } = this.init

    this.stopped = false
    replication.start()
    this.writes.start()

    if (own.current != null || own.tombstone != null) {
      // stopped and started again: this process knows its stash
      this.lookout.look()
      void this.resolve()
    } else if (this.fresh) {
      this.condition.is('empty')
    } else {
      this.search()
    }
  }

  stop (): void {
    this.stopped = true
    this.settling.recovery.stop()
    this.lookout.stop()
    this.init.replication.stop()
    this.writes.stop()
  }

  connected (peer: NetworkPeer): void {
    this.init.replication.connected(peer)
    this.settling.recovery.met(peer.id)
    this.lookout.connected(peer.id)
  }

  disconnected (peer: string): void {
    this.init.replication.disconnected(peer)
    this.settling.recovery.lost(peer)
  }

  /** Of the peers that were asked how many answered. */
  tally (): { answered: number, of: number } {
    return this.settling.tally()
  }

  /**
   * @throws {TypeError | TooLargeError | TooManyWritesError | RecoveredFirstError | InsideMergeError}
   */
  async write (data: Uint8Array, options: WriteOptions = {}, preferred?: string): Promise<WriteResult> {
    checkOutsideMerge()
    checkData('a stash', data, this.init.maxStash)

    // the caller may go on using its buffer
    return await this.writes.add(new Uint8Array(data), options, preferred)
  }

  /** Forgets the local stash and searches anew. */
  clear (): void {
    // what is forgotten here may be held elsewhere
    this.fresh = false
    this.author.forget()
    this.condition.recovered = undefined
    this.writes.unread = false
    this.search()
  }

  /** The application has read the stash, so what it writes builds on it. */
  read (): void {
    this.writes.unread = false
  }

  /** A holder told of a record of ours. */
  met (record: RecordHeader, placement: Placement | undefined, from: string): void {
    this.lookout.met(record, placement, from)
  }

  /** `version` cannot be acknowledged any longer: the same content, sealed anew, can. */
  async revise (version: Version): Promise<void> {
    await this.author.revise(version)
  }

  /**
   * Asks every stash peer at once; what is found goes the way of everything that is found.
   *
   * @throws {UnreachableError | NotFoundError}
   */
  async askAll (options: AbortOptions = {}): Promise<void> {
    const found = await askEverybody(this.init, options)
    const { recovery } = this.settling

    if (recovery.active) {
      if (this.state === 'empty') {
        this.condition.is('searching')
      }

      this.init.network.peers().forEach(({ id }) => { recovery.met(id) })
    } else {
      found.forEach(({ peer, record, placement }) => { this.met(record, placement, peer) })
      await this.lookout.surprises.strangers.settled()
      await this.resolve()
    }
  }

  /** Deletes our stash everywhere. */
  async forget (options: WriteOptions = {}): Promise<ForgetResult> {
    await bury(this.parts)

    return await this.init.replication.forgotten(options)
  }

  /** Nothing is open that a write should wait for. */
  private get isReady (): boolean {
    return !this.stopped && (this.state === 'settled' || this.state === 'empty') && this.lookout.surprises.strangers.list.length === 0
  }

  private search (): void {
    this.lookout.surprises.strangers.clear()

    if (this.stopped) {
      this.condition.is('searching')
    } else {
      this.settling.search()
    }
  }

  /** Decides what the records mean that turned up. */
  private async resolve (): Promise<void> {
    await this.author.turns.run(async () => {
      if (this.stopped || this.settling.recovery.active) {
        return
      }

      const { current, tombstone } = this.init.own

      if (current == null && tombstone == null) {
        // it was thought that there was nothing, and there is something
        this.writes.unread = true
        this.search()
        return
      }

      const doubt = await this.lookout.surprises.resolve()

      if (doubt == null) {
        this.condition.is(this.init.own.current == null ? 'empty' : 'settled')
        this.writes.flush()
      } else {
        this.condition.isDoubtful(doubt)
      }
    })
  }

  /** Undefined if something came up that has to be decided first. */
  private async commit (write: PendingWrite): Promise<Committed | undefined> {
    const isSealed = await this.author.turns.run(async () => {
      if (!this.isReady) {
        return false
      }

      this.settling.recovery.stop()

      if (!await this.author.write(write.data, write.waited, write.preferred)) {
        return false
      }

      this.condition.is('settled')

      return true
    })
    const version = this.init.own.current

    return isSealed && version != null ? committed(this.init, version, write.options, write.preferred) : undefined
  }
}
