import { createHash } from 'node:crypto'
import { naraId, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { DoubtfulError, NotDoubtfulError, NotFoundError, TooLargeError } from '@nara-stash/node'
import { TypedEventEmitter } from 'main-event'
import type {
  Doubt, DrillResult, ForgetResult, Leave, Nara, NaraOptions, PeerStatus, SetAsideStash, Stash, StashData, StashEvents, StashState, StashStatus, Twin, VerifyResult,
  WriteResult
} from '@nara-stash/node'

/** A stash without a network: the test says what it knows and how its writes end. */
export class FakeStash extends TypedEventEmitter<StashEvents> {
  state: StashState = 'empty'
  data: StashData | undefined
  seq = 0
  confidants: string[] = []
  targetConfidants = 3
  storageLimit = 20
  storedCount = 0
  peersMet: PeerStatus[] = []
  outcome: Partial<WriteResult> = { outcome: 'kept', copies: 3 }
  /** Thrown by the next call that can fail. */
  failure: Error | undefined
  timeouts: Array<number | undefined> = []
  recovered: Uint8Array | undefined
  aside: SetAsideStash[] = []
  doubt: Doubt | null = null
  recovery: Partial<StashStatus['recovery']> = {}
  twin: Twin | null = null
  decisions: string[] = []
  forgotten: Partial<ForgetResult> = {}
  proof: Partial<VerifyResult> = {}
  drilled: Partial<DrillResult> = {}
  left: Partial<Leave> = {}

  constructor (readonly options: NaraOptions) {
    super()
    this.confidants = [...options.confidants ?? []]
  }

  async setStashData (data: Uint8Array, options: { timeout?: number } = {}): Promise<WriteResult> {
    this.fail()

    if (data.length > (this.options.maxStash ?? Infinity)) {
      throw new TooLargeError('too large')
    }

    this.timeouts.push(options.timeout)
    this.data = { data, timestamp: 1_000 }
    this.seq++
    this.become('settled')

    return { outcome: 'kept', seq: String(this.seq), copies: 0, minimum: 2, target: 3, failures: [], ...this.outcome }
  }

  getStashData (): StashData | undefined { return this.data }

  get hasData (): boolean { return this.data != null }

  setAside (): SetAsideStash[] { return this.aside }

  async recoverFromAny (): Promise<Uint8Array> {
    this.fail()

    if (this.doubt != null) {
      throw new DoubtfulError('what came back does not settle it')
    }

    if (this.recovered == null) {
      throw new NotFoundError('nobody holds anything')
    }

    this.data = { data: this.recovered, timestamp: 1_000 }
    this.become('settled')

    return this.recovered
  }

  /** As recoverFromAny ends in doubt. */
  inDoubt (doubt: Doubt): void {
    this.doubt = doubt
    this.become('doubtful')
  }

  async acceptOlder (options: { timeout?: number } = {}): Promise<WriteResult> {
    this.decide('older')

    return await this.setStashData(Buffer.from('the older one'), options)
  }

  async adopt (id: string, options: { timeout?: number } = {}): Promise<WriteResult> {
    this.decide(id)

    return await this.setStashData(Buffer.from('adopted'), options)
  }

  async startFresh (): Promise<void> {
    this.decide('fresh')
    this.data = undefined
    this.become('empty')
  }

  async forgetStash ({ timeout }: { timeout?: number } = {}): Promise<ForgetResult> {
    this.fail()
    this.timeouts.push(timeout)
    this.data = undefined
    this.become('empty')

    return { outcome: 'forgotten', acknowledged: 3, of: 3, failures: [], ...this.forgotten }
  }

  async verify (): Promise<VerifyResult> {
    this.fail()

    return { seq: '7', copies: [], have: 3, minimum: 2, target: 3, ...this.proof }
  }

  async drill (): Promise<DrillResult> {
    this.fail()

    return {
      outcome: 'identical', doubt: null, seq: '7', bytes: 1024, holders: 3, answered: 3, of: 4, confirmed: true, mayBeDeleted: false, ms: { settled: 900, body: 300, total: 1_200 }, ...this.drilled
    }
  }

  async leave (): Promise<Leave> {
    this.fail()
    const left: Leave = { kept: 0, handedOn: 1, withOwner: 0, left: [], own: null, deletion: null, waiting: 0, setAside: 0, ...this.left }
    this.emit('held:leaving', { owner: 'an owner', name: 'zoe', outcome: left.left.length > 0 ? 'left' : 'handedOn' })
    this.emit('leave', left)

    return left
  }

  setConfidants (peers: readonly string[]): void {
    this.fail()
    this.confidants = [...peers]
  }

  async selectConfidantsAutomatically (): Promise<string[]> {
    this.fail()

    return this.confidants
  }

  peers (): PeerStatus[] { return this.peersMet }

  status (): StashStatus {
    const { soul } = this.options
    const data = this.data?.data

    return {
      peerId: soul == null ? 'nobody' : peerIdString(publicKeyOf(soul)),
      naraId: soul == null ? '' : naraId(soul),
      name: soul?.name ?? '',
      state: this.state,
      stash: data == null
        ? null
        : { seq: String(this.seq), bytes: data.length, sha256: createHash('sha256').update(data).digest('hex'), updatedAt: new Date(1_000).toISOString() },
      deleted: null,
      safe: data == null ? null : this.confidants.length >= 2,
      pending: null,
      copies: { have: this.confidants.length, minimum: 2, target: 3, keptUntil: null },
      confidants: this.confidants.map(peerId => ({ peerId, name: 'kiosk\u001b[2J', since: new Date(0).toISOString(), state: 'trusted', pinned: true, keeps: 'in memory' })),
      held: { count: 0, limit: 20, bytes: 0, byteLimit: 1024, accepting: true, diskFull: false },
      recovery: { via: null, from: null, confirmed: false, mayBeDeleted: false, undecided: 0, written: false, answered: 0, of: 0, ...this.recovery, doubt: this.doubt },
      twin: this.twin
    }
  }

  become (state: StashState): void {
    const previous = this.state

    this.state = state
    this.emit('stash:state', { state, previous })
  }

  emit<K extends keyof StashEvents>(name: K, detail: StashEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  private decide (what: string): void {
    this.fail()

    if (this.doubt == null && !this.aside.some(({ id }) => id === what)) {
      throw new NotDoubtfulError('nothing is in doubt')
    }

    this.decisions.push(what)
    this.doubt = null
  }

  private fail (): void {
    const { failure } = this

    this.failure = undefined

    if (failure != null) {
      throw failure
    }
  }
}

/** A nara around a FakeStash. */
export class FakeNara {
  readonly peerId: string
  readonly name: string
  readonly addresses: string[]
  /** As told; a test may say what came of it. */
  listening: readonly string[]
  readonly stash: Stash
  readonly fake: FakeStash
  started = false
  stopped = false
  startFailure: Error | undefined
  starting: Promise<void> = Promise.resolve()
  stopping: Promise<void> = Promise.resolve()

  constructor (readonly options: NaraOptions) {
    this.fake = new FakeStash(options)
    this.stash = this.fake as unknown as Stash
    this.peerId = this.fake.status().peerId
    this.name = options.soul?.name ?? ''
    this.listening = options.listen ?? []
    this.addresses = [`/ip4/127.0.0.1/tcp/4001/p2p/${this.peerId}`]
  }

  async start (): Promise<void> {
    if (this.startFailure != null) {
      throw this.startFailure
    }

    await this.starting
    this.started = true
  }

  async stop (): Promise<void> {
    await this.stopping
    this.stopped = true
  }

  asNara (): Nara {
    return this as unknown as Nara
  }
}
