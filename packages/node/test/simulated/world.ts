import { soulFromSeed } from '@nara-stash/crypto'
import { seededRandom, SimNetwork, VirtualClock } from '@nara-stash/testing'
import { composeStash } from '../../src/compose.ts'
import { peerIdOf, privateKeyFromSoul } from '../../src/identity.ts'
import { StashService } from '../../src/stash-service.ts'
import type { StashInit, StashState, WriteOptions, WriteResult } from '../../src/api.ts'
import type { StashParts } from '../../src/compose.ts'
import type { Soul } from '@nara-stash/crypto'
import type { CancelTimer, Clock, Random } from '@nara-stash/protocol'
import type { SimNetworkInit, SimPort } from '@nara-stash/testing'

/** Counts the timers that one process has set and that are still to run. */
export class CountingClock implements Clock {
  readonly live = new Set<object>()
  private readonly clock: Clock

  constructor (clock: Clock) {
    this.clock = clock
  }

  now (): number {
    return this.clock.now()
  }

  wallTime (): number {
    return this.clock.wallTime()
  }

  setTimer (callback: () => void, delay: number): CancelTimer {
    const timer = {}
    this.live.add(timer)
    const cancel = this.clock.setTimer(() => {
      this.live.delete(timer)
      callback()
    }, delay)

    return () => {
      this.live.delete(timer)
      cancel()
    }
  }
}

/** One process: everything it knows is gone when it is. */
export interface Process {
  service: StashService
  parts: StashParts
  port: SimPort
  clock: CountingClock
  /** What happened, in order. */
  events: Array<{ type: string, detail: unknown, at: number }>
}

const EVENTS = ['stash:state', 'stash:found', 'stash:recovered', 'stash:copies', 'stash:doubt', 'stash:set-aside', 'stash:twin', 'stash:watermark', 'confidant:add', 'confidant:remove',
  'held:stored', 'held:refused', 'held:failed', 'held:disk', 'held:dropped', 'held:pushed', 'held:repaired', 'held:audited', 'held:leaving', 'leave'] as const

export interface NaraInit extends StashInit {
  /** False for one that has no stash of its own and only holds for others. @default true */
  owns?: boolean
  /** False for one on a host without gossipsub. @default true */
  gossip?: boolean
  /** Milliseconds by which its wall clock is ahead. @default 0 */
  wallSkew?: number
}

/** A nara over its processes: the soul stays, the rest does not. */
export class Nara {
  readonly id: string
  readonly soul: Soul
  /** The address of its next process; one of its own unless told otherwise. */
  address: string | undefined
  process: Process
  private readonly world: World
  private readonly init: NaraInit

  constructor (world: World, soul: Soul, init: NaraInit) {
    this.world = world
    this.soul = soul
    this.init = init
    this.id = peerIdOf(soul)
    this.process = this.boot(init)
  }

  get stash (): StashService {
    return this.process.service
  }

  get state (): StashState {
    return this.stash.state
  }

  get text (): string | undefined {
    const stash = this.process.parts.owning?.own.current

    return stash == null ? undefined : new TextDecoder().decode(stash.data)
  }

  /** What was set aside. */
  get aside (): string[] {
    return this.stash.setAside().map(({ data }) => new TextDecoder().decode(data))
  }

  get up (): boolean {
    return this.process.port.up
  }

  async start (): Promise<this> {
    await this.stash.start()
    await this.stash.afterStart()

    return this
  }

  async stop (): Promise<void> {
    await this.stash.beforeStop()
    await this.stash.stop()
  }

  /** kill -9: the machine closes the connections, and what was in RAM is gone. */
  kill (): void {
    this.world.net.crash(this.process.port)
  }

  /** The power is cut: nobody is told. */
  cut (): void {
    this.world.net.kill(this.process.port)
  }

  /** Another process with the same soul, in an empty folder. */
  async restart (changes: Partial<NaraInit> = {}): Promise<this> {
    this.process = this.boot({ ...this.init, fresh: false, ...changes })

    return await this.start()
  }

  /** A second process with the same soul while the first is up. */
  twin (init: NaraInit = {}): Nara {
    return new Nara(this.world, this.soul, { ...this.init, fresh: false, ...init })
  }

  put (text: string, options?: WriteOptions): Promise<WriteResult> {
    return this.stash.setStashData(new TextEncoder().encode(text), options)
  }

  events (type: string): Array<{ type: string, detail: unknown, at: number }> {
    return this.process.events.filter(event => event.type === type)
  }

  /** The header that its process would have left for the next one. */
  get watermark (): Uint8Array {
    const detail = this.events('stash:watermark').at(-1)?.detail as { envelope: Uint8Array } | undefined

    return detail?.envelope ?? new Uint8Array(0)
  }

