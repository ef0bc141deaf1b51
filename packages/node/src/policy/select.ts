import { isLoopback, shuffled } from '@nara-stash/protocol'
import type { Random } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

export interface Candidate {
  id: string
  /** Seconds that it has been running, as far as this nara believes it; 0 if unknown. */
  uptime: number
  /** The remote host (an IP address); undefined if the transport has none. */
  address?: string
  /** What it says of itself; undefined if it has not said. */
  accepting?: boolean
  /** It refused or failed, and is not to be asked before this time, on the clock's scale. Past, it is one to be wary of; 0: never. */
  refusedUntil?: number
  /** It has a copy of the very record already: to be asked to keep it costs no body. */
  holds?: boolean
  /** What it holds outlives its process; absent if it does not say so. */
  disk?: Disk
}

/**
 * What is known of a disk. `said`: its peer says so, which costs nothing. `seen`: this nara saw the peer come back with a copy that it then proved, or knows the peer.
 */
export type Disk = 'said' | 'seen'

export interface SelectPolicy {
  /** How many to pick. */
  count: number
  /** Peers that are confidants already: never picked again, and their hosts and networks count as taken. */
  present: readonly Pick<Candidate, 'id' | 'address' | 'disk'>[]
  now: number
  /**
   * So many of all, those that are present among them, are to be on disks.
   *
   * @default 0
   */
  onDisk?: number
  /**
   * Where chance decides, the longest-running of so many that were drawn is taken: who ran long will run long, and costs fewer repairs.
   *
   * @default 1
   */
  among?: number
}

/**
 * Ranks willing peers as confidants (SPEC.md, "Selection"): for the first place the one that runs longest, for the others chance;
 * hosts and networks that have no copy yet come before those that have, and of equals those who have the record already. Who refused or failed before comes last, the longest ago first: wherever it
 * stands, it does not keep others from their turn.
 *
 * Until as many as wanted are on disks that were seen, those go first, wherever they are. A disk that is only said to be there decides among peers that are as far, for the
 * same number of places: whoever lies about it does not get the others.
 */
export function select (candidates: readonly Candidate[], policy: SelectPolicy, random: Random): string[] {
  const { among = 1, onDisk = 0 } = policy
  const present = new Set(policy.present.map(({ id }) => id))
  const pool = shuffled(candidates.filter(({ id }) => !present.has(id)).filter(candidate => isWilling(candidate, policy.now)), random)
  const taken: Array<Pick<Candidate, 'id' | 'address' | 'disk'>> = [...policy.present]
  const picks: string[] = []

  while (picks.length < policy.count && pool.length > 0) {
    const fresh = pool.filter(candidate => !hasFailed(candidate))
    const { needed, wanted } = diskPreference(fresh, taken, onDisk)
    const best = fresh.length === 0
      ? longestForgiven(pool)
      : taken.length === 0
        ? longestRunning(preferring(needed, wanted))
        : longestRunning(preferring(mostDistant(holdersFirst(needed), taken), wanted).slice(0, among))

    pool.splice(pool.indexOf(best), 1)
    taken.push(best)
    picks.push(best.id)
  }

  return picks
}

/** How many are on disks, as they say themselves. */
export function onDisks (holders: readonly Pick<Candidate, 'disk'>[]): number {
  return holders.filter(({ disk }) => disk != null).length
}

/** How many are on disks that were seen. */
export function onSeenDisks (holders: readonly Pick<Candidate, 'disk'>[]): number {
  return holders.filter(({ disk }) => disk === 'seen').length
}

/** Of whom to choose while fewer than `onDisk` are on disks: those on a disk that was seen; and who is wanted among them that are as far: those that say they have one. */
function diskPreference (pool: readonly Candidate[], taken: readonly Pick<Candidate, 'disk'>[], onDisk: number): { needed: readonly Candidate[], wanted: (candidate: Candidate) => boolean } {
  return {
    needed: onSeenDisks(taken) < onDisk ? preferring(pool, ({ disk }) => disk === 'seen') : pool,
    wanted: onDisks(taken) < onDisk ? ({ disk }) => disk != null : () => true
  }
}

