import { MDNS_PORT } from './link.ts'
import { TTL, writeGoodbye, writeQuery, writeResponse } from './message.ts'
import type { Instance, Query } from './message.ts'
import type { CancelTimer, Clock, Random } from '@nara-stash/protocol'

const second = 1_000
const minute = 60 * second

/** Whatever is multicast waits so long, at random, so that not everybody speaks at once (RFC 6762, sections 5.2, 6 and 8.3). Milliseconds. */
const DELAY = { least: 20, most: 120 } as const

/** Between two announcements, between two answers, and between the first two questions (RFC 6762, sections 8.3, 6 and 5.2). Milliseconds. */
const GAP = 1 * second

/** A newcomer, or one whose addresses are others, is announced so often. */
const ANNOUNCEMENTS = 2

/** Between two announcements that the system does not take, at most. Milliseconds. */
const LONGEST_RETRY = 1 * minute

/**
 * The time between two questions doubles up to here (RFC 6762, section 5.2). While somebody is missing that was met here, the
 * asking starts anew when it has become rarer than the latter. Milliseconds.
 */
const LONGEST_INTERVAL = { usual: 60 * minute, missing: 2 * minute } as const

/** What is known is asked for again at these shares of its life, and a little later at random (RFC 6762, section 5.2). */
const REFRESH_AT = [0.8, 0.85, 0.9, 0.95] as const
const REFRESH_SPREAD = 0.02

/**
 * What another asks is as good as our own question (RFC 6762, section 7.3), so often in a row: whoever asks us alone, and nobody
 * else, must not keep us from asking.
 */
const MAX_SPARED = 3

/** Between two questions that are asked to keep what is known: whoever says that it lives for a second is not asked each second. Milliseconds. */
const REFRESH_GAP = 10 * second

/** What we say comes back at once, to this machine too. Milliseconds. */
const ECHO_TIME = 4 * second

/** Others that are remembered: a household has a dozen, and names cost nothing. */
const MAX_KNOWN = 256

export interface TalkInit {
  service: string
  /** Our own name in it. */
  instance: string
  clock: Clock
  random: Random
  /** Where we are, as those on this link can use it. */
  addresses(): readonly string[]
  /** Somebody that was met here is not connected. */
  isMissing(): boolean
  /** Resolves to whether the system took it. */
  send(bytes: Uint8Array): Promise<boolean>
}

interface Known {
  heardAt: number
  /** Milliseconds. */
  life: number
  /** When it is asked for again, the next time first. */
  refreshes: number[]
}

/** What is said on one link, and when: announces this nara, answers, and asks who is there, ever more rarely. */
export class Talk {
  private readonly init: TalkInit
  private readonly known = new Map<string, Known>()
  private interval = GAP
  private nextQuestion = Infinity
  private askedAt = -Infinity
  /** Questions that another asked for us, since we asked. */
  private spared = 0
  private announcements = 0
  private saidAt = -Infinity
  private firstSaidAt = Infinity
  private isEchoed = false
  private announced = ''
  private cancelQuestion: CancelTimer = () => {}
  private cancelAnnouncement: CancelTimer = () => {}
  private cancelAnswer: CancelTimer | undefined
  private stopped = false

  constructor (init: TalkInit) {
    this.init = init
  }

  start (): void {
    this.announce()
    this.ask()
  }

  /** Why nobody is found here though everything is sent, for people. */
  get problem (): string | undefined {
    const isDeaf = this.saidAt > -Infinity && !this.isEchoed && this.init.clock.now() - this.firstSaidAt > ECHO_TIME

    return isDeaf ? `nothing is heard, not even what this nara says itself: a firewall may stop UDP port ${MDNS_PORT}` : undefined
  }

  /** What we said was heard by ourselves, as it is by everybody. */
  onEcho (): void {
    this.isEchoed = true
  }

  /** The link is gone. */
  leave (): void {
    this.stopped = true
    this.cancelQuestion()
    this.cancelAnnouncement()
    this.cancelAnswer?.()
  }

  /** Says goodbye. */
  async stop (): Promise<void> {
    const { init } = this

    this.leave()

    if (this.announced !== '') {
      await init.send(writeGoodbye(init.service, init.instance))
    }
  }

  /** Begins to ask anew: somebody may be found that was not. */
  ask (): void {
    this.interval = GAP
    this.nextQuestion = Math.max(this.init.clock.now() + this.delay(), this.askedAt + GAP)
    this.schedule()
  }

  /** Tells where we are, if that is not what was told last. */
  announce (): void {
    if (!this.stopped && this.init.addresses().join() !== this.announced) {
      this.announcements = ANNOUNCEMENTS
      this.announceIn(this.delay(), GAP)
    }
  }

