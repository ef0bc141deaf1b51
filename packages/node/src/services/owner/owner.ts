import { unlessAborted } from '../unless-aborted.ts'
import { askEverybody } from '../recovery/ask-everybody.ts'
import { bury } from './burial.ts'
import { checkData } from './check-data.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import { checkTwin } from './check-twin.ts'
import { makeOwnerParts } from './owner-parts.ts'
import { Way } from './way.ts'
import type { Doubt, ForgetResult, StashState, Twin, WriteOptions, WriteResult } from '../../api.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { Decisions } from './decisions.ts'
import type { Lookout } from './lookout.ts'
import type { Offers } from './offers.ts'
import type { Version } from './own-stash.ts'
import type { OwnWatermark } from './own-watermark.ts'
import type { OwnerInit, OwnerParts } from './owner-parts.ts'
import type { Settling } from '../recovery/settling.ts'
import type { Committed, PendingWrite, Writes } from './writes.ts'
import type { NetworkPeer, Placement, RecordHeader } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

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
  private readonly parts: OwnerParts
  private readonly way: Way
  private stopped = true
  /** Nobody can hold anything of ours. */
  private fresh: boolean

  constructor (init: OwnerInit) {
    this.init = init
    this.fresh = init.fresh
    this.way = new Way(init)
    this.parts = makeOwnerParts(init, {
      isReady: () => this.isReady,
      commit: async write => await this.commit(write),
      isStopped: () => this.stopped,
      resolve: () => { void this.resolve() },
      met: (record, placement, from) => { this.met(record, placement, from) }
    })
    ;({
      condition: this.condition, author: this.author, writes: this.writes, settling: this.settling, lookout: this.lookout, offers: this.offers, watermark: this.watermark, decisions: this.decisions
    } = this.parts)
  }

  get state (): StashState {
    return this.condition.state
  }

  get doubt (): Doubt | null {
    const { condition, lookout, settling } = this

    // who shows what goes on to be learnt
    return condition.doubt == null || settling.recovery.active ? condition.doubt : lookout.surprises.doubt() ?? condition.doubt
  }

  /** How the stash came back, and how sure that is. */
  get recovered (): Condition['recovered'] {
    return this.condition.recovered
  }

  /** Versions that turned up since, of which it is not decided yet what they mean. */
  get undecided (): number {
    return this.settling.recovery.active ? 0 : this.lookout.surprises.strangers.list.length
  }

  /** The application wrote, a merge did, or a person chose, since the content was recovered. */
  get written (): boolean {
    return this.author.standing.written
  }

  /** What is current came back from holders that cannot tell if it was deleted, and nothing was written since. */
  get mayBeDeleted (): boolean {
    return this.init.own.current != null && !this.written && this.condition.recovered?.mayBeDeleted === true
  }

  /** Bytes of the latest write that waits. */
  get pending (): number | null {
    return this.writes.latest?.data.byteLength ?? null
  }

  /** Writes that are not sealed yet. */
  get waiting (): number {
    return this.writes.waiting
  }

  /** Another process with our soul, if one was seen. */
  get twin (): Twin | null {
    return this.lookout.twin
  }

  /** Another boot of ours lives: it was heard itself, or `from` is connected with both. */
  heardTwin (boot: string, from?: string): void {
    this.lookout.heardTwin(boot, from)
  }

  start (): void {
    const { own, replication } = this.init

    this.stopped = false
    replication.start()
    this.writes.start()

    if (own.current != null || own.tombstone != null) {
      // stopped and started again: this process knows its stash
      this.lookout.start()
      void this.resolve()
    } else if (this.fresh) {
      this.condition.is('empty')
      this.writes.flush()
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
   * @throws {TypeError | TooLargeError | TooManyWritesError | RecoveredFirstError | InsideMergeError | TwinError}
   */
  async write (data: Uint8Array, options: WriteOptions = {}, preferred?: string): Promise<WriteResult> {
    checkOutsideMerge()
    checkData('a stash', data, this.init.maxStash)

    const { clock } = this.init
    const since = clock.now()
    // the caller may go on using its buffer
    const result = await this.writes.add(new Uint8Array(data), options, preferred)

    return await checkTwin(result, { parts: this.parts, clock, since, options })
  }

  /** Forgets the local stash and searches anew. */
  clear (): void {
    // what is forgotten here may be held elsewhere
    this.fresh = false
    this.writes.close()
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

      recovery.askAnew()
    } else {
      const { strangers } = this.lookout.surprises

      found.forEach(({ peer, record, placement }) => { this.met(record, placement, peer) })
      // of what may have been cut short, its holders are asked only when the first is decided
      for (let i = 0; i < 2; i++) {
        await unlessAborted(strangers.settled(), options.signal)
        await unlessAborted(this.resolve(), options.signal)
      }
    }
  }

  /** Deletes our stash everywhere. */
  async forget (options: WriteOptions = {}): Promise<ForgetResult> {
    await bury(this.parts, options)

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

      const { own } = this.init
      const { boot, current, tombstone } = own

      if (current == null && tombstone == null) {
        // it was thought that there was nothing, and there is something
        this.fresh = false
        this.writes.unread = true
        this.search()
        return
      }

      const doubt = await this.lookout.surprises.resolve()

      if (this.stopped || this.settling.recovery.active || own.boot !== boot) {
        // of what was forgotten meanwhile there is nothing to say
        return
      }

      if (doubt == null) {
        // who wrote in a doubt may not have been able to read
        if (this.state === 'doubtful') {
          this.writes.recovered()
        }

        this.condition.is(own.current == null ? 'empty' : 'settled')
        this.writes.flush()
      } else {
        this.condition.isDoubtful(doubt)
      }
    })
  }

  /** Undefined if something came up that has to be decided first. */
  private async commit (write: PendingWrite): Promise<Committed | undefined> {
    return await this.author.turns.run(async () => {
      if (!this.isReady || write.isTakenBack) {
        return
      }

      this.settling.recovery.stop()

      if (!await this.author.write(write)) {
        return
      }

      this.condition.is('settled')

      const { own: { current }, replication } = this.init

      if (current != null) {
        // still in its turn: what is decided next is not what became of this one
        write.sealed({ seq: String(current.record.seq), outcome: async options => await replication.outcome(options) })

        return { way: this.way.of(current) }
      }
    })
  }
}
