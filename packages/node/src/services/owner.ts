import { deadlineSignal, order } from '@nara-stash/protocol'
import { ASK_TIMEOUT } from '../constants.ts'
import { NotFoundError, RecoveredFirstError, RefusedError, TooLargeError, UnreachableError } from '../errors.ts'
import { Recovery, verified } from './recovery.ts'
import { Writes } from './writes.ts'
import type { Doubt, Merge, StashState, WriteOptions, WriteResult } from '../api.ts'
import type { Decision } from '../policy/settle.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { PendingWrite } from './writes.ts'
import type { Origin } from './recovery.ts'
import type { Replication } from './replication.ts'
import type { Caller, Clock, FetchResponse, IncomingRequest, NetworkPeer, Placement, RecordHeader, StashNetwork, StashResponse, WantsBody } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

type Offer = Extract<IncomingRequest, { type: 'offer' }>

export interface OwnerInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  clock: Clock
  merge: Merge | undefined
  fresh: boolean
  maxStash: number
  admits (peer: string): boolean
  heard (): RecordHeader[]
  onState (state: StashState, previous: StashState): void
  onFound (version: Version, origin: Origin): void
  onRecovered (version: Version, origin: Origin, settled: Extract<Decision, { type: 'settled' }>): void
  onDoubt (doubt: Doubt): void
  onSetAside (bytes: number, timestamp: number): void
}

/**
 * The owner's side: knows what state the stash is in, lets writes through when it is known, and decides what a record means that turns up
 * unexpectedly.
 */
export class Owner {
  state: StashState = 'searching'
  doubt: Doubt | null = null
  /** How the stash came back, and how sure that is. */
  recovered: { origin: Origin, confirmed: boolean } | undefined

  private readonly init: OwnerInit
  private readonly recovery: Recovery
  private readonly writes: Writes
  /** The placement with which recovery was confirmed. */
  private confirmedBy: string | undefined

  constructor (init: OwnerInit) {
    this.init = init
    this.recovery = new Recovery({
      ...init,
      onFound: (version, via, from) => { init.onFound(version, { via, from }) },
      onDecision: decision => { this.decided(decision) }
    })
    this.writes = new Writes({
      clock: init.clock,
      isReady: () => this.state === 'settled' || this.state === 'empty',
      commit: async write => await this.commit(write),
      result: () => init.replication.result()
    })
  }

  start (): void {
    this.init.replication.start()

    if (this.init.fresh) {
      this.setState('empty')
    } else {
      this.recovery.begin()
    }
  }

  stop (): void {
    this.recovery.stop()
    this.init.replication.stop()
    this.writes.stop()
  }

  connected (peer: NetworkPeer): void {
    this.init.replication.connected(peer)

    if (this.searching) {
      this.recovery.met(peer.id)
    }
  }

  disconnected (peer: string): void {
    this.init.replication.disconnected(peer)
    this.recovery.lost(peer)
  }

  tally (): { answered: number, of: number } {
    const answers = this.recovery.tally()

    return { answered: answers.filter(({ status }) => status === 'answered').length, of: answers.length }
  }

  /** Bytes of the latest write that waits. */
  get pending (): number | null {
    return this.writes.latest?.data.byteLength ?? null
  }

  /**
   * @throws {TooLargeError | RecoveredFirstError}
   */
  async write (data: Uint8Array, options: WriteOptions = {}, preferred?: string): Promise<WriteResult> {
    if (data.byteLength > this.init.maxStash) {
      throw new TooLargeError(`a stash of ${data.byteLength} bytes is over the limit of ${this.init.maxStash}`)
    }

    // the caller may go on using its buffer
    return await this.writes.add(new Uint8Array(data), options, preferred)
  }

  /** Forgets the local stash and searches anew. */
  clear (): void {
    this.init.own.clear()
    this.init.replication.reset()
    this.confirmedBy = undefined
    this.recovered = undefined
    this.doubt = null
    this.writes.unread = false
    this.recovery.begin()
    this.setState('searching')
  }

  /** The application has read the stash, so what it writes builds on it. */
  read (): void {
    this.writes.unread = false
  }

