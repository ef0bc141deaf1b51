import { TypedEventEmitter } from 'main-event'
import { NoSoulError, NotEnoughConfidantsError, NotFoundError, DoubtfulError, RefusedError, StoppingError, TimeoutError, UnreachableError } from './errors.ts'
import { select } from './policy/select.ts'
import { splitBody } from './sealed-body.ts'
import { candidatesAmong, checkConfidants } from './services/replication/confidants.ts'
import { drill } from './services/recovery/drill.ts'
import { requestFrom } from './services/recovery/request-from.ts'
import { asSetAside } from './services/owner/set-aside.ts'
import { verify } from './services/replication/verify.ts'
import { peerStatuses, stashStatus } from './status.ts'
import type {
  DrillResult, ForgetResult, Leave, PeerStatus, SetAsideStash, Stash, StashData, StashEvents, StashState, StashStatus, StoredStash, VerifyResult, WriteOptions,
  WriteResult
} from './api.ts'
import type { StashParts } from './compose.ts'
import type { Candidate } from './policy/select.ts'
import type { Owner } from './services/owner/owner.ts'
import type { OwnStash } from './services/owner/own-stash.ts'
import type { Replication } from './services/replication/replication.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'

const OFFER_OUTCOMES = {
  stored: 'taken',
  have: 'had it',
  newer: 'had a newer one',
  conflict: 'had a newer one',
  relieved: 'relieved',
  refused: 'refused'
} as const

/**
 * The stash service as a table of contents: every verb is carried out by a part (compose.ts makes them).
 */
export class StashService extends TypedEventEmitter<StashEvents> implements Stash, Startable {
  readonly [Symbol.toStringTag] = '@nara-stash/node'

  readonly #parts: StashParts
  /** Aborts as soon as we stop. */
  #running = new AbortController()
  #starting: Promise<void> = Promise.resolve()

  constructor (compose: (service: StashService) => StashParts) {
    super()
    this.#parts = compose(this)
  }

