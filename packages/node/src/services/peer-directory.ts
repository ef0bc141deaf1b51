import { MAX_KNOWN_PEERS } from '../constants.ts'
import type { Presence } from '../presence-message.ts'
import type { Clock } from '@nara-stash/protocol'

/** What is known of a peer: what it said last, and when. */
export interface KnownPeer {
  id: string
  presence: Presence | undefined
  /** On the clock's monotonic scale. */
  heardAt: number
  /** Its present boot began then at the earliest, by what it said first and by when its boot before was last heard. */
  bootedAfter: number
  addresses: string[]
}

/** Boots of one peer whose counters are remembered, so that a replayed message of an earlier one is not news. */
const BOOTS_PER_PEER = 4

/** Everybody that was heard of, bounded: the longest unheard goes first. */
export class PeerDirectory {
  private readonly peers = new Map<string, KnownPeer>()
  private readonly counters = new Map<string, Map<string, number>>()
  private readonly clock: Clock

  constructor (clock: Clock) {
    this.clock = clock
  }

  get size (): number {
    return this.peers.size
  }

  get (id: string): KnownPeer | undefined {
    return this.peers.get(id)
  }

  list (): KnownPeer[] {
    return [...this.peers.values()]
  }

  name (id: string): string {
    return this.peers.get(id)?.presence?.name ?? ''
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
    touch(this.counters, id, boots)

    return true
  }

  heard (id: string, presence: Presence): { newBoot: boolean } {
    const now = this.clock.now()
    const before = this.peers.get(id)
    const newBoot = before?.presence != null && before.presence.boot !== presence.boot
    const claimed = now - presence.uptime * 1_000

    touch(this.peers, id, {
      id,
      presence,
      heardAt: now,
      bootedAfter: newBoot ? Math.max(claimed, before.heardAt) : before?.presence == null ? claimed : before.bootedAfter,
      addresses: before?.addresses ?? []
    })

    return { newBoot }
  }

  /** Where a peer can be dialled, from its signed record or from discovery. */
  located (id: string, addresses: readonly string[]): void {
    const known = this.peers.get(id) ?? { id, presence: undefined, heardAt: this.clock.now(), bootedAfter: -Infinity, addresses: [] }

    touch(this.peers, id, { ...known, addresses: [...new Set([...addresses, ...known.addresses])].slice(0, 16) })
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
}

/** Sets an entry as the most recent one and drops the least recent above the bound. */
function touch <Value> (map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  bound(map, MAX_KNOWN_PEERS)
}

function bound (map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) {
      return
    }

    map.delete(key)
  }
}