  /** A holder offers us our stash. */
  async offered (caller: Caller, offer: Offer): Promise<StashResponse | WantsBody> {
    const { own, replication } = this.init
    const { record, placement } = offer

    if (this.searching) {
      return this.recovery.offered(caller, offer)
    }

    own.note(record)
    const { current } = own
    const relation = current == null ? 'superseded' : order(current.record, record)

    if (relation === 'same') {
      replication.confirm(caller.peer, placement.id)

      return { type: 'have' }
    }

    if (current != null && (relation === 'supersedes' || this.absorb(record, placement))) {
      return replication.acknowledged && !replication.holders.includes(caller.peer)
        ? { type: 'relieved' }
        : { type: 'newer', record: current.record }
    }

    return {
      type: 'wanted',
      receive: async (body) => {
        await this.stranger(own.open(record, verified(record, body)), caller.peer)

        return { type: 'stored' }
      },
      abandon: () => {}
    }
  }

  /** A holder answered a STORE with a record of ours that we did not know. */
  async met (record: RecordHeader, placement: Placement | undefined, from: string): Promise<void> {
    this.init.own.note(record)

    if (this.searching || this.absorb(record, placement)) {
      return
    }

    try {
      await this.stranger(await this.fetch(from), from)
    } catch (err) {
      if (!this.init.own.covers(record)) {
        this.raiseDoubt(record, from, false)
      }
    }
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

    if (answer.type === 'not-found' || answer.body == null || answer.record.owner !== this.init.own.owner) {
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
    const { network, admits } = this.init
    const peers = network.peers().filter(({ id }) => admits(id))
    const answers = await Promise.allSettled(peers.map(async ({ id }) => ({ id, answer: await this.askHeader(id, options) })))
    const heard = answers.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])

    options.signal?.throwIfAborted()

    if (heard.length === 0) {
      throw new UnreachableError(peers.length === 0 ? 'no stash peer is connected' : `none of ${peers.length} connected stash peers answered`)
    }

    const found = heard.flatMap(({ id, answer }) => answer.type === 'found' && answer.record.owner === this.init.own.owner ? [{ id, ...answer }] : [])

    if (found.length === 0 && this.init.own.current == null) {
      throw new NotFoundError(`none of ${heard.length} stash peers that answered holds anything of ours`)
    }

