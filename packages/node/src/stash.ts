import { Libp2pStashNetwork, systemClock } from '@nara-stash/protocol'
import { composeStash } from './compose.ts'
import { checkIdentity } from './identity.ts'
import { Libp2pDialler } from './ports/libp2p-dialler.ts'
import { Libp2pPresence } from './ports/libp2p-presence.ts'
import { StashService } from './stash-service.ts'
import type { StashInit } from './api.ts'
import type { StashParts } from './compose.ts'
import type { Libp2pDiallerComponents } from './ports/libp2p-dialler.ts'
import type { Libp2pPresenceComponents } from './ports/libp2p-presence.ts'
import type { Libp2pStashNetworkComponents } from '@nara-stash/protocol'

/** What the service uses of its host. */
export type StashComponents = Libp2pStashNetworkComponents & Libp2pDiallerComponents & Libp2pPresenceComponents

/**
 * The stash as a libp2p service: owner (with a soul) and confidant. With a gossipsub service on the same host it says and hears hey-there;
 * without one, recovery starts when peers connect.
 *
 * @throws {WrongIdentityError} at once, if the host's peer id is not the soul's
 * @throws {InvalidOptionError} at once
 *
 * @example
 *
 * ```ts
 * const soul = createSoul({ name: 'alice' })
 * const node = await createLibp2p({
 *   privateKey: privateKeyFromSoul(soul),
 *   // transports, encrypters, muxers
 *   services: { identify: identify(), pubsub: gossipsub(), stash: stash({ soul }) }
 * })
 *
 * await node.services.stash.setStashData(bytes)
 * ```
 */
export function stash (init: StashInit = {}): (components: StashComponents) => StashService {
  return (components) => {
    if (init.soul != null) {
      checkIdentity(init.soul, components.peerId.toString())
    }

    return new StashService(service => composeOnLibp2p(init, components, service))
  }
}

function composeOnLibp2p (init: StashInit, components: StashComponents, service: StashService): StashParts {
  const { clock = systemClock } = init
  const network = new Libp2pStashNetwork(components, { clock })
  const dialler = new Libp2pDialler(components, clock)
  const presence = new Libp2pPresence(components, clock)

  // a peer that is back after a power cut: the connections of its former life look open until TCP gives up on them, and gossipsub would
  // go on talking to them, so that not even a hey-there gets through
  network.addEventListener('peer:connect', ({ detail: { id } }) => { void network.probe(id) })

  const parts = composeStash(init, { network, dialler, presence, ...(components.metrics == null ? {} : { metrics: components.metrics }) }, service)

  return {
    ...parts,
    afterStart: async () => {
      presence.start()
      await parts.afterStart()
    },
    beforeStop: async () => {
      await parts.beforeStop()
      presence.stop()
    }
  }
}
