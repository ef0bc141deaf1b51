import { MAX_WAITING_BYTES } from '../constants.ts'
import { NotDoubtfulError, NotFoundError, RefusedError } from '../errors.ts'
import { askEverybody } from './ask-everybody.ts'
import { Author } from './author.ts'
import { checkData } from './check-data.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import { committed } from './committed.ts'
import { Condition } from './condition.ts'
import { Offers } from './offers.ts'
import { Settling } from './settling.ts'
import { isOurs } from './strangers.ts'
import { Surprises } from './surprises.ts'
import { Writes } from './writes.ts'
import type { Doubt, DrillResult, ForgetResult, Merge, StashState, Twin, VerifyResult, WriteOptions, WriteResult } from '../api.ts'
import type { ConditionInit } from './condition.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Origin } from './bodies.ts'
import type { Offer } from './recovery.ts'
import type { Replication } from './replication.ts'
import type { Committed, PendingWrite } from './writes.ts'
import type { Caller, Clock, NetworkPeer, Placement, RecordHeader, StashNetwork, StashResponse, WantsBody } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface OwnerInit extends ConditionInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  clock: Clock
  merge: Merge | undefined
  fresh: boolean
  maxStash: number
  admits (peer: string): boolean
  heard (): RecordHeader[]
  onFound (version: Version, origin: Origin): void
  onSetAside (bytes: number, timestamp: number): void
}

/** The owner's side: knows what state the stash is in, and lets writes through when it is known. */
export class Owner {
  private readonly init: OwnerInit
  private readonly condition: Condition
  private readonly author: Author
  private readonly writes: Writes
  private readonly settling: Settling
  private readonly surprises: Surprises
  private readonly offers: Offers
  private stopped = true
  /** Nobody can hold anything of ours. */
  private fresh: boolean

  constructor (init: OwnerInit) {
    this.init = init
    this.fresh = init.fresh
    this.condition = new Condition(init)
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
      heard: witnessed => [...init.heard(), ...witnessed],
      onSettled: () => { void this.resolve() },
      onStranger: (record, placement, from) => { this.met(record, placement, from) }
    })
    this.surprises = new Surprises({
      ...parts,
      onChange: () => { void this.resolve() },
      onNewer: (version, origin) => {
        this.writes.unread = true
        this.writes.recovered()
        this.condition.isBack(version, origin, { confirmed: false, ...this.tally() })
      }
    })
    this.offers = new Offers({
      ...parts,
      recovery: this.settling.recovery,
      strangers: this.surprises.strangers,
      turns: this.author.turns,
      isStopped: () => this.stopped
    })
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

  start (): void {
    const { own, replication } = this.init

    this.stopped = false
    replication.start()
    this.writes.start()

    if (own.current != null) {
      // stopped and started again: this process knows its stash
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
    this.surprises.strangers.stop()
    this.init.replication.stop()
    this.writes.stop()
  }

  connected (peer: NetworkPeer): void {
    this.init.replication.connected(peer)
    this.settling.recovery.met(peer.id)
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

  /** A holder offers us our stash. */
  async offered (caller: Caller, offer: Offer): Promise<StashResponse | WantsBody> {
    return await this.offers.offered(caller, offer)
  }

  /** A holder answered a STORE with a record of ours that we did not know. */
  met (record: RecordHeader, placement: Placement | undefined, from: string): void {
    const { own } = this.init

    own.note(record)

    if (!this.stopped && !this.settling.recovery.active && !own.covers(record)) {
      this.surprises.strangers.heard(record, placement, from)
    }
  }

  /** `version` cannot be acknowledged any longer: the same content, sealed anew, can. */
  async revise (version: Version): Promise<void> {
    await this.author.revise(version)
  }

  /**
   * What `peer` holds for us, opened.
   *
   * @throws {NotFoundError | WrongKeyError | RefusedError | TimeoutError | UnreachableError}
   */
  async fetch (peer: string, options?: AbortOptions): Promise<Version> {
    const answer = await this.init.network.ask(peer, { type: 'fetch', whole: true }, options)

    if (answer.type === 'refused') {
      throw new RefusedError(`${peer} refuses: ${answer.reason}`, answer.reason)
    }

    if (answer.type === 'not-found' || answer.body == null || !isOurs(answer, this.init.own.owner)) {
      throw new NotFoundError(`${peer} holds nothing of ours`)
    }

    return this.init.own.open(answer.record, answer.body)
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
      await this.surprises.strangers.settled()
      await this.resolve()
    }
  }

  readonly twin: Twin | null = null

  async acceptOlder (_options: WriteOptions = {}): Promise<WriteResult> {
    throw new NotDoubtfulError('nothing is in doubt')
  }

  async adopt (_recordId: string, _options: WriteOptions = {}): Promise<WriteResult> {
    throw new NotDoubtfulError('nothing is in doubt')
  }

  async startFresh (_options: AbortOptions = {}): Promise<void> {
    throw new NotDoubtfulError('nothing is in doubt')
  }

  async forget (_options: WriteOptions = {}): Promise<ForgetResult> {
    throw new NotFoundError('there is no stash')
  }

  async verify (_options: AbortOptions = {}): Promise<VerifyResult> {
    throw new NotFoundError('there is no stash')
  }

  async drill (_options: AbortOptions = {}): Promise<DrillResult> {
    throw new NotFoundError('there is no stash')
  }

  /** Nothing is open that a write should wait for. */
  private get isReady (): boolean {
    return !this.stopped && (this.state === 'settled' || this.state === 'empty') && this.surprises.strangers.list.length === 0
  }

  private search (): void {
    this.surprises.strangers.clear()

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

      if (this.init.own.current == null) {
        // it was thought that there was nothing, and there is something
        this.writes.unread = true
        this.search()
        return
      }

      const doubt = await this.surprises.resolve()

      if (doubt == null) {
        this.condition.is('settled')
        this.writes.flush()
      } else {
        this.condition.isDoubtful(doubt)
      }
    })
  }

  /** Undefined if something came up that has to be decided first. */
  private async commit ({ data, preferred, options, waited }: PendingWrite): Promise<Committed | undefined> {
    const isSealed = await this.author.turns.run(async () => {
      if (!this.isReady) {
        return false
      }

      this.settling.recovery.stop()

      if (!await this.author.write(data, waited, preferred)) {
        return false
      }

      this.condition.is('settled')

      return true
    })
    const version = this.init.own.current

    return isSealed && version != null ? committed(this.init, version, options, preferred) : undefined
  }
}