  async start (): Promise<void> {
    this.#running = new AbortController()
    await (this.#starting = this.#parts.start())
  }

  /** Runs when the whole host has started: from here on everybody can be reached. */
  async afterStart (): Promise<void> {
    await (this.#starting = this.#parts.afterStart())
  }

  async leave (): Promise<Leave> {
    return await this.#parts.leave()
  }

  async beforeStop (): Promise<void> {
    this.#running.abort(new StoppingError('this nara stops'))
    // a host whose other parts fail to start stops this one while it starts
    await this.#starting.catch(() => {})
    await this.#parts.beforeStop()
  }

  async stop (): Promise<void> {
    await this.#parts.stop()
  }

  get state (): StashState {
    return this.#parts.owning?.owner.state ?? 'empty'
  }

  get confidants (): string[] {
    return [...this.#parts.owning?.replication.confidants ?? []]
  }

  get targetConfidants (): number {
    return this.#parts.options.target
  }

  get storageLimit (): number {
    return this.#parts.held.capacity.stashes
  }

  get storedCount (): number {
    return this.#parts.held.count
  }

  async setStashData (data: Uint8Array, options?: WriteOptions): Promise<WriteResult> {
    return await this.owning.owner.write(data, options)
  }

  getStashData (): StashData | undefined {
    const { owner, own } = this.owning

    if (own.current == null) {
      return
    }

    owner.read()

    return { data: new Uint8Array(own.current.data), timestamp: own.current.createdAt, ...(owner.mayBeDeleted && { mayBeDeleted: true }) }
  }

  hasStashData (): boolean {
    return this.#parts.owning?.own.current != null
  }

  clearMyStash (): void {
    this.owning.owner.clear()
  }

  async distributeToConfidants (options: WriteOptions = {}): Promise<WriteResult> {
    const { own, replication } = this.owning

    if (own.current == null) {
      throw new NotFoundError('there is no stash to distribute yet')
    }

    return await replication.outcome({ ...options, until: 'all' })
  }

  async storeWith (peer: string, data: Uint8Array, options?: WriteOptions): Promise<void> {
    checkConfidants([peer], this.#parts.self, this.#parts.trust)

    if (!this.#parts.network.peers().some(({ id }) => id === peer)) {
      throw new UnreachableError(`${peer} is not connected`)
    }

    const { seq } = await this.owning.owner.write(data, options, peer)
    // without a seq it still waits for recovery
    const why = seq == null ? 'timeout' : this.owning.replication.whyNot(peer)

    if (why == null) {
      return
    }

    if (why === 'timeout' || why === 'unreachable') {
      throw why === 'timeout' ? new TimeoutError(`${peer} did not acknowledge in time`) : new UnreachableError(`${peer} cannot be reached`)
    }

    throw why === 'stale' || why === 'conflict' || why === 'protocol violation'
      ? new DoubtfulError(`${peer} did not take it: ${why}`)
      : new RefusedError(`${peer} refuses: ${why}`, why)
  }

  async requestFrom (peer: string, options?: AbortOptions): Promise<Uint8Array> {
    return (await requestFrom({ ...this.owning, network: this.#parts.network }, peer, options)).data
  }

  async recoverFromAny (options?: AbortOptions): Promise<Uint8Array> {
    const running = this.whileRunning(options)
    await this.owning.owner.askAll(running)
    const state = await this.whenSettled(running)

    if (state === 'doubtful') {
      throw new DoubtfulError('newer or other versions were seen than the one that can be read: see status')
    }

    const stash = this.getStashData()

    if (stash == null) {
      throw new NotFoundError('nobody holds a stash of ours')
    }

    return stash.data
  }

  async pushTo (owner: string, options?: AbortOptions): Promise<'taken' | 'had it' | 'had a newer one' | 'relieved' | 'refused'> {
    return OFFER_OUTCOMES[(await this.#parts.confidant.pushTo(owner, options)).type]
  }

  setConfidants (peers: readonly string[]): void {
    const { replication } = this.owning
    const pinned = checkConfidants(peers, this.#parts.self, this.#parts.trust)

    replication.choose(pinned.length === 0 ? replication.confidants : pinned, pinned)
  }

  async selectConfidantsAutomatically (options: AbortOptions = {}): Promise<string[]> {
    options.signal?.throwIfAborted()

    const { replication } = this.owning
    const { clock, random, target, minCopies } = this.#parts.options
    const picks = select(this.candidates(replication), { count: target, present: [], onDisk: minCopies, now: clock.now() }, random)

    replication.choose(picks.length === 0 ? replication.confidants : picks, [])

    if (picks.length < target) {
      throw new NotEnoughConfidantsError(picks.length, target)
    }

    return picks
  }

  setAside (): SetAsideStash[] {
    const { own, owner } = this.owning
    const readable = owner.decisions.readable().map(asSetAside)

    return [...readable, ...own.setAside.filter(({ id }) => !readable.some(version => version.id === id))]
      .map(version => ({ ...version, data: new Uint8Array(version.data) }))
  }

  async acceptOlder (options?: WriteOptions): Promise<WriteResult> {
    return await this.owning.owner.decisions.acceptOlder(options)
  }

  async adopt (recordId: string, options?: WriteOptions): Promise<WriteResult> {
    return await this.owning.owner.decisions.adopt(recordId, options)
  }

  async startFresh (options?: AbortOptions): Promise<void> {
    await this.owning.owner.decisions.startFresh(options)
  }

  async forgetStash (options?: WriteOptions): Promise<ForgetResult> {
    return await this.owning.owner.forget(options)
  }

  async verify (options?: AbortOptions): Promise<VerifyResult> {
    return await verify({ ...this.owning, ...this.#parts }, this.whileRunning(options))
  }

  async drill (options?: AbortOptions): Promise<DrillResult> {
    const { network, trust, isKnown, options: { clock } } = this.#parts

    return await drill({ network, clock, own: this.owning.own, admits: trust.admits, isKnown }, this.whileRunning(options))
  }

  hasStashFor (owner: string): boolean {
    return this.#parts.held.get(owner) != null
  }

  async getStoredStash (owner: string, options?: AbortOptions): Promise<StoredStash | undefined> {
    const whole = await this.#parts.held.read(owner, options)

    return whole == null ? undefined : { owner, ...splitBody(whole.body), storedAt: new Date(whole.stash.storedAt) }
  }

  marshalState (): string {
    return JSON.stringify({ ...this.status(), peers: this.peers() })
  }

  status (): StashStatus {
    return stashStatus(this.#parts)
  }

  peers (): PeerStatus[] {
    return peerStatuses(this.#parts)
  }

  async whenSettled (options: AbortOptions = {}): Promise<StashState> {
    const { signal } = options
    signal?.throwIfAborted()

    return await new Promise((resolve, reject) => {
      const finish = (): void => {
        this.removeEventListener('stash:state', look)
        signal?.removeEventListener('abort', onAbort)
      }
      const look = (): void => {
        if (this.state !== 'searching' && this.state !== 'recovering') {
          finish()
          resolve(this.state)
        }
      }
      const onAbort = (): void => {
        finish()
        reject(signal?.reason as Error)
      }

      this.addEventListener('stash:state', look)
      signal?.addEventListener('abort', onAbort)
      look()
    })
  }

  /** A peer was found at these multiaddrs by discovery; or is there if our user is right, who named them. */
  discovered (peer: string, addresses: readonly string[], isGiven = false): void {
    this.#parts.discovered(peer, addresses, isGiven)
  }

  /** What is asked of others ends with us: what they then do not answer says nothing of them. */
  private whileRunning ({ signal }: AbortOptions = {}): { signal: AbortSignal } {
    return { signal: signal == null ? this.#running.signal : AbortSignal.any([this.#running.signal, signal]) }
  }

  private candidates (replication: Replication): Candidate[] {
    return candidatesAmong(this.#parts, replication.copies)
  }

  private get owning (): { owner: Owner, own: OwnStash, replication: Replication } {
    if (this.#parts.owning == null) {
      throw new NoSoulError('this nara has no soul and only holds for others: give it one with stash({ soul })')
    }

    return this.#parts.owning
  }
}
