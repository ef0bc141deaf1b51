import { serviceCapabilities } from '@libp2p/interface'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { MAX_PRESENCE_BYTES, PRESENCE_TOPIC } from '../constants.ts'
import type { PresenceListener, PresencePort } from './presence-port.ts'
import type { GossipSub, MeshPeer, SubscriptionChangeData } from '@libp2p/gossipsub'
import type { ComponentLogger, Logger, Startable } from '@libp2p/interface'

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
  private readonly components: { logger: ComponentLogger }
  private readonly log: Logger
  private pubsub: GossipSub | undefined
  private listener: PresenceListener = () => 'ignore'
  private subscriber: () => void = () => {}

  constructor (components: { logger: ComponentLogger }) {
    this.components = components
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

      return VERDICTS[this.listener(message.from.toString(), message.data)]
    })
    this.pubsub.addEventListener('subscription-change', this.onChange)
    this.pubsub.addEventListener('gossipsub:graft', this.onGraft)
    this.pubsub.subscribe(PRESENCE_TOPIC)
  }

  stop (): void {
    this.pubsub?.removeEventListener('subscription-change', this.onChange)
    this.pubsub?.removeEventListener('gossipsub:graft', this.onGraft)
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
