import { RateLimiter } from '@nara-stash/protocol'
import { Repeats } from './repeats.ts'
import type { Clock } from '@nara-stash/protocol'

/** What is read of each sender, and of all together: a LAN of a hundred naras says less, and reading takes 20 us. */
const PER_SENDER = { perSecond: 10, burst: 50, maxPeers: 256 } as const
const OF_ALL = { perSecond: 100, burst: 400 } as const

/** Names cost nothing: of those that are not known yet so many are told of, by one sender (a machine may have several naras) and by all. */
const NEWCOMERS_PER_SENDER = { perSecond: 0.2, burst: 16, maxPeers: 256 } as const
const NEWCOMERS = { perSecond: 5, burst: 128 } as const

/**
 * How often the host is told of one peer by one sender (each link and family has its own): it says where it is twice. And how
 * often of whomever by one sender, which may be a machine with several naras. A peer's name is only claimed: whoever claims
 * another's uses up nothing but its own.
 */
const PER_PEER = { perSecond: 1, burst: 2, maxPeers: 1_024 } as const
const TOLD_PER_SENDER = { perSecond: 4, burst: 32, maxPeers: 256 } as const

/** How much of what is heard on a LAN is read, believed and told: anybody there can say anything. */
export class Bounds {
  private readonly repeats: Repeats
  private readonly senders: RateLimiter
  private readonly all: RateLimiter
  private readonly newcomersPerSender: RateLimiter
  private readonly newcomers: RateLimiter
  private readonly told: RateLimiter
  private readonly toldPerSender: RateLimiter

  constructor (clock: Clock) {
    this.repeats = new Repeats(clock)
    this.senders = new RateLimiter({ clock, ...PER_SENDER })
    this.all = new RateLimiter({ clock, ...OF_ALL })
    this.newcomersPerSender = new RateLimiter({ clock, ...NEWCOMERS_PER_SENDER })
    this.newcomers = new RateLimiter({ clock, ...NEWCOMERS })
    this.told = new RateLimiter({ clock, ...PER_PEER })
    this.toldPerSender = new RateLimiter({ clock, ...TOLD_PER_SENDER })
  }

  /** A packet is decoded: once, though each socket hears it (Linux, IP_MULTICAST_ALL). */
  mayRead (sender: string, bytes: Uint8Array): boolean {
    return !this.repeats.isRepeat(sender, bytes) && this.senders.take(sender).ok && this.all.take('').ok
  }

  /** A sender tells of somebody who is not known. */
  mayBring (sender: string): boolean {
    return this.newcomersPerSender.take(sender).ok && this.newcomers.take('').ok
  }

  /** The host is told where a peer is, if a sender says that it is that peer. */
  mayTell (sender: string, peer: string): boolean {
    return this.toldPerSender.take(sender).ok && this.told.take(`${sender} ${peer}`).ok
  }
}
