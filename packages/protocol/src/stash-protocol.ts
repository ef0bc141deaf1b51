import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { systemClock } from './clock.ts'
import { Confidant } from './confidant.ts'
import { DEFAULT_MAX_STASH, LARGEST_MAX_STASH, MAX_LEASE, MEMORY_MODES, MIN_LEASE } from './constants.ts'
import { DatastoreStashStore } from './held/datastore-store.ts'
import { HeldStashes } from './held/held-stashes.ts'
import { detectMemoryMode } from './held/memory-mode.ts'
import { MemoryStashStore } from './held/memory-store.ts'
import { LeaseWatch } from './lease-watch.ts'
import { Libp2pStashNetwork } from './libp2p-network.ts'
import { registerHeldMetrics } from './metrics.ts'
import { RateLimiter } from './rate-limit.ts'
import { NewestTable } from './record/newest-table.ts'
import { createTrust } from './trust.ts'
import type { Clock } from './clock.ts'
import type { ConfidantEvents } from './confidant.ts'
import type { Capacity, HeldStash } from './held/held-stashes.ts'
import type { MemoryMode } from './held/memory-mode.ts'
import type { StashStore } from './held/stash-store.ts'
import type { Libp2pStashNetworkComponents } from './libp2p-network.ts'
import type { OfferResponse } from './messages.ts'
import type { TrustInit } from './trust.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const second = 1_000

export interface StashProtocolInit extends TrustInit {
  /**
   * How many stashes are held, and how many bytes: 5 / 16 MiB, 20 / 64 MiB, 50 / 256 MiB.
   *
   * @default detected from the memory that the process may use
   */
  memory?: MemoryMode
  /**
   * Bytes of all bodies that are held.
   *
   * @default that of the memory mode
   */
  maxHeldBytes?: number
  /**
   * Largest stash held, in bytes of its owner's data; at most 64 MiB.
   *
   * @default 1 MiB
   */
  maxStash?: number
  /**
   * How long a stash is promised at most from the last contact with its owner on, whatever that asks for: milliseconds, 1 to 400 days.
   *
   * @default 400 days
   */
  maxLease?: number
  /**
   * Where what is held is kept (ciphertext). `fileStore(path)` of `@nara-stash/protocol/file-store` keeps it in a folder, over restarts and
   * power cuts.
   *
   * @default RAM
   */
  held?: StashStore
  /** In place of `held`: an interface-datastore. What a restart or a power cut leaves is what that keeps. */
  datastore?: Datastore
  /** @default systemClock */
  clock?: Clock
}

/** A held stash as it is shown: everything but the body. */
export type { HeldStash }

/**
 * What a nara gives to others: the slots of its memory mode, and bytes.
 *
 * @throws {RangeError} names the setting, its value and what is allowed
 */
export function capacityOf ({ memory = detectMemoryMode(), maxHeldBytes, maxStash = DEFAULT_MAX_STASH }: Pick<StashProtocolInit, 'memory' | 'maxHeldBytes' | 'maxStash'>): Capacity {
  if (!Object.hasOwn(MEMORY_MODES, memory)) {
    throw new RangeError(`memory is "${memory}"; it must be one of ${Object.keys(MEMORY_MODES).join(', ')}`)
  }

  const { stashes, bytes } = MEMORY_MODES[memory]

  return {
    stashes,
    bytes: wholeBytes('maxHeldBytes', maxHeldBytes ?? bytes, 0, Number.MAX_SAFE_INTEGER),
    maxStash: wholeBytes('maxStash', maxStash, 1, LARGEST_MAX_STASH)
  }
}

/**
 * Where what is held is kept.
 *
 * @throws {RangeError} two places are given
 */
export function storeOf ({ held, datastore, clock }: Pick<StashProtocolInit, 'held' | 'datastore'> & { clock: Clock }): StashStore {
  if (held != null && datastore != null) {
    throw new RangeError('held and datastore are both given; what is held is kept in one place')
  }

  return held ?? (datastore == null ? new MemoryStashStore() : new DatastoreStashStore({ datastore, clock }))
}

/**
 * A lease in the seconds of a placement.
 *
 * @param name - of the setting, for the error
 * @throws {RangeError} names the setting, its value and what is allowed
 */
export function leaseSecondsOf (name: string, milliseconds: number): number {
  if (!(milliseconds >= MIN_LEASE * second && milliseconds <= MAX_LEASE * second)) {
    throw new RangeError(`${name} is ${milliseconds}; it must be a number of milliseconds from ${MIN_LEASE * second} (1 day) to ${MAX_LEASE * second} (400 days)`)
  }

  return Math.floor(milliseconds / second)
}