    if (this.searching) {
      if (this.state === 'empty') {
        this.setState('searching')
      }

      peers.forEach(({ id }) => { this.recovery.met(id) })
    } else {
      for (const { id, record, placement } of found) {
        if (!this.init.own.covers(record)) {
          await this.met(record, placement, id)
        }
      }
    }
  }

  private async askHeader (peer: string, { signal }: AbortOptions): Promise<FetchResponse> {
    const deadline = deadlineSignal(this.init.clock, ASK_TIMEOUT, signal)

    try {
      return await this.init.network.ask(peer, { type: 'fetch', whole: false }, { signal: deadline.signal })
    } finally {
      deadline.clear()
    }
  }

  /** While recovery runs, what is offered and met feeds it; afterwards it is news to an owner that knows its stash. */
  private get searching (): boolean {
    return this.recovery.active
  }

  private decided (decision: Decision): void {
    switch (decision.type) {
      case 'searching':
        break
      case 'waiting':
        if (decision.found && this.state === 'searching') {
          this.setState('recovering')
        }
        break
      case 'empty':
        this.setState('empty')
        this.writes.flush()
        break
      case 'doubtful':
        void this.doubtful(decision)
        break
      case 'settled':
        this.settled(decision)
    }
  }

  private settled (decision: Extract<Decision, { type: 'settled' }>): void {
    const { own, replication } = this.init
    const version = this.recovery.version(decision.best.id)

    if (version == null) {
      return
    }

    // an application that was told "empty" may be about to write without having read this
    this.writes.unread = this.state === 'empty' || this.writes.unread
    this.recovery.stop()
    this.doubt = null
    this.confirmedBy = decision.confirmed ? decision.placement.id : undefined
    this.recovered = { origin: version.origin, confirmed: decision.confirmed }
    own.adopt(version)
    replication.adopt(version, decision.placement, this.recovery.tally()
      .filter(({ record, connected }) => connected && record?.id === version.record.id)
      .map(({ peer, placement }) => ({ peer, placement: placement?.id ?? '' })), decision.confirmed)
    this.setState('settled')
    this.init.onRecovered(version, version.origin, decision)
    this.writes.recovered()
    this.writes.flush()
  }

  private async doubtful ({ reason, newest }: Extract<Decision, { type: 'doubtful' }>): Promise<void> {
    const { own, merge, replication } = this.init
    const versions = newest.flatMap(({ id }) => this.recovery.version(id) ?? [])

    if (merge != null && reason === 'CONFLICT' && versions.length === newest.length && versions.length > 1) {
      this.recovery.stop()
      const [first, ...others] = versions.toSorted((a, b) => a.record.seq - b.record.seq) as [Version & { origin: Origin }, ...Version[]]
      let data = first.data

      for (const other of others) {
        data = await merge(other.data, data)
      }

      newest.forEach(record => { own.buildOn(record) })
      own.adopt(first)
      replication.replicate(await own.seal(data))
      this.recovered = { origin: first.origin, confirmed: false }
      this.setState('settled')
      this.writes.recovered()
      this.writes.flush()
      return
    }

    const doubt: Doubt = {
      reason,
      records: newest.map(({ id, seq }) => ({
        id,
        seq: String(seq),
        readable: versions.some(({ record }) => record.id === id),
        holders: this.recovery.tally().filter(({ record }) => record?.id === id).map(({ peer }) => peer)
      }))
    }
    const told = JSON.stringify(this.doubt) === JSON.stringify(doubt)

    this.doubt = doubt
    this.setState('doubtful')

    if (!told) {
      this.init.onDoubt(doubt)
    }
  }

  /**
   * True if `record` needs no decision: what we have builds on it, or it is what a crash of ours left behind. Recovery was confirmed by
   * the very placement that it came with, so minCopies never acknowledged it: the next record takes it into its past.
   */
  private absorb (record: RecordHeader, placement: Placement | undefined): boolean {
    const { own, replication } = this.init

    if (own.covers(record)) {
      return true
    }

    if (this.state !== 'settled' || own.current == null || this.confirmedBy == null || placement?.id !== this.confirmedBy || record.boot === own.boot) {
      return false
    }

    own.buildOn(record)
    void own.seal(own.current.data).then(version => { replication.replicate(version) })

    return true
  }

  /** A version of ours that we did not know, and that nothing explains. */
  private async stranger (version: Version, from: string): Promise<void> {
    const { own, merge, replication } = this.init

    if (own.covers(version.record)) {
      return
    }

    if (merge == null || own.current == null || this.state !== 'settled') {
      this.putAside(version.data, version.createdAt)
      this.raiseDoubt(version.record, from, true)
      return
    }

    const data = await merge(version.data, own.current.data)
    own.buildOn(version.record)
    replication.replicate(await own.seal(data))
  }

  private raiseDoubt (record: RecordHeader, from: string, readable: boolean): void {
    const { current } = this.init.own
    const above = current != null && order(record, current.record) === 'supersedes'

    this.doubt = {
      reason: above ? 'ROLLBACK_SUSPECTED' : 'CONFLICT',
      records: [
        { id: record.id, seq: String(record.seq), readable, holders: [from] },
        ...(current == null ? [] : [{ id: current.record.id, seq: String(current.record.seq), readable: true, holders: [...this.init.replication.holders] }])
      ]
    }
    this.setState('doubtful')
    this.init.onDoubt(this.doubt)
  }

  private async commit ({ data, preferred, options, waited }: PendingWrite): Promise<WriteResult> {
    const { own, replication, merge } = this.init
    let content = data

    if (waited && own.current != null) {
      if (merge == null) {
        this.putAside(data, this.init.clock.wallTime())
        throw new RecoveredFirstError('a stash was recovered before this write: read it, then write again')
      }

      content = await merge(own.current.data, data)
    }

    this.recovery.stop()
    replication.replicate(await own.seal(content), preferred)
    this.setState('settled')

    return await replication.outcome({ ...options, ...(preferred == null ? {} : { until: { peer: preferred } }) })
  }

  private putAside (data: Uint8Array, timestamp: number): void {
    this.init.own.putAside(data, timestamp)
    this.init.onSetAside(data.byteLength, timestamp)
  }

  private setState (state: StashState): void {
    if (state !== this.state) {
      const previous = this.state
      this.state = state
      this.init.onState(state, previous)
    }
  }
}

