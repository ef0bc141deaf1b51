import {
  ADDRESSES_EVERY, HERE_INTERVAL, HERE_PER_PEER, HERE_UNCHANGED, HEY_THERE_GAP, HEY_THERE_PER_PEER, WATERMARK_EVERY
} from '../../constants.ts'
import { decodePresence, encodeFitting, openPeerRecord } from '../../presence-message.ts'
import { isLinkLocal } from '../../policy/reach.ts'
import { HeyThere } from './hey-there.ts'
import { Ourself } from './ourself.ts'
import type { MemoryMode, StashState } from '../../api.ts'
import type { PeerDirectory } from './peer-directory.ts'
import type { Dialler, PresencePort } from '../../ports/presence-port.ts'
import type { Presence, PresenceKind } from '../../presence-message.ts'
import type { Clock, Random } from '@nara-stash/protocol'

export interface PresenceInit {
  /** Our own peer id. */
  self: string
  port: PresencePort
  dialler: Pick<Dialler, 'peerRecord'>
  directory: PeerDirectory
  clock: Clock
  random: Random
  boot: string
  name: string
  memory: MemoryMode
  maxStash: number
  /** True if the copies held here outlive this process. */
  onDisk: boolean
  state (): StashState | undefined
  accepting (): boolean
  /** The header of our newest record that minCopies have acknowledged, if there is one. */
  watermark? (): Uint8Array | undefined
  /** Another process speaks with our own key, and has heard us. */
  onTwin? (boot: string): void
  onPresence (peer: string, presence: Presence, change: { newBoot: boolean }): void
}

/**
 * Says hey-there, here and chau, and listens to what others say. Presence only wakes a check somewhere else: nothing is believed because of
 * it, and a chau ends no living relation.
 */
export class PresenceService {
  private readonly init: PresenceInit
  private startedAt = 0
  private n = 0
  private cancelNext: () => void = () => {}
  private cancelNews: (() => void) | undefined
  /** Moments at which it said HERE, or might have. */
  private moments = 0
  /** Where it can be dialled goes with the next HERE. */
  private addressesDue = false
  /** Somebody came who has not heard from us. */
  private hasNewcomer = false
  /** What it said last of itself, and when. */
  private said: { state: StashState | undefined, accepting: boolean, at: number } | undefined
  private stopped = true
  /** The watermark that was told last, and how many such moments ago. */
  private told: { watermark: Uint8Array | undefined, ago: number } = { watermark: undefined, ago: 0 }
  private readonly heyThere: HeyThere
  private readonly ourself: Ourself
  /** Another boot that speaks with our own key, and is to be named in what we say next. */
  private heardAs: string | undefined

  constructor (init: PresenceInit) {
    this.init = init
    this.heyThere = new HeyThere({ clock: init.clock, gap: () => this.gap, say: async () => { await this.say('hey-there') } })
    this.ourself = new Ourself(init)
    init.port.onPresence((from, bytes) => this.judge(from, bytes))
    init.port.onSubscriber(() => {
      this.hasNewcomer = true
      this.heyThere.subscriber()
    })
  }

  async start (): Promise<void> {
    this.stopped = false
    this.startedAt = this.init.clock.now()
    await this.heyThere.start()
    this.schedule()
  }

  /** Says chau. */
  async stop (): Promise<void> {
    if (!this.stopped) {
      this.stopped = true
      this.cancelNext()
      this.heyThere.stop()
      this.cancelNews?.()
      this.cancelNews = undefined
      await this.say('chau')
    }
  }

  /** Where we can be dialled has changed: that is told at once. */
  moved (): void {
    if (!this.stopped) {
      this.addressesDue = true
      void this.say('here').then(() => { this.schedule() })
    }
  }

  /** Our state is another one: that is told soon, and once however often it changes meanwhile. */
  changed (): void {
    if (!this.stopped && this.cancelNews == null) {
      const { clock } = this.init

      this.cancelNews = clock.setTimer(() => {
        this.cancelNews = undefined

        // another message may have told it meanwhile
        if (this.init.state() !== this.said?.state) {
          void this.say('here')
        }
      }, Math.max(0, (this.said?.at ?? -Infinity) + this.gap - clock.now()))
    }
  }

