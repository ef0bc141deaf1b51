import { ALIVE_FOR, MAX_AUDIENCE, MAX_KNOWN_PEERS } from '../../constants.ts'
import { isoDate } from '../iso-date.ts'
import type { Presence } from '../../presence-message.ts'
import type { Clock } from '@nara-stash/protocol'

/** What is known of a peer: what it said last, and when. */
export interface KnownPeer {
  id: string
  presence: Presence | undefined
  /** On the clock's monotonic scale. */
  heardAt: number
  /** Its present boot began then at the earliest, by what it said first and by when its boot before was last heard. */
  bootedAfter: number
  /** Those that our user named come first and stay; then those that worked, then those that it signed, then the others by when they were heard last. */
  addresses: string[]
  /** Those that our user named. */
  given: readonly string[]
  /** Those at which it was connected to, the last first. */
  worked: readonly WorkedAddress[]
  /** Those of its latest peer record. */
  signed: readonly string[]
  /** It said chau, or its connection ended, and it was not heard since: what it said of itself is over. */
  isGone?: boolean
}

/** An address at which a peer proved to be. */
export interface WorkedAddress {
  address: string
  /** ISO 8601, by this machine's clock: for people. */
  at: string
}

/** Whose word an address is: our user's, the peer's own by its signature, or anybody's. */
export type AddressSource = 'given' | 'signed' | 'said'

/** Addresses of one peer that are remembered, and how many of them may be such that worked. */
const MAX_ADDRESSES = 16
const MAX_WORKED = 4

/** Peers that were met and are remembered as such: there is always room for as many others. */
const MAX_MET = MAX_KNOWN_PEERS / 2

/** Boots of one peer whose counters are remembered, so that a replayed message of an earlier one is not news. */
const BOOTS_PER_PEER = 4

/**
 * Everybody that was heard of, bounded. Presence is signed, but keys cost nothing: who invents thousands of peers displaces others that were only heard of, the longest unheard
 * first, and nobody that was met (by a connection, or by discovery).
 */
export class PeerDirectory {
  private readonly peers = new Map<string, KnownPeer>()
  private readonly counters = new Map<string, Map<string, number>>()
  private readonly known = new Set<string>()
  /** Names of those that an earlier process met. */
  private readonly remembered = new Map<string, string>()
  private readonly clock: Clock

  constructor (clock: Clock) {
    this.clock = clock
  }

  get size (): number {
    return this.peers.size
  }

  /** How many peers speak, as far as is heard; at most MAX_AUDIENCE. */
  get alive (): number {
    const since = this.clock.now() - ALIVE_FOR
    let count = 0

    for (const { heardAt } of this.peers.values()) {
      if (heardAt >= since && ++count >= MAX_AUDIENCE) {
        break
      }
    }

    return count
  }

  /** It was connected, or found by other means than its own word: what strangers say does not displace it. */
  met (id: string): void {
    // a flood of them displaces nobody: those met first stay
    if (this.known.size < MAX_MET) {
      this.known.add(id)
    }
  }

  /** An earlier process met it, under this name and at these addresses. What strangers say does not displace it, either. */
  remember (id: string, name: string, addresses: readonly string[], worked: readonly WorkedAddress[] = []): void {
    this.remembered.set(id, name)
    this.arrange({ ...this.knownOrNew(id), worked: worked.slice(0, MAX_WORKED) }, addresses)
  }

  isMet (id: string): boolean {
    return this.known.has(id)
  }

  /** By this process or an earlier one. */
  wasMet (id: string): boolean {
    return this.known.has(id) || this.remembered.has(id)
  }

  /** Its last connection ended. */
  parted (id: string): void {
    const known = this.peers.get(id)

    if (known != null) {
      known.isGone = true
    }
  }

  get (id: string): KnownPeer | undefined {
    return this.peers.get(id)
  }

  list (): KnownPeer[] {
    return [...this.peers.values()]
  }

  /** It says that what it holds for others outlives its process. */
  saysOnDisk (id: string): boolean {
    return this.peers.get(id)?.presence?.onDisk === true
  }

  name (id: string): string {
    return this.peers.get(id)?.presence?.name ?? this.remembered.get(id) ?? ''
  }

  /** True if `presence` is newer than all that was heard of this peer's boot. Takes note of it. */
  isNews (id: string, { boot, n }: Presence): boolean {
    const boots = this.counters.get(id) ?? new Map<string, number>()

    if ((boots.get(boot) ?? 0) >= n) {
      return false
    }

    boots.delete(boot)
    boots.set(boot, n)
    bound(boots, BOOTS_PER_PEER)
    this.touch(this.counters, id, boots)

    return true
  }

  heard (id: string, presence: Presence): { newBoot: boolean } {
    const now = this.clock.now()
    const before = this.peers.get(id)
    const newBoot = before?.presence != null && before.presence.boot !== presence.boot
    const claimed = now - presence.uptime * 1_000

    this.touch(this.peers, id, {
      id,
      presence,
      heardAt: now,
      bootedAfter: newBoot ? Math.max(claimed, before.heardAt) : before?.presence == null ? claimed : before.bootedAfter,
      addresses: before?.addresses ?? [],
      given: before?.given ?? [],
      worked: before?.worked ?? [],
      signed: before?.signed ?? [],
      isGone: presence.kind === 'chau'
    })

    return { newBoot }
  }

  /** Where a peer can be dialled. What anybody may have said takes the room that the others leave. */
  located (id: string, addresses: readonly string[], source: AddressSource = 'said'): void {
    const known = this.knownOrNew(id)

    this.arrange({
      ...known,
      ...(source === 'given' && { given: [...new Set([...known.given, ...addresses])] }),
      ...(source === 'signed' && { signed: addresses })
    }, addresses)
  }

  /** It was dialled there, and is the one. */
  workedAt (id: string, address: string): void {
    const known = this.knownOrNew(id)
    const others = known.worked.filter(other => other.address !== address)

    this.arrange({ ...known, worked: [{ address, at: isoDate(this.clock.wallTime()) }, ...others].slice(0, MAX_WORKED) })
  }

  /** Seconds that a peer has been running: its claim, unless this nara saw it boot later. */
  uptime (id: string): number {
    const known = this.peers.get(id)

    if (known?.presence == null) {
      return 0
    }

    const now = this.clock.now()
    const claimed = known.presence.uptime + (now - known.heardAt) / 1_000

    return Math.min(claimed, (now - known.bootedAfter) / 1_000)
  }

  private knownOrNew (id: string): KnownPeer {
    return this.peers.get(id) ??
      { id, presence: undefined, heardAt: this.clock.now(), bootedAfter: -Infinity, addresses: [], given: [], worked: [], signed: [] }
  }

  private arrange (known: KnownPeer, heard: readonly string[] = []): void {
    const { given, worked, signed } = known
    const all = new Set([...given, ...worked.map(({ address }) => address), ...signed, ...heard, ...known.addresses])

    this.touch(this.peers, known.id, { ...known, addresses: [...all].slice(0, Math.max(given.length, MAX_ADDRESSES)) })
  }

  /** Sets an entry as the most recent one, and drops the least recent above the bound that was not met. */
  private touch <Value> (map: Map<string, Value>, key: string, value: Value): void {
    map.delete(key)
    map.set(key, value)

    if (map.size > MAX_KNOWN_PEERS) {
      for (const oldest of map.keys()) {
        if (!this.wasMet(oldest)) {
          map.delete(oldest)

          return
        }
      }
    }
  }
}

function bound (map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) {
      return
    }

    map.delete(key)
  }
}