/** Those that are so, or all if none is. */
export function preferring (pool: readonly Candidate[], isSo: (candidate: Candidate) => boolean): readonly Candidate[] {
  const some = pool.filter(isSo)

  return some.length > 0 ? some : pool
}

/** True unless the peer says that it is full, which does not matter if it has the record, or refused a moment ago. */
export function isWilling (candidate: Candidate, now: number): boolean {
  return (candidate.accepting !== false || candidate.holds === true) && (candidate.refusedUntil ?? 0) <= now
}

/** How an owner counts its copies. */
export interface Counting {
  /** Also those behind one address count each. */
  countEach?: boolean
}

/**
 * How many copies count: one per address. Peers on this machine, and those whose address is unknown, count each.
 */
export function distinctCopies (holders: readonly Pick<Candidate, 'address'>[], { countEach = false }: Counting = {}): number {
  if (countEach) {
    return holders.length
  }

  const known = holders.map(({ address }) => address).filter(isPlace)

  return holders.length - known.length + new Set(known).size
}

/** Copies behind one address, which count as one. */
export interface SameAddress {
  address: string
  peers: string[]
}

/** One that has a copy. */
export interface CountedPeer {
  peer: string
  address?: string
}

/** Copies as they are told. */
export interface CountedCopies {
  /** So many count. */
  have: number
  /** Where several are behind one address; absent if none are, or if each counts. */
  sameAddress?: SameAddress[]
}

/** How many copies count, and why that are fewer than there are holders. */
export function countCopies (holders: readonly CountedPeer[], counting: Counting): CountedCopies {
  const places = new Map<string, string[]>()

  for (const { peer, address } of holders) {
    if (isPlace(address)) {
      places.set(address, [...places.get(address) ?? [], peer])
    }
  }

  const sameAddress = [...places].filter(([, { length }]) => length > 1).map(([address, peers]) => ({ address, peers }))

  return { have: distinctCopies(holders, counting), ...(sameAddress.length === 0 || counting.countEach === true ? {} : { sameAddress }) }
}

function hasFailed ({ refusedUntil = 0 }: Candidate): boolean {
  return refusedUntil > 0
}

/** In the same order otherwise. */
function holdersFirst (pool: readonly Candidate[]): Candidate[] {
  return [...pool.filter(({ holds }) => holds === true), ...pool.filter(({ holds }) => holds !== true)]
}

function longestForgiven (pool: readonly Candidate[]): Candidate {
  return pool.reduce((best, candidate) => (candidate.refusedUntil ?? 0) < (best.refusedUntil ?? 0) ? candidate : best)
}

/** Of those who hold the record, if there are any. */
function longestRunning (pool: readonly Candidate[]): Candidate {
  const holding = pool.filter(({ holds }) => holds === true)

  return (holding.length > 0 ? holding : pool).reduce((best, candidate) => candidate.uptime > best.uptime ? candidate : best)
}

function mostDistant (pool: readonly Candidate[], taken: readonly Pick<Candidate, 'address'>[]): Candidate[] {
  const nearest = Math.min(...pool.map(candidate => closeness(candidate, taken)))

  return pool.filter(candidate => closeness(candidate, taken) === nearest)
}

/** 0: another network; 1: another host of a network that is taken; 2: a host that is taken. */
export function closeness ({ address }: Candidate, taken: readonly Pick<Candidate, 'address'>[]): number {
  if (!isPlace(address)) {
    return 0
  }

  const places = taken.map(({ address }) => address).filter(isPlace)

  return places.includes(address) ? 2 : places.some(place => networkOf(place) === networkOf(address)) ? 1 : 0
}

function isPlace (address: string | undefined): address is string {
  return address != null && !isLoopback(address)
}

/** The /24 of an IPv4 address, the /64 of an IPv6 address. */
export function networkOf (address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address)

  return v4?.[1] ?? expandIPv6(address).slice(0, 4).join(':')
}

function expandIPv6 (address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail == null || tail === '' ? [] : tail.split(':')
  const zeros = tail == null ? 0 : Math.max(8 - left.length - right.length, 0)

  return [...left, ...Array<string>(zeros).fill('0'), ...right].map(group => group.replace(/^0+(?=.)/, ''))
}