  /** Seconds since the start. */
  get uptime (): number {
    return (this.init.clock.now() - this.startedAt) / 1_000
  }

  private judge (from: string, bytes: Uint8Array): 'accept' | 'reject' | 'ignore' {
    const { directory } = this.init
    let presence: Presence

    try {
      presence = decodePresence(bytes)
    } catch {
      return 'reject'
    }

    if (!directory.isNews(from, presence)) {
      return 'ignore'
    }

    if (from === this.init.self) {
      if (this.ourself.heard(presence) && !this.stopped) {
        this.heardAs = presence.boot
        void this.say('here')
      }

      return 'accept'
    }

    const isUnknown = directory.get(from)?.presence == null
    const change = directory.heard(from, presence)

    if (isUnknown || change.newBoot) {
      this.heyThere.newcomer()
    }

    this.hasNewcomer ||= presence.kind === 'hey-there' || isUnknown || change.newBoot
    void this.locate(from, presence).then(() => { this.init.onPresence(from, presence, change) })

    return 'accept'
  }

  private async locate (from: string, { peerRecord }: Presence): Promise<void> {
    if (peerRecord != null) {
      try {
        this.init.directory.located(from, (await openPeerRecord(peerRecord, from)).filter(address => !isLinkLocal(address)), 'signed')
      } catch {
        // without a valid record it is heard all the same, it just cannot be dialled by it
      }
    }
  }

  /** Between two messages that are said because something happened. */
  private get gap (): number {
    return Math.max(HEY_THERE_GAP, HEY_THERE_PER_PEER * this.init.directory.alive)
  }

  private schedule (): void {
    const { clock, directory, random } = this.init
    const interval = Math.max(HERE_INTERVAL, HERE_PER_PEER * directory.alive)

    if (!this.stopped) {
      // after a stop and a start the round before may still be speaking
      this.cancelNext()
      this.cancelNext = clock.setTimer(() => { void this.sayHere().then(() => { this.schedule() }) }, interval * (0.8 + 0.4 * random.next()))
    }
  }

  private async sayHere (): Promise<void> {
    this.told.ago++
    this.addressesDue ||= ++this.moments % ADDRESSES_EVERY === 0

    if (this.hasNews) {
      await this.say('here')
    }
  }

  private get hasNews (): boolean {
    const { accepting, clock, state, watermark } = this.init
    const { said } = this

    return said == null || this.hasNewcomer || clock.now() - said.at >= HERE_UNCHANGED ||
      said.state !== state() || said.accepting !== accepting() || this.told.watermark !== watermark?.()
  }

  private async say (kind: PresenceKind): Promise<void> {
    const { init } = this
    const state = init.state()
    const accepting = init.accepting()

    if (kind === 'hey-there') {
      this.heyThere.said()
    }

    const withAddresses = kind === 'hey-there' || (kind === 'here' && this.addressesDue)

    this.addressesDue &&= !withAddresses
    this.hasNewcomer = false
    this.said = { state, accepting, at: init.clock.now() }

    const peerRecord = withAddresses ? await init.dialler.peerRecord() : undefined

    // nothing after a chau
    if (this.stopped && kind !== 'chau') {
      return
    }

    const watermark = kind === 'chau' ? undefined : this.watermark(kind)
    const twin = this.heardAs

    this.heardAs = undefined

    await init.port.announce(encodeFitting({
      kind,
      boot: init.boot,
      n: ++this.n,
      ...(state == null ? {} : { state }),
      accepting,
      uptime: this.uptime,
      memory: init.memory,
      maxBytes: init.maxStash,
      name: init.name,
      onDisk: init.onDisk,
      ...(peerRecord == null ? {} : { peerRecord }),
      ...(watermark == null ? {} : { watermark }),
      ...(twin == null ? {} : { twin })
    }))
  }

  /** To newcomers, when it is another one, and now and then to those who missed it. */
  private watermark (kind: PresenceKind): Uint8Array | undefined {
    const watermark = this.init.watermark?.()
    const isDue = kind === 'hey-there' || watermark !== this.told.watermark || this.told.ago >= WATERMARK_EVERY

    this.told = { watermark, ago: isDue ? 0 : this.told.ago }

    return isDue ? watermark : undefined
  }
}
