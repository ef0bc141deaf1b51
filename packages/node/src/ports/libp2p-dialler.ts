import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { deadlineSignal, UnreachableError } from '@nara-stash/protocol'
import { DIAL_TIMEOUT } from '../constants.ts'
import { worthDialling } from '../policy/reach.ts'
import { dialReason } from './dial-reason.ts'
import type { Dialler, DialOptions } from './presence-port.ts'
import type { Clock } from '@nara-stash/protocol'
import type { Libp2pEvents, PeerId, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager } from '@libp2p/interface-internal'

export interface Libp2pDiallerComponents {
  peerId: PeerId
  privateKey: PrivateKey
  connectionManager: Pick<ConnectionManager, 'openConnection'>
  addressManager: Pick<AddressManager, 'getAddresses'>
  events: TypedEventTarget<Libp2pEvents>
}

/** Addresses in our own record, those worth most to others: what fits in a presence message. */
const MAX_ADDRESSES = 12

/** Dials through the host's connection manager. */
export class Libp2pDialler implements Dialler {
  private readonly components: Libp2pDiallerComponents
  private readonly clock: Clock
  private recorded = ''

  constructor (components: Libp2pDiallerComponents, clock: Clock) {
    this.components = components
    this.clock = clock
  }

  async dial (peer: string, addresses: readonly string[], { given = [] }: DialOptions = {}): Promise<void> {
    const suffix = `/p2p/${peer}`
    const dialled = new Set([...given, ...worthDialling(addresses, this.own())])

    if (dialled.size === 0) {
      throw new UnreachableError('it has no address that can be reached from here')
    }

    const targets = [...dialled].map(address => multiaddr(address.endsWith(suffix) ? address : address + suffix))
    const deadline = deadlineSignal(this.clock, DIAL_TIMEOUT)

    try {
      await this.components.connectionManager.openConnection(targets, { signal: deadline.signal })
    } catch (err) {
      throw new UnreachableError(dialReason(err), { cause: err })
    } finally {
      deadline.clear()
    }
  }

  async peerRecord (): Promise<Uint8Array | undefined> {
    const { peerId, privateKey } = this.components
    const own = this.own().slice(0, MAX_ADDRESSES)

    this.recorded = own.join()

    if (own.length > 0) {
      return (await RecordEnvelope.seal(new PeerRecord({ peerId, multiaddrs: own.map(address => multiaddr(address)) }), privateKey)).marshal()
    }
  }

  onMove (listener: () => void): void {
    this.components.events.addEventListener('self:peer:update', () => {
      if (this.own().slice(0, MAX_ADDRESSES).join() !== this.recorded) {
        listener()
      }
    })
  }

  /** What we announce, without our peer id. */
  private own (): string[] {
    return this.components.addressManager.getAddresses()
      .map(address => address.toString().replace(/\/p2p\/[^/]+$/, ''))
  }
}

