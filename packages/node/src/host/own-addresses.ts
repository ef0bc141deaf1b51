import { CODE_P2P } from '@multiformats/multiaddr'
import { isLinkLocal } from '../policy/reach.ts'
import type { InterfaceWatcher } from './interfaces.ts'
import type { ComponentLogger, Logger, PeerId, PeerStore, Startable } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import type { Libp2pEvents, TypedEventTarget } from '@libp2p/interface'

export interface OwnAddressesComponents {
  peerId: PeerId
  addressManager: Pick<AddressManager, 'confirmObservedAddr' | 'getAddresses' | 'getAddressesWithMetadata'>
  peerStore: Pick<PeerStore, 'patch'>
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

/**
 * Keeps what libp2p announces in step with the interfaces. libp2p holds a public address back until another peer confirmed it; one that an
 * interface has, and that is listened on, is ours without anybody's word. And it looks at the interfaces when asked, but tells nobody that they changed.
 */
export class OwnAddresses implements Startable {
  readonly [Symbol.toStringTag] = '@nara-stash/own-addresses'
  private readonly components: OwnAddressesComponents
  private readonly log: Logger

  constructor (components: OwnAddressesComponents, watcher: InterfaceWatcher) {
    this.components = components
    this.log = components.logger.forComponent('nara:host:addresses')
    components.events.addEventListener('transport:listening', () => { this.confirm() })
    watcher.onChange(() => { this.follow() })
  }

  start (): void {}

  /** Everybody is told what is announced from here on, if it is another. */
  async afterStart (): Promise<void> {
    this.confirm()
  }

  stop (): void {}

  private confirm (): void {
    const { addressManager } = this.components

    for (const { multiaddr, verified, type } of addressManager.getAddressesWithMetadata()) {
      if (!verified && type === 'transport' && !isLinkLocal(multiaddr.toString())) {
        addressManager.confirmObservedAddr(multiaddr, { type: 'transport' })
      }
    }
  }

  private follow (): void {
    const { addressManager, peerId, peerStore } = this.components

    this.confirm()

    const own = peerId.toString()
    const multiaddrs = addressManager.getAddresses().map(address => {
      const last = address.getComponents().at(-1)

      return last?.code === CODE_P2P && last.value === own ? address.decapsulateCode(CODE_P2P) : address
    })

    this.log('interfaces changed, announces %s', multiaddrs.join(', '))
    peerStore.patch(peerId, { multiaddrs }).catch(err => { this.log.error('own addresses could not be kept - %e', err) })
  }
}
