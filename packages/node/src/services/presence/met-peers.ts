import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { isLinkLocal } from '../../policy/reach.ts'
import { isoDate } from '../iso-date.ts'
import type { AddressBook, MetPeer } from '../../address-book.ts'
import type { PeerDirectory, WorkedAddress } from './peer-directory.ts'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

/** Peers that are remembered over a restart. */
export const MAX_MET_PEERS = 256

/** News are written together: after this long at first, and no oftener than this. Milliseconds. */
const FIRST_WRITE = 5_000
const WRITE_INTERVAL = 60_000

/** Longest address that is remembered: a name has 253 characters (RFC 1035, section 2.3.4), a certificate's hash comes to less. */
const MAX_ADDRESS_LENGTH = 512

/** 2026-11-01T00:00:00.000Z */
const MAX_DATE_LENGTH = 32

interface Meeting {
  starts: number
  lastMet: string
  /** In this process. */
  isMet: boolean
}

export interface MetPeersInit {
  book: AddressBook
  directory: PeerDirectory
  clock: Clock
  /** Those that are remembered before all others: our confidants, and who holds beside us. */
  wanted (): readonly string[]
}

/**
 * Remembers the peers that were met, so that they are tried again after a restart: without, those of two places that nothing but an address of yesterday ties together would
 * not find each other again. Whoever invents identities and meets us with each of them displaces those only that were met no oftener than these.
 */
export class MetPeers {
  private readonly init: MetPeersInit
  /** The one that was met last comes last. */
  private readonly meetings = new Map<string, Meeting>()
  private written = ''
  private writing: Promise<void> | undefined
  private earliest = 0
  private cancelTimer: CancelTimer | undefined

  constructor (init: MetPeersInit) {
    this.init = init
  }

  /** Tells the directory of all that are remembered. */
  async start (): Promise<void> {
    const { book, clock, directory } = this.init
    // a start does not fail for want of it
    const peers = (await book.read().catch(() => [])).slice(0, MAX_MET_PEERS).filter(isSound)

    this.earliest = clock.now() + FIRST_WRITE

    for (const { peerId, name, addresses, worked, starts, lastMet } of peers.toReversed()) {
      // one that was met already, while this was read, is newer
      if (!this.meetings.has(peerId)) {
        this.meetings.set(peerId, { starts, lastMet, isMet: false })
      }

      directory.remember(peerId, name, addresses.filter(isAddress), soundOf(worked))
    }
  }

  met (peer: string): void {
    const before = this.meetings.get(peer)
    const starts = (before?.starts ?? 0) + (before?.isMet === true ? 0 : 1)

    this.meetings.delete(peer)
    this.meetings.set(peer, { starts, lastMet: isoDate(this.init.clock.wallTime()), isMet: true })

    if (this.meetings.size > 2 * MAX_MET_PEERS) {
      this.trim()
    }

    this.writeSoon()
  }

  /** Something was heard of a peer: its name or its addresses may be others. */
  heard (peer: string): void {
    if (this.meetings.has(peer)) {
      this.writeSoon()
    }
  }

  /** Resolves once all is written. */
  async stop (): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    await this.writing
    await this.write(true)
  }

  private writeSoon (): void {
    const { clock } = this.init

    this.cancelTimer ??= clock.setTimer(() => {
      this.cancelTimer = undefined
      this.earliest = clock.now() + WRITE_INTERVAL
      this.writing = (this.writing ?? Promise.resolve()).then(async () => { await this.write(false) })
    }, Math.max(FIRST_WRITE, this.earliest - clock.now()))
  }

  /** @param always - also if nothing but the times of meetings has changed */
  private async write (always: boolean): Promise<void> {
    const { book, directory } = this.init

    if (![...this.meetings.values()].some(({ isMet }) => isMet)) {
      return
    }

    this.trim()

    const peers = [...this.meetings].toReversed().map(([peerId, { starts, lastMet }]): MetPeer => {
      const { addresses = [], worked = [] } = directory.get(peerId) ?? {}
      // worked ones first, whatever our user names this time
      const inOrder = [...new Set([...worked.map(({ address }) => address), ...addresses])]
      const lasting = (address: string): boolean => !isLinkLocal(address) && isAddress(address)

      return { peerId, name: directory.name(peerId), addresses: inOrder.filter(lasting), worked: worked.filter(({ address }) => lasting(address)), starts, lastMet }
    })
    const content = JSON.stringify(always ? peers : peers.map(withoutTimes).toSorted((a, b) => a.peerId < b.peerId ? -1 : 1))

    if (content !== this.written) {
      this.written = content
      await book.write(peers).catch(() => {})
    }
  }

  private trim (): void {
    if (this.meetings.size <= MAX_MET_PEERS) {
      return
    }

    const wanted = new Set(this.init.wanted())
    const kept = new Set([...this.meetings].toReversed()
      .toSorted(([a, one], [b, other]) => Number(wanted.has(b)) - Number(wanted.has(a)) || other.starts - one.starts)
      .slice(0, MAX_MET_PEERS)
      .map(([peer]) => peer))

    for (const peer of this.meetings.keys()) {
      if (!kept.has(peer)) {
        this.meetings.delete(peer)
      }
    }
  }
}

function withoutTimes (peer: MetPeer): MetPeer {
  return { ...peer, worked: peer.worked?.map(({ address }) => ({ address, at: '' })) ?? [], lastMet: '' }
}

/** An earlier version wrote none. */
function soundOf (worked: unknown): WorkedAddress[] {
  return (Array.isArray(worked) ? worked as Array<Partial<WorkedAddress> | null> : [])
    .filter((one): one is WorkedAddress => isAddress(one?.address) && typeof one?.at === 'string' && one.at.length <= MAX_DATE_LENGTH)
}

/** What was read may have been written by anybody. */
function isSound ({ peerId, name, addresses, starts, lastMet }: Partial<MetPeer>): boolean {
  try {
    return typeof peerId === 'string' && peerIdFromString(peerId).toString() === peerId && typeof name === 'string' && Array.isArray(addresses) &&
      Number.isSafeInteger(starts) && typeof lastMet === 'string'
  } catch {
    return false
  }
}

function isAddress (address: unknown): boolean {
  try {
    return typeof address === 'string' && address.length <= MAX_ADDRESS_LENGTH && multiaddr(address).toString() !== ''
  } catch {
    return false
  }
}