  onQuery ({ known, isUnicast = false }: Query): void {
    const { clock, instance } = this.init

    if (!isUnicast && known[0]?.instance !== instance) {
      this.spare(known.map(answer => answer.instance))
    }

    const isKnown = known.some(answer => answer.instance === instance && answer.ttl >= TTL / 2)

    if (!isKnown && !this.stopped && this.cancelAnswer == null) {
      this.cancelAnswer = clock.setTimer(() => {
        this.cancelAnswer = undefined
        void this.say()
      }, Math.max(this.delay(), this.saidAt + GAP - clock.now()))
    }
  }

  /** Takes note of somebody, or of its leave. */
  onInstance ({ name, ttl }: Pick<Instance, 'name' | 'ttl'>): void {
    const { clock, random } = this.init
    // a day is more than anybody says
    const life = Math.min(ttl, 24 * 60 * 60) * second

    this.known.delete(name)

    if (ttl > 0 && this.known.size < MAX_KNOWN) {
      const refreshes = REFRESH_AT.map(share => clock.now() + life * (share + REFRESH_SPREAD * random.next()))
      this.known.set(name, { heardAt: clock.now(), life, refreshes })
    }

    this.schedule()
  }

  isKnown (name: string): boolean {
    return this.known.has(name)
  }

  private announceIn (wait: number, then: number): void {
    this.cancelAnnouncement()
    this.cancelAnnouncement = this.init.clock.setTimer(() => {
      void this.say().then(isSaid => {
        this.announcements -= isSaid ? 1 : 0

        if (this.announcements > 0 && !this.stopped) {
          this.announceIn(isSaid ? GAP : then, isSaid ? GAP : Math.min(then * 2, LONGEST_RETRY))
        }
      })
    }, wait)
  }

  private async say (): Promise<boolean> {
    const { addresses, clock, instance, send, service } = this.init
    const ours = addresses()

    if (ours.length === 0) {
      return false
    }

    this.saidAt = clock.now()
    this.firstSaidAt = Math.min(this.firstSaidAt, this.saidAt)

    const isSaid = await send(writeResponse(service, instance, ours))

    if (isSaid) {
      this.announced = ours.join()
    }

    return isSaid
  }

  private question (): void {
    const { instance, send, service } = this.init

    this.spared = 0
    // ourselves first: our own question comes back to us
    void send(writeQuery(service, [{ instance, ttl: TTL }, ...this.wellKnown()]))
    this.asked(this.init.clock.now() >= this.nextQuestion)
  }

  /** Another asks all, and leaves out no one whom we would have answer: we hear the answers, too. */
  private spare (leftOut: readonly string[]): void {
    const ours = new Set([this.init.instance, ...this.wellKnown().map(({ instance }) => instance)])

    if (!this.stopped && this.spared < MAX_SPARED && leftOut.every(name => ours.has(name))) {
      this.spared++
      this.asked(true)
      this.schedule()
    }
  }

  /** Whose answers we do without. */
  private wellKnown (): Array<{ instance: string, ttl: number }> {
    const now = this.init.clock.now()

    return [...this.known].map(([name, { heardAt, life }]) => ({ instance: name, ttl: Math.round((heardAt + life - now) / second), life }))
      .filter(({ ttl, life }) => ttl * second > life / 2)
  }

  /** @param isTurn - it was the question that comes ever more rarely */
  private asked (isTurn: boolean): void {
    const { clock, isMissing } = this.init
    const now = clock.now()

    this.askedAt = now

    if (isTurn) {
      this.nextQuestion = now + this.interval
      this.interval = Math.min(this.interval * 2, LONGEST_INTERVAL.usual)

      if (isMissing() && this.interval > LONGEST_INTERVAL.missing) {
        this.interval = GAP
      }
    }

    for (const [name, { refreshes }] of this.known) {
      const left = refreshes.filter(at => at > now)

      refreshes.splice(0, refreshes.length, ...left)

      if (left.length === 0) {
        this.known.delete(name)
      }
    }
  }

  private schedule (): void {
    const { clock } = this.init
    const refresh = Math.min(...[...this.known.values()].map(({ refreshes }) => refreshes[0] ?? Infinity))
    const due = Math.min(this.nextQuestion, Math.max(refresh, this.askedAt + REFRESH_GAP))

    this.cancelQuestion()

    if (!this.stopped && due < Infinity) {
      this.cancelQuestion = clock.setTimer(() => {
        this.question()
        this.schedule()
      }, due - clock.now())
    }
  }

  private delay (): number {
    return DELAY.least + (DELAY.most - DELAY.least) * this.init.random.next()
  }
}
