import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { UnreachableError } from '@nara-stash/protocol'
import { DIAL_TIMEOUT } from '../constants.ts'
import type { Dialler } from './presence-port.ts'
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

  constructor (components: Libp2pDiallerComponents) {
    this.components = components
  }

  async dial (peer: string, addresses: readonly string[]): Promise<void> {
    const suffix = `/p2p/${peer}`
    const targets = addresses.map(address => multiaddr(address.endsWith(suffix) ? address : address + suffix))

    try {
      await this.components.connectionManager.openConnection(targets, { signal: AbortSignal.timeout(DIAL_TIMEOUT) })
    } catch (err) {
      throw new UnreachableError(`${peer} cannot be dialled`, { cause: err })
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