  /** What it holds for `owner`: the record's id. */
  holds (owner: Nara): string | undefined {
    return this.process.parts.held.get(owner.id)?.record.id
  }

  private boot ({ owns = true, gossip = true, wallSkew = 0, ...init }: NaraInit): Process {
    const { net, random, clock: virtual } = this.world
    const port = net.join(this.id, {
      privateKey: privateKeyFromSoul(this.soul), twin: true, ...(this.address == null ? {} : { address: this.address })
    })
    port.clock.wallSkew = wallSkew
    const clock = new CountingClock(port.clock)
    const presence = {
      announce: async (bytes: Uint8Array) => {
        // what is left of a killed process may still try to speak
        if (port.up) {
          await port.announce(bytes)
        }
      },
      onPresence: port.onPresence.bind(port),
      onSubscriber: port.onSubscriber.bind(port)
    }
    let parts: StashParts | undefined
    const service = new StashService(events => {
      parts = composeStash({
        memory: 'medium', minConnections: 0, ...init, ...(owns ? { soul: this.soul } : {}), clock, random: childRandom(random)
      }, { network: port, dialler: port, ...(gossip ? { presence } : {}) }, events)

      return parts
    })
    const events: Process['events'] = []
    const process = { service, parts: parts as unknown as StashParts, port, clock, events }

    EVENTS.forEach(type => {
      service.addEventListener(type, (event: CustomEvent) => { events.push({ type, detail: event.detail, at: virtual.now() }) })
    })

    this.world.onProcess(this, process)

    return process
  }
}

export interface WorldInit extends Partial<SimNetworkInit> {
  seed?: number
  /** Sees every process before it starts. */
  onProcess? (nara: Nara, process: Process): void
}

/** Naras on a simulated network, all on virtual time. */
export class World {
  readonly clock = new VirtualClock()
  readonly random: Random
  readonly net: SimNetwork
  readonly naras: Nara[] = []
  readonly onProcess: (nara: Nara, process: Process) => void

  constructor ({ seed = 1, onProcess = () => {}, ...init }: WorldInit = {}) {
    this.random = seededRandom(seed)
    this.onProcess = onProcess
    this.net = new SimNetwork({ clock: this.clock, random: childRandom(this.random), ...init })
  }

  /** Makes and starts a nara with a soul of its own. */
  async nara (init: NaraInit = {}): Promise<Nara> {
    const n = this.naras.length
    const nara = new Nara(this, soulFromSeed(new Uint8Array(32).fill(n + 1), `nara ${n}`), init)
    this.naras.push(nara)

    return await nara.start()
  }

  /** So many that only hold for others, or have an empty stash of their own. */
  async confidants (count: number, init: NaraInit = {}): Promise<Nara[]> {
    const naras: Nara[] = []

    for (let i = 0; i < count; i++) {
      naras.push(await this.nara({ fresh: true, ...init }))
    }

    return naras
  }

  /** An owner and its confidants, all connected. */
  async owned (confidants: number, init: NaraInit = {}): Promise<{ owner: Nara, confidants: Nara[] }> {
    const owner = await this.nara({ fresh: true, ...init })
    const others = await this.confidants(confidants)
    this.net.connectAll()

    return { owner, confidants: others }
  }

  async run (ms: number): Promise<void> {
    await this.clock.advance(ms)
  }

  async until (predicate: () => boolean, within = 60_000): Promise<void> {
    await this.clock.runUntil(predicate, { within })
  }

  /** The outcome of `work`, running the clock for it. */
  async of <T> (work: Promise<T>, within = 120_000): Promise<T> {
    return await this.clock.outcome(work, { within })
  }

  /** Runs the clock until the owner's state is known. */
  async settled (nara: Nara, within = 120_000): Promise<StashState> {
    return await this.of(nara.stash.whenSettled(), within)
  }
}

/** A generator of its own, so that who asks more often does not shift what others get. */
export function childRandom (random: Random): Random {
  return seededRandom(Math.floor(random.next() * 2 ** 52))
}

/** Puts `text` and runs until there are `copies` of it. */
export async function kept (world: World, owner: Nara, text: string, copies = 3): Promise<WriteResult> {
  const result = await world.of(owner.put(text))
  await world.until(() => owner.stash.status().copies.have >= copies)

  return result
}

/** The holders of an owner's stash, among these. */
export function holdersAmong (naras: readonly Nara[], owner: Nara): Nara[] {
  return naras.filter(nara => owner.stash.confidants.includes(nara.id))
}
