import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { deadlineSignal, UnreachableError } from '@nara-stash/protocol'
import { DIAL_TIMEOUT } from '../constants.ts'
import { dialReason } from './dial-reason.ts'
import type { Dialler } from './presence-port.ts'
import type { Clock } from '@nara-stash/protocol'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { AddressManager, ConnectionManager } from '@libp2p/interface-internal'

export interface Libp2pDiallerComponents {
  peerId: PeerId
  privateKey: PrivateKey
  connectionManager: Pick<ConnectionManager, 'openConnection'>
  addressManager: Pick<AddressManager, 'getAddresses'>
}

/** Addresses in our own record: what fits in a presence message. */
const MAX_ADDRESSES = 12

/** Dials through the host's connection manager. */
export class Libp2pDialler implements Dialler {
  private readonly components: Libp2pDiallerComponents
  private readonly clock: Clock

  constructor (components: Libp2pDiallerComponents, clock: Clock) {
    this.components = components
    this.clock = clock
  }

  async dial (peer: string, addresses: readonly string[]): Promise<void> {
    const suffix = `/p2p/${peer}`
    const targets = addresses.map(address => multiaddr(address.endsWith(suffix) ? address : address + suffix))
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
    const { addressManager, peerId, privateKey } = this.components
    const multiaddrs = addressManager.getAddresses()
      .map(address => multiaddr(address.toString().replace(/\/p2p\/[^/]+$/, '')))
      .slice(0, MAX_ADDRESSES)

    if (multiaddrs.length > 0) {
      return (await RecordEnvelope.seal(new PeerRecord({ peerId, multiaddrs }), privateKey)).marshal()
    }
  }
}

