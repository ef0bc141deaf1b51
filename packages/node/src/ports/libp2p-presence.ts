import { serviceCapabilities } from '@libp2p/interface'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { MAX_PRESENCE_BYTES, PRESENCE_TOPIC } from '../constants.ts'
import type { PresenceListener, PresencePort } from './presence-port.ts'
import type { GossipSub, MeshPeer, SubscriptionChangeData } from '@libp2p/gossipsub'
import type { ComponentLogger, Connection, Libp2pEvents, Logger, PeerId, Startable, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Clock } from '@nara-stash/protocol'

export interface Libp2pPresenceComponents {
  events: Pick<TypedEventTarget<Libp2pEvents>, 'addEventListener' | 'removeEventListener'>
  registrar: Pick<Registrar, 'getTopologies'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  logger: ComponentLogger
}

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  reject: TopicValidatorResult.Reject,
  ignore: TopicValidatorResult.Ignore
}

/**
 * Presence over the host's gossipsub, looked for when the host starts: services may stand in any order. Without one it says and hears
 * nothing.
 */
export class Libp2pPresence implements PresencePort, Startable {
  private readonly components: Libp2pPresenceComponents
  private readonly clock: Pick<Clock, 'setTimer'>
  private readonly log: Logger
  private pubsub: GossipSub | undefined
  private listener: PresenceListener = () => 'ignore'
  private subscriber: () => void = () => {}

  constructor (components: Libp2pPresenceComponents, clock: Pick<Clock, 'setTimer'>) {
    this.components = components
    this.clock = clock
    this.log = components.logger.forComponent('nara:stash:presence')
  }

  onPresence (listener: PresenceListener): void {
    this.listener = listener
  }

  onSubscriber (listener: () => void): void {
    this.subscriber = listener
  }

  start (): void {
    this.pubsub = findPubsub(this.components)

    if (this.pubsub == null) {
      this.log('this host has no gossipsub service: peers recover when they connect, and nobody is heard of')
      return
    }

    this.pubsub.topicValidators.set(PRESENCE_TOPIC, (_, message) => {
      if (message.type !== 'signed' || message.data.byteLength > MAX_PRESENCE_BYTES) {
        return TopicValidatorResult.Reject
      }

      // of its own: parts of it are remembered, and must not keep everything alive that came with it
      return VERDICTS[this.listener(message.from.toString(), message.data.slice())]
    })
    this.pubsub.addEventListener('subscription-change', this.onChange)
    this.pubsub.addEventListener('gossipsub:graft', this.onGraft)
    this.components.events.addEventListener('connection:close', this.onClose)
    this.pubsub.subscribe(PRESENCE_TOPIC)
  }

  stop (): void {
    this.pubsub?.removeEventListener('subscription-change', this.onChange)
    this.pubsub?.removeEventListener('gossipsub:graft', this.onGraft)
    this.components.events.removeEventListener('connection:close', this.onClose)
    this.pubsub?.unsubscribe(PRESENCE_TOPIC)
    this.pubsub?.topicValidators.delete(PRESENCE_TOPIC)
    this.pubsub = undefined
  }

  async announce (presence: Uint8Array): Promise<void> {
    try {
      await this.pubsub?.publish(PRESENCE_TOPIC, presence)
    } catch (err) {
      // a host's gossipsub throws when nobody listens: the next subscriber hears it
      this.log.trace('not announced - %e', err)
    }
  }

  private readonly onChange = ({ detail }: CustomEvent<SubscriptionChangeData>): void => {
    if (detail.subscriptions.some(({ topic, subscribe }) => topic === PRESENCE_TOPIC && subscribe)) {
      this.subscriber()
    }
  }

  private readonly onClose = ({ detail: { remotePeer } }: CustomEvent<Connection>): void => {
    // gossipsub takes note of its streams' end within this turn of the event loop
    this.clock.setTimer(() => { this.reintroduce(remotePeer) }, 0)
  }

  /**
   * gossipsub keeps one stream per peer and direction. When one of several connections closes (it was dead, or both sides had dialled at the same
   * time) it may drop the peer altogether, or lose the way to it, while another connection stays: so it is told of that one.
   */
  private reintroduce (peer: PeerId): void {
    const { connectionManager, registrar } = this.components
    const { pubsub } = this
    const remaining = connectionManager.getConnections(peer).findLast(({ status }) => status === 'open')

    if (pubsub == null || remaining == null) {
      return
    }

    if (!pubsub.getPeers().some(known => known.equals(peer))) {
      // nobody reads them any more, and as long as they are there the other side opens no others
      remaining.streams
        .filter(({ protocol }) => pubsub.protocols.includes(protocol))
        .forEach(stream => { stream.abort(new Error('left behind by gossipsub')) })
    }

    pubsub.protocols
      .flatMap(protocol => registrar.getTopologies(protocol))
      .forEach(topology => { void topology.onConnect?.(peer, remaining) })
  }

  private readonly onGraft = ({ detail }: CustomEvent<MeshPeer>): void => {
    if (detail.topic === PRESENCE_TOPIC) {
      this.subscriber()
    }
  }
}

/** The service among a host's components that can do pubsub, under whatever name. */
function findPubsub (components: object): GossipSub | undefined {
  const all: object = 'components' in components && typeof components.components === 'object' ? components.components ?? {} : components

  return Object.values(all).find((service): service is GossipSub =>
    (service as { [serviceCapabilities]?: string[] } | undefined)?.[serviceCapabilities]?.includes('@libp2p/pubsub') === true)
}