function wholeBytes (name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} is ${value}; it must be a whole number of bytes from ${low} to ${high}`)
  }

  return value
}

/**
 * A confidant as a libp2p service: holds the encrypted stashes of others, returns them to their owners, and offers them when an owner
 * connects. It needs nothing but `identify` beside it.
 */
export class StashProtocol extends TypedEventEmitter<ConfidantEvents> implements Startable {
  readonly [Symbol.toStringTag] = '@nara-stash/protocol'
  readonly [serviceCapabilities]: string[] = ['@nara-stash/protocol']
  /** Without it nobody is known to speak the protocol. */
  readonly [serviceDependencies]: string[] = ['@libp2p/identify']

  private readonly network: Libp2pStashNetwork
  private readonly held: HeldStashes
  private readonly confidant: Confidant
  private readonly leases: LeaseWatch
  private starting: Promise<void> = Promise.resolve()

  constructor (components: Libp2pStashNetworkComponents, init: StashProtocolInit = {}) {
    super()

    const clock = init.clock ?? systemClock
    const newest = new NewestTable()

    this.held = new HeldStashes({
      capacity: capacityOf(init),
      newest,
      clock,
      maxLeaseSeconds: leaseSecondsOf('maxLease', init.maxLease ?? MAX_LEASE * second),
      isInTouch: () => this.network.peers().length > 0,
      store: storeOf({ ...init, clock })
    })
    this.network = new Libp2pStashNetwork(components, { clock })
    this.confidant = new Confidant({
      network: this.network,
      held: this.held,
      newest,
      trust: createTrust(init),
      limiter: new RateLimiter({ clock }),
      clock
    })
    this.leases = new LeaseWatch({
      network: this.network,
      held: this.held,
      coHolders: this.confidant.coHolders,
      clock,
      onLapsed: owner => { this.confidant.dropped(owner, 'its lease ran out') }
    })
    forwardEvents(this.confidant, this)
    registerHeldMetrics(components.metrics, this.held, this.confidant)
  }

  /**
   * @throws {AlreadyRegisteredError} something else on this host speaks the protocol
   * @throws {HeldStoreError} what the datastore keeps could not be read
   */
  async start (): Promise<void> {
    await (this.starting = this.begin())
  }

  /** Takes nothing more, and ends what is under way while the connections still are open. */
  beforeStop (): void {
    this.network.beforeStop()
  }

  async stop (): Promise<void> {
    // a host whose other parts fail to start stops this one while it starts
    await this.starting.catch(() => {})
    this.leases.stop()
    await this.confidant.stop()
    await this.network.stop()
  }

  private async begin (): Promise<void> {
    await this.confidant.start()
    await this.network.start()
    this.leases.start()
  }

  /** What is held, without the bodies. */
  list (): HeldStash[] {
    return this.held.list()
  }

  /** How many stashes are held. */
  get storedCount (): number {
    return this.held.count
  }

  /** Bytes of all bodies held. */
  get storedBytes (): number {
    return this.held.bytes
  }

  get capacity (): Capacity {
    return this.held.capacity
  }

  /** True if a stash is held for `owner` (base58 peer id). */
  hasStashFor (owner: string): boolean {
    return this.held.get(owner) != null
  }

  /**
   * Offers `owner` the stash that is held for it.
   *
   * @throws {NotHeldError | UnreachableError | TimeoutError | HeldStoreError}
   */
  async pushTo (owner: string, options?: AbortOptions): Promise<OfferResponse['type']> {
    return (await this.confidant.pushTo(owner, options)).type
  }
}

const CONFIDANT_EVENTS: Record<keyof ConfidantEvents, true> = {
  'held:stored': true,
  'held:refused': true,
  'held:failed': true,
  'held:disk': true,
  'held:dropped': true,
  'held:released': true,
  'held:co-holder': true,
  'held:forgotten': true,
  'held:pushed': true,
  'held:fetched': true
}

/** Events of `from` happen at `to`, too. */
function forwardEvents (from: TypedEventEmitter<ConfidantEvents>, to: TypedEventEmitter<ConfidantEvents>): void {
  for (const type of Object.keys(CONFIDANT_EVENTS) as Array<keyof ConfidantEvents>) {
    from.addEventListener(type, event => { to.safeDispatchEvent(type, { detail: event.detail }) })
  }
}
